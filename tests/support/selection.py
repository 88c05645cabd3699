"""Which tests ``make test`` runs: a few cases of each; the others come in ``.ci/run``.

A test with many cases is as good a newcomer's proof with one or two, which are evenly spaced.
``@pytest.mark.cases(n)`` says how many where the usual number is not right: 0 for what takes long,
``"all"`` where each case is a part of its own, such as a datapath. ``pytest.mark.brief`` on single
cases chooses these.

``.ci/run`` runs the others, but of a test whose cases take long together only ``often(n)``, evenly
spaced too; ``make test-slow`` runs what is left and the slow tests, ``make test-all`` every case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

#: Cases of a test in the brief part, unless it says otherwise, by the folder of tests: what builds
#: simulators takes its time.
USUAL = {"hw": 1, "sim": 1, "boards": 1}
OTHERS = 2


def brief(items: Sequence) -> set[str]:
    """Node ids of the brief part; slow tests have none."""
    return {item.nodeid for group in _groups(items) for item in _chosen(group)}


def seldom(items: Sequence) -> set[str]:
    """Node ids of what only ``make test-all`` runs beside slow tests."""
    found = set()
    for group in _groups(items):
        if mark := group[0].get_closest_marker("often"):
            found |= {item.nodeid for item in group}
            found -= {item.nodeid for item in _spaced(group, min(mark.args[0], len(group)))}
    return found


def parts(items: Sequence) -> dict[str, set[str]]:
    """Node ids of what each option ``--part`` runs: every test is in one."""
    every, chosen = {item.nodeid for item in items}, brief(items)
    rare = seldom(items) | {item.nodeid for item in items if item.get_closest_marker("slow")}
    return {"brief": chosen, "rest": every - chosen - rare, "seldom": rare - chosen}


def _groups(items: Sequence) -> list[list]:
    """The cases of each test; slow ones are left out."""
    groups = defaultdict(list)
    for item in items:
        if item.get_closest_marker("slow") is None:
            groups[item.nodeid.partition("[")[0]].append(item)
    return list(groups.values())


def _chosen(group: list) -> list:
    told = [mark.args[0] for item in group if (mark := item.get_closest_marker("cases"))]
    if named := [item for item in group if item.get_closest_marker("brief")]:
        return named
    folder = group[0].nodeid.split("/")[1]
    wanted = told[0] if told else USUAL.get(folder, OTHERS)
    count = len(group) if wanted == "all" else min(wanted, len(group))
    return _spaced(group, count)


def _spaced(group: list, count: int) -> list:
    """So many of a group, from the first to the last."""
    if count < 2:
        return group[:count]
    return [group[index * (len(group) - 1) // (count - 1)] for index in range(count)]
