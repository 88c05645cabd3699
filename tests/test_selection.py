"""Which cases run where: briefly, in .ci/run, or only in make test-all."""

from types import SimpleNamespace

import pytest
from selection import brief, parts, seldom


def cases(name, count, **marks):
    """The cases of a test with marks: name -> argument, or None."""
    held = {mark: SimpleNamespace(args=(value,)) for mark, value in marks.items()}
    return [
        SimpleNamespace(nodeid=f"tests/hw/test_a.py::{name}[{n}]", get_closest_marker=held.get)
        for n in range(count)
    ]


def numbers(ids):
    return sorted(int(text.partition("[")[2][:-1]) for text in ids)


@pytest.mark.parametrize(
    "marks, briefly, only_all",
    [
        ({}, [0], []),
        ({"cases": 3}, [0, 4, 9], []),
        ({"often": 4}, [0], [1, 2, 4, 5, 7, 8]),
        ({"often": 20}, [0], []),
        ({"often": 1}, [0], [*range(1, 10)]),
        ({"slow": None, "often": 4}, [], []),
    ],
)
def test_cases_are_chosen(marks, briefly, only_all):
    items = cases("test_b", 10, **marks)
    assert numbers(brief(items)) == briefly and numbers(seldom(items)) == only_all


def test_tests_do_not_share_their_cases():
    items = cases("test_b", 3, often=1) + cases("test_c", 3)
    assert {item[-len("test_b[0]") :] for item in seldom(items)} == {"test_b[1]", "test_b[2]"}


def test_every_case_is_in_one_part():
    items = cases("test_b", 10, often=4) + cases("test_c", 3, slow=None) + cases("test_d", 5)
    found = parts(items)
    assert numbers(found["brief"]) == [0, 0] and len(found["rest"]) == 3 + 4
    assert sum(map(len, found.values())) == len(items) == len(set().union(*found.values()))
    assert {f"tests/hw/test_a.py::test_c[{number}]" for number in range(3)} <= found["seldom"]
