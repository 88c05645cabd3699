"""LUT4 positions of Gowin's configurable function units."""

import pytest
from macsmith.boards.families import FAMILIES
from macsmith.boards.sites import usage

GOWIN = FAMILIES["gowin"]


def sites(module):
    return usage(module.netlist(), "top", GOWIN).sites


def lut(module, out, inputs):
    nets = inputs.split()
    return module.cell(f"LUT{len(nets)}", {"F": out}, {f"I{i}": n for i, n in enumerate(nets)})


def ff(module, q, d, kind="DFF"):
    return module.cell(kind, {"Q": q}, {"D": d, "CLK": "clk"})


def chain(module, bits, carry_in="0"):
    """An adder of as many bits; the carry out is ``c<bits>``."""
    for i in range(bits):
        below = f"c{i}" if i else carry_in
        inputs = {"I0": f"a{i}", "I1": f"b{i}", "I3": "1", "CIN": below}
        module.cell("ALU", {"SUM": f"s{i}", "COUT": f"c{i + 1}"}, inputs, ALU_MODE=2)
    return module


def test_a_flip_flop_joins_what_drives_its_d(draft):
    assert sites(ff(lut(draft("a b clk"), "n", "a b"), "q", "n", "DFFRE")) == 2, "4/3 of it"
    many = draft("a b clk")
    for i in range(8):
        lut(many, f"n{i}", "a b")
    assert sites(ff(many, "q", "n0")) == 8, "beside the LUT"
    assert sites(ff(many, "r", "n0")) == 9, "another flip-flop is beside it already"
    assert sites(ff(many, "s", "a")) == 10, "no LUT drives it"


@pytest.mark.parametrize(
    ("bits", "read", "positions"), [(1, False, 2), (2, False, 4), (3, False, 4), (3, True, 6)]
)
def test_chains_are_entered_and_left_and_come_in_pairs(draft, bits, read, positions):
    module = chain(draft("a0 a1 a2 b0 b1 b2", f"c{bits}" if read else "s0"), bits)
    found = usage(module.netlist(), "top", GOWIN)
    assert found.resources["alu"] == bits and found.bounds["lut"] == positions
    assert found.bounds["alu"] == pytest.approx(positions * 4 / 3)


def test_a_carry_that_the_fabric_reads_ends_its_chain(draft):
    module = chain(draft("a0 a1 a2 a3 b0 b1 b2 b3", "s3"), 4)
    assert usage(module.netlist(), "top", GOWIN).bounds["lut"] == 6
    lut(module, "y", "c2 a0")
    assert usage(module.netlist(), "top", GOWIN).bounds["lut"] == 6 + 1 + 2


def test_flip_flops_and_chains_fill_three_slices_of_four(draft):
    module = draft("a clk")
    for i in range(6):
        ff(lut(module, f"n{i}", "a"), f"q{i}", f"n{i}")
    assert sites(module) == 8
    assert sites(chain(draft("a0 b0"), 5)) == 8


def test_multiplexers_are_free_and_memories_take_a_unit(draft):
    module = lut(lut(draft("a b", "y"), "m", "a b"), "n", "b a")
    module.cell("MUX2_LUT5", {"O": "y"}, {"I0": "m", "I1": "n", "S0": "a"})
    assert sites(module) == 2
    module.cell("RAM16SDP4", {"DO": "d"}, {"RAD": "a"}).cell("SDPX9B", {"DO": "e"}, {})
    found = usage(module.cell("MULT18X18", {}, {}).netlist(), "top", GOWIN)
    assert found.sites == 2 + 8
    assert found.resources["muxf"] == found.resources["dsp"] == found.resources["bsram"] == 1
