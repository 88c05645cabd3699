"""Usage: modules counted once, times their instances; the largest bound is the measure."""

import pytest
from macsmith.boards.families import FAMILIES
from macsmith.boards.sites import usage
from macsmith.golden.errors import DesignError, UnknownName

XCUP = FAMILIES["xcup"]


def test_counts_multiply_by_instances(draft):
    leaf = draft("a b clk", "q", name="leaf").lut("n", "a b").lut("m", "n a").ff("q", "m")
    top = draft("a b clk").lut("k", "a b")
    for index in range(5):
        top.cell("leaf", {"q": f"q{index}"}, {"a": "a", "b": "b", "clk": "clk"})
    found = usage(top.netlist(leaf), "top", XCUP)
    assert found.resources["lut"] == 11 and found.resources["ff"] == 5
    assert found.resources["lut_packed"] == found.sites == 6, "pairs within a module only"
    assert list(found.resources) == list(XCUP.counted)


def test_sites_is_the_largest_bound_of_the_whole(draft):
    logic = draft("a b c d e f", name="logic").lut("n", "a b c d e f")
    registers = draft("a clk", name="registers")
    for index in range(3):
        registers.ff(f"q{index}", "a")
    top = draft().cell("logic", {}, {}).cell("registers", {}, {})
    assert usage(top.netlist(logic, registers), "top", XCUP).sites == 2, "3 FF need 1.5 sites"
    carry = draft("a", "o", name="logic").carry4("o,p,q,r", "c0,c1,c2,c3", "a,0,0,0", "0,0,0,0")
    found = usage(top.netlist(carry, registers), "top", XCUP)
    assert found.sites == 4 and found.bounds == {"lut": 1, "carry": 4, "ff": 1.5}


def test_halves_of_block_rams(draft):
    module = draft()
    for _ in range(3):
        module.cell("RAMB18E2", {}, {})
    assert usage(module.netlist(), "top", XCUP).resources["bram36"] == 1.5


def test_refusals(draft):
    with pytest.raises(DesignError, match=r"cell type '\$lut' is not known to family xcup"):
        usage(draft().cell("$lut", {}, {}).netlist(), "top", XCUP)
    with pytest.raises(UnknownName, match="unknown module"):
        usage(draft().netlist(), "tops", XCUP)
