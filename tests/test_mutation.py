"""Mutants of a package in memory: those of a small one are judged as they should be."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from mutation.changes import sampled
from mutation.learned import Known
from mutation.sources import Probes, Subject
from mutation.trials import quickest

ROOT = Path(__file__).parents[1]

SUM = '''"""Sums."""

from functools import cache

WIDTH = 8
__all__ = ["clip"]


def clip(value: int, high: int = 7) -> int:
    """No more than ``high``, 3 at most."""
    if value > high:
        return high
    if value < 0:
        raise ValueError(f"less than {0}")
    return value


@cache
def table(size):
    return [clip(n) for n in range(size)]


def endless(n):
    while n > 0:
        n -= 1
    return n


def unused(n):
    return n + 1
'''

TESTS = """
import pytest
from toy_of_mutants.sum import WIDTH, clip, endless, table

def test_clip():
    assert [clip(n) for n in (0, 3, 9)] == [0, 3, 7]

def test_less():
    with pytest.raises(ValueError):
        clip(-1)

def test_table():
    assert table(9)[-1] == 7

def test_same_table():
    assert table(9)[2] == 2

def test_endless():
    assert endless(3) == 0

def test_width():
    assert WIDTH == 8

def test_that_fails_anyway():
    assert clip(3) == 4

def test_that_fails_alone():
    assert hasattr(clip, "seen")
