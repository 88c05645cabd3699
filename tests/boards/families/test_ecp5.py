"""LUT sites of an ECP5 slice."""

from macsmith.boards.families import FAMILIES
from macsmith.boards.sites import usage

ECP5 = FAMILIES["ecp5"]


def test_carries_take_both_luts_and_memories_three_slices(draft):
    module = draft("a b", "y").cell("LUT4", {"Z": "y"}, {"A": "a", "B": "b"})
    module.cell("CCU2C", {"S0": "s"}, {"A0": "a"}).cell(
        "TRELLIS_DPR16X4", {"DO": "d"}, {"RAD": "a"}
    )
    module.cell("PFUMX", {"Z": "z"}, {"ALUT": "y"}).cell("MULT18X18D", {}, {}).cell(
        "DP16KD", {}, {}
    )
    found = usage(module.netlist(), "top", ECP5)
    assert found.sites == 1 + 2 + 6
    assert found.resources["muxf"] == found.resources["dsp"] == found.resources["ebr18"] == 1


def test_flip_flops_bound_from_below(draft):
    module = draft("a clk")
    for index in range(3):
        module.cell("TRELLIS_FF", {"Q": f"q{index}"}, {"DI": "a", "CLK": "clk"})
    found = usage(module.netlist(), "top", ECP5)
    assert found.sites == 3 and found.resources["ff"] == 3 and found.resources["lut"] == 0
