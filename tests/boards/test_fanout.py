"""Registers by what they drive, and the controls that they share: counted by hand."""

import pytest
from macsmith.boards.families import FAMILIES
from macsmith.boards.fanout import registers
from macsmith.boards.flat import flatten
from macsmith.boards.netlist import Netlist

XCUP = FAMILIES["xcup"]


def found(netlist, top="top", family=XCUP):
    """With modules kept apart, and dissolved: alike but for the names."""
    kept = registers(netlist, top, family)
    flat = registers(Netlist({top: flatten(netlist, top)}), top, family)
    assert kept.fanouts == flat.fanouts and kept.control_sets == flat.control_sets
    count = [fanout for _, fanout, times in kept.greatest for _ in range(times)]
    assert count == [fanout for _, fanout, times in flat.greatest for _ in range(times)]
    return kept


def test_every_pin_that_reads_a_register_counts(draft):
    module = draft("a clk", "y").ff("q", "a").lut("n", "q a").lut("y", "q n").ff("r", "q")
    told = found(module.netlist())
    assert told.fanouts == {0: 1, 3: 1}, "two look-up tables and a flip-flop"
    assert told.greatest == (("q", 3, 1), ("r", 0, 1))


def test_control_sets_are_clock_enable_and_reset(draft):
    module = draft("a b clk", "y").ff("p", "a").ff("q", "b")
    assert found(module.netlist()).control_sets == 1
    module.ff("r", "a", ce="e").ff("s", "b", ce="e", r="z").ff("t", "a", ce="e", r="z")
    assert found(module.netlist()).control_sets == 3
    assert found(module.ff("u", "a", c="other").netlist()).control_sets == 4
    set_ = module.cell("FDSE", {"Q": "v"}, {"D": "a", "C": "clk", "CE": "e", "S": "z"})
    assert found(set_.netlist()).control_sets == 4, "a set is by the same wire as a reset"


def child(draft):
    """Its register ``q`` leaves, ``own`` stays; the enable of ``own`` is its own register."""
    module = draft("d clk", "q", name="child").ff("q", "d").lut("n", "q d")
    return module.ff("enable", "n").ff("own", "d", ce="enable")


def test_a_register_is_followed_through_ports(draft):
    top = draft("a clk", "y").ff("s", "a")
    for name in ("left", "right"):
        top.cell("child", {"q": name}, {"d": "s", "clk": "clk"})
    top.lut("m", "left a").lut("y", "left right")
    told = found(top.netlist(child(draft)))
    # s: three pins in each child; left: one inside and two outside, right: one and one.
    assert told.fanouts == {0: 2, 1: 2, 2: 1, 3: 1, 6: 1}
    assert told.greatest[0] == ("s", 6, 1)
    assert told.greatest[1] == ("child_1/q", 3, 1) and told.greatest[3] == ("enable", 1, 2)
    assert told.control_sets == 1 + 2, "the clock's, and of each child that of its own enable"


def test_what_nothing_outside_reads_counts_inside(draft):
    top = draft("a clk").cell("child", {"q": "x"}, {"d": "a", "clk": "clk"})
    assert found(top.netlist(child(draft))).fanouts == {0: 1, 1: 2}


def test_a_control_that_leaves_a_module_is_shared_outside(draft):
    inner = draft("d clk", "e", name="child").ff("e", "d").ff("own", "d", ce="e")
    top = draft("a clk").cell("child", {"e": "go"}, {"d": "a", "clk": "clk"})
    assert found(top.ff("r", "a", ce="go").netlist(inner)).control_sets == 2


@pytest.mark.parametrize(
    ("family", "cell", "pins"),
    [
        ("ecp5", "TRELLIS_FF", {"DI": "a", "CLK": "c", "CE": "e", "LSR": "r"}),
        ("ice40", "SB_DFFESR", {"D": "a", "C": "c", "E": "e", "R": "r"}),
        ("gowin", "DFFRE", {"D": "a", "CLK": "c", "CE": "e", "RESET": "r"}),
        ("nexus", "FD1P3IX", {"D": "a", "CK": "c", "SP": "e", "CD": "r"}),
    ],
)
def test_every_family_names_its_controls(draft, family, cell, pins):
    module = draft("a c e r").cell(cell, {"Q": "q0"}, pins)
    module.cell(cell, {"Q": "q1"}, pins | {next(iter(pins)): "r"})
    assert found(module.netlist(), family=FAMILIES[family]).control_sets == 1
    for number, net in enumerate(list(pins)[1:]):
        module.cell(cell, {"Q": f"p{number}"}, pins | {net: "a"})
    assert found(module.netlist(), family=FAMILIES[family]).control_sets == 4
