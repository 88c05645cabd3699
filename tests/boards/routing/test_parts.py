"""Parts as makers write them, and as the routers want them."""

from dataclasses import replace

import pytest
from macsmith.boards import lookup, names
from macsmith.boards.routing import ROUTERS, router_of
from macsmith.boards.routing.route import _options, available, checked, owned, routed
from macsmith.golden.errors import DesignError
from macsmith.tools import cache

#: part -> options, from the help pages of nextpnr.
ECP5 = {
    "LFE5U-85F-6BG381C": "--85k --package CABGA381 --speed 6",
    "LFE5U-25F-8MG285C": "--25k --package CSFBGA285 --speed 8",
    "LFE5U-12F-6BG256C": "--12k --package CABGA256 --speed 6",
    "LFE5UM-45F-7BG554I": "--um-45k --package CABGA554 --speed 7",
    "LFE5UM5G-85F-8BG756I": "--um5g-85k --package CABGA756 --speed 8",
}
ICE40 = {
    "iCE40UP5K-SG48I": "--up5k --package sg48",
    "iCE40HX8K-CT256": "--hx8k --package ct256",
    "iCE40LP1K-CM36": "--lp1k --package cm36",
}
GOWIN = {
    "GW1NR-LV9QN88PC6/I5": "--device GW1NR-LV9QN88PC6/I5 --vopt family=GW1N-9C",
    "GW2AR-LV18QN88C8/I7": "--device GW2AR-LV18QN88C8/I7 --vopt family=GW2A-18C",
}
NEXUS = {"LIFCL-40-9BG400C": "--device LIFCL-40-9BG400C"}
FAMILIES = {"ecp5": ECP5, "ice40": ICE40, "gowin": GOWIN, "nexus": NEXUS}


@pytest.mark.parametrize(
    ("family", "part", "words"),
    [(name, *item) for name, of in FAMILIES.items() for item in of.items()],
)
def test_a_part_is_a_device_a_package_and_a_speed(family, part, words):
    assert " ".join(ROUTERS[family].device(part)) == words


@pytest.mark.parametrize(
    ("family", "part"),
    [
        ("ecp5", "LFE5U-85F"),
        ("ecp5", "LFE5U-85F-9BG381C"),
        ("ecp5", "LFE5U-85F-6XX381C"),
        ("ice40", "iCE40UP9K-SG48I"),
        ("ice40", "UP5K"),
        ("nexus", "LIFCL-33-8CTG104C"),
    ],
)
def test_an_unknown_part_is_told_how_one_is_written(family, part):
    with pytest.raises(DesignError, match=f"knows no part {part}: write it as "):
        ROUTERS[family].device(part)


def test_a_gowin_part_of_unknown_version_is_refused():
    with pytest.raises(DesignError, match="knows no part GW1N-LV1QN48C6/I5: routed are GW1NR-LV9"):
        ROUTERS["gowin"].device("GW1N-LV1QN48C6/I5")


@pytest.mark.parametrize("name", ["tang-nano-9k", "crosslink-nx-evn"])
def test_a_board_without_a_clock_of_one_pin_is_told_to_name_it(name):
    board = lookup(name)
    for clock in (None, replace(board.clock, negative="L14")):
        with pytest.raises(DesignError, match=rf"add \[clock\] to the file of {name}"):
            router_of(replace(board, clock=clock))


@pytest.mark.parametrize("part", ["LIFCL-40-9BG256C", "LIFCL-17-8UWG72C"])
def test_a_package_of_nexus_whose_pins_are_unknown_is_refused(part):
    """D10 is not a pin of each: the router would say so in words of its own."""
    assert ROUTERS["nexus"].device(part) == ("--device", part)
    board = replace(lookup("crosslink-nx-evn"), part=part)
    with pytest.raises(DesignError, match=f"^no pins of {part} are known .* package BG400, such"):
        router_of(board)
    assert router_of(replace(board, part="LIFCL-40-7BG400I")) is ROUTERS["nexus"]


