"""LUT sites of a slice of ECP5 and of Nexus."""

from macsmith.boards.families import FAMILIES
from macsmith.boards.sites import usage

ECP5, NEXUS = FAMILIES["ecp5"], FAMILIES["nexus"]


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


def test_wide_functions_and_inverters_of_nexus_take_luts(draft):
    module = draft("a b clk", "y").cell("WIDEFN9", {"Z": "n"}, {"A0": "a", "A1": "b", "SEL": "a"})
    module.cell("INV", {"Z": "y"}, {"A": "n"}).cell("CCU2", {"S0": "s"}, {"A0": "a"})
    module.cell("DPR16X4", {"DO": "d"}, {"RAD": "a"}).cell("FD1P3IX", {"Q": "q"}, {"D": "n"})
    found = usage(module.netlist(), "top", NEXUS)
    assert found.sites == 2 + 1 + 2 + 6 and found.resources["lut"] == 3


def test_blocks_of_nexus_are_counted_as_multipliers_of_18_bits(draft):
    module = draft()
    for block in ("MULT9X9", "MULTADDSUB18X18", "MULTADDSUB9X9WIDE", "MULT36X36", "DPSC512K"):
        module.cell(block, {}, {})
    found = usage(module.netlist(), "top", NEXUS).resources
    assert found["dsp"] == 0.5 + 1 + 2 + 4 and found["lram"] == 1
