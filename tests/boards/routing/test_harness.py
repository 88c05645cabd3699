"""The harness: every bit of a port has a flip-flop, and all that leaves reaches the signature."""

import pytest
from macsmith.boards.routing.harness import CORE, PORTS, TOP, harness, owner
from macsmith.boards.routing.route import ROUTERS

WIDTHS = {"a": 3, "rst": 1, "y": 5, "z": 1}


@pytest.fixture(params=ROUTERS)
def found(request, draft):
    """A harness of a core with four bits in and six out, its top, and what drives each net."""
    core = {
        name: {
            "direction": "output" if name in "yz" else "input",
            "bits": list(range(9, 9 + width)),
        }
        for name, width in WIDTHS.items()
    }
    core["clk"] = {"direction": "input", "bits": [2]}
    netlist = {"creator": "hand", "modules": {"core_of_mine": {"ports": core, "cells": {}}}}
    made = harness(netlist, "core_of_mine", ROUTERS[request.param])
    return made, made.netlist["modules"][TOP], ROUTERS[request.param]


def drivers(top):
    """net -> the cell that drives it; no net has two."""
    found = {}
    for name, cell in top["cells"].items():
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] == "output":
                for bit in bits:
                    assert bit not in found
                    found[bit] = name
    return found


def test_three_pins_and_the_core_inside(found):
    made, top, _ = found
    assert [*top["ports"]] == list(PORTS) and all(
        len(p["bits"]) == 1 for p in top["ports"].values()
    )
    assert made.netlist["modules"]["core_of_mine"]["cells"] == {}
    assert top["cells"][CORE]["type"] == "core_of_mine"
    assert {name: len(bits) for name, bits in top["cells"][CORE]["connections"].items()} == {
        **WIDTHS,
        "clk": 1,
    }


def test_every_input_is_a_step_of_one_shift_register(found):
    made, top, router = found
    driving, wires = drivers(top), top["cells"][CORE]["connections"]
    inputs = [bit for name in ("a", "rst") for bit in wires[name]]
    assert len(set(inputs)) == 4
    chain = top["ports"]["bits_in"]["bits"]
    for bit in inputs:
        cell = top["cells"][driving[bit]]
        assert cell["type"] == router.flip_flop.type
        assert cell["connections"][router.flip_flop.inputs[0]] == chain
        assert cell["connections"][router.flip_flop.clock] == top["ports"]["clk"]["bits"]
        chain = [bit]
    assert sum(map(len, made.driven.values())) == 4


def test_every_output_is_caught_and_folded_into_the_signature(found):
    """Walking back from the pin, each output is met once, behind as many flip-flops as others."""
    made, top, router = found
    driving, wires = drivers(top), top["cells"][CORE]["connections"]

    def depths(net):
        cell = top["cells"][driving[net]]
        if cell["type"] == "core_of_mine":
            return {net: 0}
        kind = router.flip_flop if cell["type"] == router.flip_flop.type else router.xor
        nets = [cell["connections"][port][0] for port in kind.inputs]
        below = [depths(bit) for bit in nets if isinstance(bit, int)]
        step = kind is router.flip_flop
        return {bit: n + step for found in below for bit, n in found.items()}

    met = depths(top["ports"]["bit_out"]["bits"][0])
    assert met == dict.fromkeys([*wires["y"], *wires["z"]], 3)  # six, two, one


def test_its_cells_are_counted_and_known_by_name(found):
    made, top, router = found
    assert (made.flip_flops, made.luts) == (4 + 6 + 2 + 1, 2 + 1)
    kinds = {name: cell["type"] for name, cell in top["cells"].items() if name != CORE}
    assert sorted(kinds.values()) == sorted(
        [router.flip_flop.type] * made.flip_flops + [router.xor.type] * made.luts
    )
    assert {owner(name) for name in kinds} == {"harness"}
    assert owner("core.pe_0_0_0.sum") == "core" and owner("$nextpnr_CCU2C_0") == "router"


@pytest.mark.parametrize("name", ROUTERS)
def test_the_parity_is_one(name):
    """Of all sixteen inputs, by the truth table in the parameter."""
    xor = ROUTERS[name].xor
    (table,) = xor.parameters.values()
    for word in range(16):
        assert int(table[15 - word]) == bin(word).count("1") % 2