"""

#: Runs the tool on another package than golden, whose tests stand in one folder.
RUN = """
import sys
from pathlib import Path
from runpy import run_path
sys.path[:0] = [sys.argv[1], sys.argv[2] + "/tests/support"]
tool = run_path(sys.argv[2] + "/tests/bench/golden_mutants.py")
subject = tool["Subject"](Path(sys.argv[1]), "toy_of_mutants", "toy_of_mutants", ("checks",))
sys.exit(tool["main"](subject, sys.argv[3:]))
"""


def tool(toy, *more):
    words = [*(sys.executable, "-P", "-c", RUN, str(toy), str(ROOT)), *("--patience", "0.5", *more)]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", timeout=600)
    assert done.returncode == 0, done.stderr
    return done


def changes(source, file="golden/a.py"):
    """The changes of a source, each as its line with the change marked."""
    return sorted(mutant.told(source) for mutant in sampled({file: source}, None, 1))


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toy")
    for name, text in (("toy_of_mutants/__init__.py", ""), ("toy_of_mutants/sum.py", SUM),
                       ("checks/test_sum.py", TESTS)):  # fmt: skip
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def judged(toy):
    """change -> outcome and test, of all mutants of the toy; what was printed; files before."""
    before = {path: path.stat().st_mtime_ns for path in files(toy)}
    done = tool(toy, "--json")
    assert {path: path.stat().st_mtime_ns for path in files(toy)} == before
    found = json.loads(done.stdout)["mutants"]
    return {item["change"]: (item["outcome"], item["by"].partition("::")[2]) for item in found}


def files(folder):
    return [path for path in folder.rglob("*") if "build" not in path.parts and path.is_file()]


def test_mutants_that_tests_notice_are_killed(judged):
    assert judged["if value [->-]{+>=+} high:"][0] == "survived"  # it changes nothing
    assert judged["if value [-<-]{+<=+} 0:"][0] == "killed"
    assert judged["return [-high-]{+None+}"][0] == "killed"


def test_what_is_kept_between_tests_hides_no_test(judged):
    """The second test that uses a table does not make it where the first has."""
    assert judged["return [-[clip(n) for n in range(size)]-]{+None+}"][0] == "killed"


def test_constants_of_modules_are_judged_by_all_tests(judged):
    width = [item for change, item in judged.items() if change.startswith("WIDTH")]
    assert width == [("killed", "test_width")]


def test_a_loop_without_end_is_a_time_out(judged):
    assert judged["n [---]{+++}= 1"][0] == "timed out"


def test_survivors_are_those_that_no_test_notices(judged):
    assert judged["return n [-+-]{+-+} 1"][0] == "not reached"
    alive = {change for change, (outcome, _) in judged.items() if outcome == "survived"}
    assert "if value [->-]{+>=+} high:" in alive and len(alive) <= 2


def test_tests_that_fail_without_a_change_kill_nothing(judged):
    assert not [by for _, by in judged.values() if by.startswith("test_that_fails")]


def test_survivors_are_printed_each_in_a_line(toy, judged):
    done = tool(toy, "--file", "toy_of_mutants/sum.py")
    assert "toy_of_mutants/sum.py:11: if value [->-]{+>=+} high:" in done.stdout
    last = done.stdout.splitlines()[-1]
    killed = sum(outcome in ("killed", "timed out") for outcome, _ in judged.values())
    assert last.startswith(f"toy_of_mutants: tests kill {killed} of {len(judged)} mutants (")


@pytest.mark.parametrize(
    "source, wanted",
    [
        ("x = a < b <= c", ["x = a < b [-<=-]{+<+} c", "x = a [-<-]{+<=+} b <= c"]),
        ("x = a & b == c", ["x = a & b [-==-]{+!=+} c", "x = a [-&-]{+|+} b == c"]),
        ("x = a * b**c", ["x = a * [-b**c-]{+(b * c)+}", "x = a [-*-]{+++} b**c"]),
        ("x = -(a + b)", ["x = -(a [-+-]{+-+} b)", "x = [--(a + b)-]{+a + b+}"]),
        ("x = not a or b", ["x = [-not a-]{+a+} or b", "x = not a [-or-]{+and+} b"]),
        ("if a:\n    x[:n]", ["if [-a-]{+not (a)+}:", "x[[-:n-]{+:+}]"]),
        ("x = min(abs(a), b)", ["x = [-min-]{+max+}(abs(a), b)", "x = min([-abs(a)-]{+a+}, b)"]),
        ("x = 'é' * n", ["x = 'é' [-*-]{+++} n"]),
        ("x = True", ["x = [-True-]{+False+}"]),
        ("def f():\n    return a", ["return [-a-]{+None+}"]),
        ("x = np.where(a, b, c)", ["x = [-np.where(a, b, c)-]{+np.where(a, c, b)+}"]),
    ],
)
def test_a_source_is_changed_in_one_place(source, wanted):
    assert changes(source) == sorted(wanted)


@pytest.mark.parametrize(
    "source",
    [
        *("import a", "__all__ = ['a'] * 2", "Array = npt.NDArray[1]", "x: Literal[1]"),
        *("raise E(f'{a + 1}')", "assert a == 1", "x = f'{a + 1}'", "zip(a, strict=True)"),
        *("@cache(maxsize=1)\ndef f(a: 1) -> 2:\n    '''1'''", "cast(A | B, x)", "def f(): ..."),
        "if TYPE_CHECKING:\n    x = 1",
    ],
)
def test_texts_types_and_assertions_are_left_alone(source):
    assert changes(source) == []


def test_the_quickest_tests_come_first_and_end_with_the_time_that_there_is():
    one = Known("test_a.py", 1.0, {"a": 2.0, "b": 0.5, "c": 1.5}, {})
    other = Known("test_b.py", 0.5, {"d": 0.25, "e": 4.0}, {})
    chosen = [(file, file.seconds) for file in (one, other)]
    assert [[*tests] for _, tests in quickest(chosen, 100)] == [["b", "c", "a"], ["d", "e"]]
    assert [[*tests] for _, tests in quickest(chosen, 4)] == [["b", "c"], ["d"]]
    assert [[*tests] for _, tests in quickest(chosen, 1)] == []


def test_what_is_known_to_be_no_fault_is_a_change_of_a_line_that_there_is():
    known = tomllib.loads((ROOT / "tests/bench/golden_no_faults.toml").read_text(encoding="utf-8"))
    for file, changes in known.items():
        lines = " ".join((ROOT / file).read_text(encoding="utf-8").split())
        for change, why in changes.items():
            line, count = re.subn(r"\[-(.*)-\]\{\+.*\+\}", r"\1", change)
            assert count == 1 and " ".join(line.split()) in lines and why, f"{file}: {change}"


def test_sizes_of_pieces_are_left_alone():
    assert changes("CALL = 1 << 18", "golden/blas.py") == []
    assert changes("CALL = 1 << 18", "golden/exact.py") != []


def test_the_first_of_a_sample_are_a_smaller_sample():
    every = sampled({"golden/a.py": SUM}, None, 7)
    assert sampled({"golden/a.py": SUM}, 5, 7) == every[:5]
    assert sorted(sampled({"golden/a.py": SUM}, None, 8), key=repr) != sorted(every, key=repr)
    for mutant in every:
        assert ast.dump(ast.parse(mutant.source(SUM))) != ast.dump(ast.parse(SUM))


def test_the_smallest_statement_of_a_place_is_probed():
    source = (
        "A = 1\ndef f(a):\n    if a:\n        return a\n    return sorted(a, key=lambda b: -b)\n"
    )
    probes = Probes(Subject(ROOT, "golden", "golden", ()), {"golden/a.py": source})
    places = [probes.at("golden/a.py", source.index(text)) for text in
              ("A", "if", "return a\n", "return s", "-b")]  # fmt: skip
    assert places[0] is None and len({*places}) == 5
    assert len(probes.of("golden/a.py")) == 4
