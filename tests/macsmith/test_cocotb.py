"""The emitted cocotb test: it passes, it notices faults, and it does not trust what is stored."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import pytest
from macsmith.golden import Build, Engine, lookup, raw
from macsmith.golden.description import Chain, Target
from macsmith.golden.units import Hadamard
from macsmith.tools import verilator
from programs import needs_icarus

from macsmith import Options, design
from macsmith.answers import answers
from macsmith.output import generate

AXIS = Build(2, 2, 2, interface="axis")
STREAM = Target(interface="axis")
TURNED = {"points": 16, "lanes": 2, "vectors": 2, "format": lookup("int4")}
ROTATED = (
    Hadamard(name="turned", **TURNED),
    Engine("dotted", (raw("int4", "int8", 64),), Build(2, 2, 2)),
)
DESIGNS = {
    "native": lambda: Engine("native", (raw("int4", "int8", 64),), Build(2, 2, 2)),
    "axis": lambda: Engine("axis", (raw("e5m2", "int4", 64),), AXIS),
    "scaled": lambda: design("w4a8", Options(name="scaled", rows=2, cols=2, lanes=2, k_max=128)),
    "unit": lambda: Hadamard(name="unit", **TURNED),
    "unit_axis": lambda: Hadamard(name="unit_axis", build=STREAM, **TURNED),
    "chain": lambda: Chain(name="chain", parts=ROTATED),
    "chain_axis": lambda: Chain(name="chain_axis", parts=ROTATED, build=STREAM),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """name -> the output folder of that design, made once."""
    root, found = tmp_path_factory.mktemp("made"), {}

    def get(name):
        if name not in found:
            found[name] = generate(DESIGNS[name](), root / name, tiles=6)
        return found[name].folder

    return get


@pytest.fixture
def copy(made, tmp_path):
    """name -> a copy of that design's folder, to break."""
    return lambda name: Path(shutil.copytree(made(name), tmp_path / name))


def run(folder, simulator="icarus", *words):
    """(exit code, what was printed) of the test, run as its first lines say."""
    command = [sys.executable, *(words or [str(folder / "tb" / f"test_{folder.name}.py")])]
    environment = {**os.environ, "SIM": simulator, "COCOTB_ANSI_OUTPUT": "0"}
    environment.pop("PYTEST_CURRENT_TEST", None)  # cocotb's runner would take it for its own
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=folder.parent
    )
    return done.returncode, done.stdout + done.stderr


def edit(path, pattern, replacement):
    text, count = re.subn(pattern, replacement, path.read_text(), count=1)
    assert count == 1
    path.write_text(text)


@needs_icarus
@pytest.mark.cases(1)
@pytest.mark.often(3)
@pytest.mark.parametrize("name", DESIGNS)
def test_it_passes(made, name):
    code, said = run(made(name))
    assert code == 0 and "** TESTS=3 PASS=3 FAIL=0 SKIP=0" in said, said
    assert re.match(r"\d+ stored answers are those of the golden model\n", said)


@needs_icarus
@pytest.mark.cases(0)
def test_pytest_runs_it_too(copy):
    folder = copy("native")
    code, said = run(folder, "icarus", "-m", "pytest", "-p", "no:cacheprovider", f"{folder}/tb")
    assert code == 0 and "2 passed" in said
    edit(folder / "rtl/native.v", r"\.weight__payload\((\w+)\)", r".weight__payload(\1 >> 1)")
    assert run(folder, "icarus", "-m", "pytest", f"{folder}/tb")[0] == 1


@pytest.mark.slow
def test_it_passes_in_verilator_and_fails_there_too(copy):
    verilator.use_verilator()
    folder = copy("axis")
    code, said = run(folder, "verilator")
    assert code == 0 and "** TESTS=3 PASS=3 FAIL=0 SKIP=0" in said, said
    edit(folder / "rtl/axis_core.v", SUM, " + ")
    code, said = run(folder, "verilator")
    assert code == 1 and re.search(LANE, said), said


# It fails.

SUM = r" - (?=\{~)"  # sums are written a - ~f
LANE = (
    r"AssertionError: reduction \d+, beat 0, lane \d \(row [01], column [01]\)[^:\n]*: "
    r"expected 0x\w+, received 0x\w+\n"
)
BREAKS = {
    "a wrong sum": ("_core", SUM, " + ", LANE),
    "no results": (
        *("", r"result__valid\(.*?\)", "result__valid()"),
        r"AssertionError: result's valid is [XZ] after 0 beats\n",
    ),
    "unknown results": (
        *("", r"result__payload\(.*?\)", "result__payload()"),
        r"AssertionError: reduction \d+, beat 0, lane 0 .*: expected 0x\w+, received 0b[XZ]+\n",
    ),
    "a doubled beat": (
        *("", r"weight__valid\(.*?\)", "weight__valid(1'b1)"),
        r"AssertionError: (reduction \d+, beat 0, lane|\d+ of \d+ beats of weight were not taken)",
    ),
    "results that stay": (
        *("", r"result__ready\(.*?\)", "result__ready(1'b0)"),
        r"AssertionError: (reduction|a beat of result came after the last: 0x\w+\n)",
    ),
    "an input that nobody takes": (
        *("", r"activation__ready\(.*?\)", "activation__ready()"),
        r"AssertionError: \d+ of \d+ results are missing; nothing moves any more\n",
    ),
    "bubbles": (
        *("_core", r"\| result__ready", "& result__ready"),
        r"AssertionError: \d+ steps took \d+ cycles and should take \d+\n|results are missing",
    ),
    "a beat lost in a stall": (
        *("", r"result__ready\(.*?\)", "result__ready(1'b1)"),
        r"AssertionError: beat \d+ of result changed before it was taken: 0x\w+ was offered, then",
    ),
}


