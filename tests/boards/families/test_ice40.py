"""Logic cells of an iCE40: a LUT, a carry and a flip-flop each, where the wires allow it."""

import pytest
from macsmith.boards import lookup, synthesize
from macsmith.boards.families import FAMILIES
from macsmith.boards.sites import usage
from macsmith.tools import yosys

ICE40 = FAMILIES["ice40"]


def sites(module):
    return usage(module.netlist(), "top", ICE40).sites


def lut(module, out, i1, i2, i3="0", i0="0"):
    return module.cell("SB_LUT4", {"O": out}, {"I0": i0, "I1": i1, "I2": i2, "I3": i3})


def carry(module, co, i0, i1, ci):
    return module.cell("SB_CARRY", {"CO": co}, {"I0": i0, "I1": i1, "CI": ci})


def ff(module, q, d, kind="SB_DFF"):
    return module.cell(kind, {"Q": q}, {"D": d, "C": "clk"})


def test_a_flip_flop_joins_the_lut_that_drives_only_it(draft):
    assert sites(ff(lut(draft("a b clk"), "n", "a", "b"), "q", "n")) == 1
    assert sites(ff(lut(draft("a b clk", "n"), "n", "a", "b"), "q", "n", "SB_DFFESR")) == 2
    assert sites(ff(ff(lut(draft("a b clk"), "n", "a", "b"), "q", "n"), "r", "n")) == 3
    assert sites(ff(draft("a clk"), "q", "a")) == 1


def chain(draft, bits=2):
    """An adder: carry i, and the LUT of its sum, share nets a, b and the carry in."""
    module = draft("a b c0", " ".join(f"s{i}" for i in range(bits)))
    for i in range(bits):
        if i < bits - 1:
            carry(module, f"c{i + 1}", "a", "b", f"c{i}")
        lut(module, f"s{i}", "a", "b", f"c{i}")
    return module


def test_an_adder_takes_a_cell_a_bit_and_one_to_enter(draft):
    assert sites(chain(draft, 4)) == 4 + 1


@pytest.mark.parametrize(
    ("wires", "cells"),
    [(("a", "b", "k"), 3), (("b", "a", "k"), 4), (("a", "a", "k"), 4), (("a", "b", "a"), 4)],
)
def test_a_carry_joins_only_a_lut_on_the_same_wires(draft, wires, cells):
    module = carry(carry(draft("a b", "y"), "k", "a", "b", "0"), "m", "a", "b", "k")
    lut(module, "z", "a", "b", "m")  # reads the last carry as the next cell does
    assert sites(lut(module, "y", *wires)) == cells


def test_a_carry_with_a_constant_below_stands_alone(draft):
    module = lut(carry(draft("a b", "y"), "k", "a", "b", "0"), "y", "a", "b", "0")
    assert sites(lut(module, "z", "a", "b", "k")) == 3


def test_two_carries_never_share_one_lut(draft):
    module = draft("a b c", "y z w")
    carry(carry(lut(module, "y", "a", "b", "c"), "k", "a", "b", "c"), "m", "a", "b", "c")
    lut(lut(module, "z", "a", "c", "k"), "w", "a", "c", "m")
    assert sites(module) == 3 + 1 + 2


def test_a_carry_that_the_fabric_reads_leaves_through_a_cell(draft):
    inside = lut(carry(draft("a b"), "k", "a", "b", "0"), "y", "a", "b", "k")
    assert sites(inside) == 2
    assert sites(lut(inside, "z", "a", "b", "k")) == 4, "two readers: one by the fabric"
    assert sites(carry(draft("a b", "k"), "k", "a", "b", "0")) == 2, "a port reads it"
    other = lut(carry(draft("a b"), "k", "a", "b", "0"), "y", "k", "b")
    assert sites(other) == 3, "not by I3"


def test_blocks(draft):
    module = (
        draft().cell("SB_MAC16", {}, {}).cell("SB_RAM40_4K", {}, {}).cell("SB_SPRAM256KA", {}, {})
    )
    found = usage(module.netlist(), "top", ICE40).resources
    assert found["dsp"] == found["ebr4"] == found["spram"] == 1 and found["sites"] == 0


WORDS = """
module words(input clk, we, input [1:0] w, r, input [2:0] d, output [2:0] q);
  (* ram_style = "distributed" *) reg [2:0] kept [0:3];
  always @(posedge clk) if (we) kept[w] <= d;
  assign q = kept[r];
endmodule
"""


@pytest.mark.brief
def test_words_that_luts_should_hold_become_flip_flops(build_folder):
    """No logic cell holds words, and synth_ice40 fails where they are asked for."""
    (build_folder / "words.v").write_text(WORDS, encoding="utf-8")
    yosys.run(["read_verilog words.v", "proc", "write_rtlil words.il"], build_folder)
    rtlil = (build_folder / "words.il").read_text(encoding="utf-8")
    assert 'ram_style "distributed"' in rtlil
    found = synthesize(rtlil, ["words"], lookup("icebreaker"), "lut", [], build_folder)["words"]
    assert found.resources["ff"] == 4 * 3 and not found.resources.get("ebr4")
