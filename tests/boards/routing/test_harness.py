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


def inside(top, port):
    """The net of a port of the top, behind its pad if it has one."""
    nets = top["ports"][port]["bits"]
    pad = top["cells"].get(f"pad_{port}")
    if pad is None:
        return nets
    inner, outer = ("I", "O") if top["ports"][port]["direction"] == "output" else ("O", "I")
    assert pad["connections"][outer] == nets
    return pad["connections"][inner]


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
    chain = inside(top, "bits_in")
    for bit in inputs:
        cell = top["cells"][driving[bit]]
        assert cell["type"] == router.flip_flop.type
        assert cell["connections"][router.flip_flop.inputs[0]] == chain
        assert cell["connections"][router.flip_flop.clock] == inside(top, "clk")
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

    met = depths(inside(top, "bit_out")[0])
    assert met == dict.fromkeys([*wires["y"], *wires["z"]], 3)  # six, two, one


def test_its_cells_are_counted_and_known_by_name(found):
    made, top, router = found
    assert (made.flip_flops, made.luts) == (4 + 6 + 2 + 1, 2 + 1)
    about = {name: cell["type"] for name, cell in top["cells"].items() if name != CORE}
    kinds = {name: kind for name, kind in about.items() if not name.startswith("pad_")}
    assert sorted(kinds.values()) == sorted(
        [router.flip_flop.type] * made.flip_flops + [router.xor.type] * made.luts
    )
    assert {owner(name) for name in kinds} == {"harness"}
    assert owner("core.pe_0_0_0.sum") == "core" and owner("$nextpnr_CCU2C_0") == "router"
    assert owner("core.sum_HEAD_ALULC") == owner("core.q_passthrough_lut$") == "router"


@pytest.mark.parametrize("name", ROUTERS)
def test_the_parity_is_one(name):
    """Of all sixteen inputs, by the truth table in the parameter."""
    xor = ROUTERS[name].xor
    (table,) = xor.parameters.values()
    table = f"{int(table, 16):016b}" if table.startswith("0x") else table
    for word in range(16):
        assert int(table[15 - word]) == bin(word).count("1") % 2
