"""The netlist of every unit, as yosys maps it for the U280: bit for bit, whoever stalls."""

import re

import pytest
from macsmith.boards import families, fitted, lookup, synthesize
from macsmith.boards.script import steps
from macsmith.hw.text.emit import emit
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import harness
from macsmith.sim.models import primitives
from macsmith.sim.streams import Simulator
from macsmith.tools import yosys

from macsmith import Options, design
from macsmith.designs import unit_presets

BOARD = lookup("u280")

#: Small ones, of which every run has some; the others take minutes together.
QUICK = ("requantize_pow2", "requantize_fp32_bf16", "residual_bf16", "dequantize_ternary")

#: What is smaller than the preset, where its netlist or its tokens are long: less of the same
#: hardware.
SMALLER: dict[str, Options] = {}


def mapped(name, folder, options=None):
    """A unit as emitted for the board, and its netlist: as it is counted or, where it has block
    RAMs, of which there is no model, with all memories in LUTs."""
    emitted = emit(fitted(design(name, options or SMALLER.get(name)), BOARD))
    policy = emitted.target.policy
    synthesize(emitted.fabric, [emitted.core], BOARD, policy, emitted.keep, folder)
    netlist = (folder / "mapped.v").read_text(encoding="utf-8")
    if not re.search(r"^\s*(RAMB|URAM)", netlist, re.MULTILINE):
        return emitted, netlist
    (folder / "core.il").write_text(emitted.fabric, encoding="utf-8")
    for file in families.family(BOARD.family).maps:
        (folder / file.name).write_text(file.read_text())
    flags = f"{families.flags(BOARD.family, policy)} -nobram -top {emitted.core}"
    whole = ["read_rtlil core.il", *steps(BOARD.family, policy, flags), "write_verilog lut.v"]
    yosys.run(whole, folder)
    return emitted, (folder / "lut.v").read_text(encoding="utf-8")


def simulated(emitted, netlist, count):
    """A batch of corners and ``count`` random trials, under random stalls."""
    libraries = (*families.models(BOARD.family), *primitives())
    machine = Simulator(emitted, netlist, libraries)
    trials = harness(emitted.hardware).stimuli(count, seed=1)
    return run_batch(emitted, trials, simulator=machine, stalls=1)


@pytest.mark.often(2)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow)
        for name in unit_presets()
    ],
)
def test_the_mapped_netlist_of_a_unit_agrees(name, build_folder):
    batch = simulated(*mapped(name, build_folder), 20).check()
    assert batch.results > 50


def test_a_fault_in_a_table_of_a_unit_is_seen(build_folder):
    """The first entry of every look-up table is another."""
    emitted, netlist = mapped("requantize_pow2", build_folder)
    broken, count = re.subn(r"(\.INIT\(\d+'h)([0-9a-f])", flipped, netlist)
    assert count > 50 and simulated(emitted, broken, 5).mismatches


def flipped(match):
    return f"{match[1]}{int(match[2], 16) ^ 1:x}"
