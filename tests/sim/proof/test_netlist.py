"""The netlist after synthesis is proven to be the core; and is not, where a cell was changed."""

import re
from dataclasses import replace

import pytest
from macsmith.hw.text.emit import emit
from macsmith.sim.proof.certificate import prove
from macsmith.sim.proof.claims import OPEN, PROVEN, REFUTED

from macsmith import Options, boards, design
from macsmith.certificate import mapped_for

SMALL = Options(rows=1, cols=2, lanes=2)

#: Of each family and policy an engine, and a unit with memories: design, board, options.
DESIGNS = {
    "tables": ("int4xint4", "u280", SMALL),
    "blocks": ("int8xint8", "u280", Options(rows=1, cols=2, lanes=2, policy="dsp")),
    "7 series": ("int4xint4", "pynq-z2", SMALL),
    "ECP5": ("int4xint4", "ulx3s-85", SMALL),
    "iCE40": ("int4xint4", "icebreaker", SMALL),
    "memories": ("dequantize_int4", "u280", Options()),
    "scales": ("w4a8", "u280", SMALL),
}
#: These take a minute.
LONG = ("memories", "scales")


def made(name):
    """The hardware of a design for its board, and the netlist."""
    preset, board, options = DESIGNS[name]
    board = boards.lookup(board)
    emitted = emit(boards.fitted(design(preset, options), board))
    return emitted, mapped_for(emitted, board)


def proven(emitted, mapped, folder, seconds=60):
    (claim,) = prove(emitted, folder, only=(), mapped=mapped, seconds=seconds).claims
    return claim


@pytest.mark.often(3)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in LONG)) for name in DESIGNS]
)
def test_the_netlist_is_the_core(name, build_folder):
    claim = proven(*made(name), build_folder)
    assert (claim.name, claim.state) == ("netlist", PROVEN)


@pytest.fixture(scope="module")
def tables():
    return made("tables")


#: Faults in the netlist of "tables": what is written there first, and instead.
FAULTS = {
    "a table has another bit": (r"LUT6 #\(\s*\.INIT\(64'h599a", "LUT6 #(.INIT(64'h599b"),
    "a chain of registers is shorter": (r"\.A0\(1'h1\)", ".A0(1'h0)"),
    "a register begins with another value": (r"FDSE #\(\s*\.INIT\(1'h1\)", "FDSE #(.INIT(1'h0)"),
    "a register is not reset": (r"\.R\((rst|_\d+_)\)", ".R(1'h0)"),
    "two elements change places": (
        r"pe_0_0_0 \(((?:.|\n)*?)pe_0_0_1 \(",
        r"pe_0_0_1 (\1pe_0_0_0 (",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_netlist_with_a_fault_is_refuted(fault, tables, build_folder):
    emitted, mapped = tables
    old, new = FAULTS[fault]
    spoilt, count = re.subn(old, new, mapped.verilog, count=1)
    assert count and spoilt != mapped.verilog
    claim = proven(emitted, replace(mapped, verilog=spoilt), build_folder)
    assert claim.state == REFUTED


def test_a_netlist_that_cannot_be_compared_is_not_decided(tables, build_folder):
    emitted, mapped = tables
    other = mapped.verilog.replace("pe_0_0_1", "pe_0_0_9")
    claim = proven(emitted, replace(mapped, verilog=other), build_folder)
    assert claim.state == OPEN
    assert claim.what.endswith(f"1 of 2 modules are proven, not {emitted.core}")


def test_a_proof_that_takes_too_long_is_given_up(tables, build_folder):
    claim = proven(*tables, build_folder, seconds=0)
    assert claim.state == OPEN and "0 of 2 modules" in claim.what