@pytest.mark.parametrize("name", names())
def test_every_board_is_routed_or_refused_in_a_line(name):
    board = lookup(name)
    if board.family in ROUTERS:
        assert "--freq" in _options(router_of(board), board)
        return
    with pytest.raises(DesignError, match=f"^no open router places the family .* of {name}; "):
        router_of(board)


@pytest.mark.parametrize(
    ("seeds", "said"),
    [
        ((), "1 to 100 seeds, got 0"),
        (range(1, 102), "1 to 100 seeds, got 101"),
        ((1, 0), "a number from 1 to 2\\^63 - 1, got 0"),
        ((1 << 63,), "a number from 1 to 2\\^63 - 1, got 9223372036854775808"),
    ],
)
def test_seeds_that_are_none(seeds, said):
    with pytest.raises(DesignError, match=said):
        checked(seeds)


def test_a_seed_that_is_named_twice_is_one():
    assert checked((3, 1, 3)) == (3, 1)


def test_what_the_router_has_is_counted_as_what_is_used():
    found = {"TRELLIS_COMB": {"available": 10}, "TRELLIS_RAMW": {"available": 3},
             "TRELLIS_IO": {"available": 9}, "DP16KD": {"available": 2}}  # fmt: skip
    assert available(found, ROUTERS["ecp5"]) == {"sites": 10, "ebr18": 2}


def cell(kind, ports, **parameters):
    return {"type": kind, "parameters": parameters, "connections": ports}


def test_a_ram_takes_its_places_once():
    """Sixteen words of four bits take six places of ECP5, and eight of Gowin, whose routers write a
    cell too for each place where nothing else may stand."""
    held = {
        f"core.a$DPRAM_COMB{n}": cell("TRELLIS_COMB", {"F": [n]}, MODE="DPRAM") for n in range(4)
    }
    kept = {f"core.a$RAMW_BLOCK{n}": cell("TRELLIS_COMB", {"F": []}, MODE="RAMW_BLOCK")
            for n in range(2)}  # fmt: skip
    writes = {"core.a$RAMW_SLICE": cell("TRELLIS_RAMW", {"WDO0": [9]})}
    netlist = {"modules": {"top": {"cells": held | kept | writes}}}
    assert owned(netlist, ROUTERS["ecp5"])["core"] == {"sites": 6}
    ram = {"core.a": cell("RAM16SDP4", {"DO": [1, 2, 3, 4], "CE": [9]})}
    kept = {f"core.a_LUT{n}": cell("LUT4", {"I0": [5]}, INIT="0" * 16) for n in range(4)}
    netlist = {"modules": {"top": {"cells": ram | kept}}}
    assert owned(netlist, ROUTERS["gowin"])["core"] == {"sites": 8}


@pytest.mark.parametrize(
    ("size", "table"), [(1, "01"), (2, "0110"), (3, "11101000"), (4, "0" * 16)]
)
def test_a_smaller_lut_is_a_lut4_of_the_same_table_on_gowin(size, table):
    """The router has no delay for others, and leaves out the paths through them."""
    ports = {f"I{n}": [n + 2] for n in range(size)} | {"F": [9]}
    made = ROUTERS["gowin"].timed(cell(f"LUT{size}", ports, INIT=table))
    assert made["type"] == "LUT4" and made["connections"] == ports
    (wide,) = made["parameters"].values()
    assert len(wide) == 16
    for word in range(16):
        assert wide[15 - word] == table[len(table) - 1 - word % (1 << size)]


@pytest.mark.parametrize("name", ["tang-nano-20k", "crosslink-nx-evn"])
def test_other_pins_are_another_routing(name, monkeypatch):
    """What is kept of a board with one clock pin is not that of a board with another."""
    board, keys = lookup(name), []
    moved = replace(board, clock=replace(board.clock, pin="77"))
    monkeypatch.setattr(cache, "entry", lambda kind, key, make: keys.append(key))
    for own in (board, moved, board):
        routed("{}", ROUTERS[board.family], own, 1)
    assert keys[0] == keys[2] != keys[1]