@needs_icarus
@pytest.mark.cases(1)
@pytest.mark.often(3)
@pytest.mark.parametrize("what", BREAKS)
def test_it_notices_and_says_what_in_a_line(copy, what):
    folder = copy("native")
    part, pattern, replacement, line = BREAKS[what]
    edit(folder / f"rtl/native{part}.v", pattern, replacement)
    code, said = run(folder)
    assert code == 1 and re.search(line, said), said
    assert re.search(r"^FAIL: [1-3] of 3 passes$", said, re.M)


@needs_icarus
@pytest.mark.cases(0)
@pytest.mark.often(1)
@pytest.mark.parametrize("name", ["unit", "chain_axis"])
def test_it_notices_a_wrong_sum_of(copy, name):
    folder = copy(name)
    edit(folder / f"rtl/{name}_core.v", r" \+ (?!\d+')", " - ")
    code, said = run(folder)
    line = r"AssertionError: trial \d+, beat \d, lane \d: expected 0x\w+, received 0x\w+\n"
    assert code == 1 and re.search(line, said), said


@needs_icarus
@pytest.mark.cases(0)
@pytest.mark.often(1)
@pytest.mark.parametrize(("name", "flags"), [("axis", "flags"), ("scaled", "last")])
def test_it_notices_flags_and_marks(copy, name, flags):
    folder = copy(name)
    changes = {"flags": (r"(tuser\[2:0\] =) .*;", r"\1 3'd0;"), "last": ("result_last, ", "")}
    edit(folder / f"rtl/{name}.v", *changes[flags])
    code, said = run(folder)
    wanted = (
        r"flags negative positive nan: expected"
        if flags == "flags"
        else "beat 0, last: expected 0x0, received 0bZ"
    )
    assert code == 1 and re.search(wanted, said), said


# What it is made of.


def load(folder, name):
    """The emitted file as a module, outside of any simulator."""
    path = folder / "tb" / f"test_{name}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # where its dataclass looks itself up
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[path.stem]
    return module


def test_a_stored_answer_that_is_wrong_is_told(copy):
    folder = copy("scaled")
    path = folder / "tb" / "result.hex"
    first, second, *others = path.read_text().split()
    other = f"{int(second, 16) ^ 1:0{len(second)}x}"
    path.write_text("\n".join([first, other, *others]))
    words = rf"result\.hex, line 2: stored {other}, the golden model says {second}"
    with pytest.raises(AssertionError, match=words):
        load(folder, "scaled").test_answers()
    path.write_text("\n".join([first, second, *others[:-1]]))
    with pytest.raises(AssertionError, match=r"\d+ answers are stored, not \d+"):
        load(folder, "scaled").test_answers()


def test_answers_follow_changed_vectors_and_designs(copy):
    folder = copy("native")
    before = answers(folder)
    path = folder / "tb" / "weight.hex"
    path.write_text("".join(f"{0:04x}\n" for _ in path.read_text().split()))
    assert set(answers(folder)) == {"0" * len(before[0])} != set(before)
    edit(folder / "design.toml", "int8", "uint8")
    assert set(answers(folder)) == {"0" * len(before[0])}


def test_without_macsmith_it_says_so(made, monkeypatch):
    monkeypatch.setitem(sys.modules, "macsmith.answers", None)
    with pytest.raises(unittest.SkipTest, match="^macsmith is not installed: the stored answers"):
        load(made("native"), "native").test_answers()


@pytest.mark.cases(1)
@pytest.mark.often(3)
@pytest.mark.parametrize("name", DESIGNS)
def test_its_source_is_tidy(made, name):
    path = made(name) / "tb" / f"test_{name}.py"
    ruff = [sys.executable, "-m", "ruff"]
    config = ["--config", str(Path(__file__).parents[2] / "pyproject.toml"), "--no-cache"]
    subprocess.run([*ruff, "check", *config, str(path)], check=True)
    subprocess.run([*ruff, "format", "--check", *config, str(path)], check=True)
    assert path.name in (made(name) / f"{name}.core").read_text()
