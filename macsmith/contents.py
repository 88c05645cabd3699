"""What an output folder of a design holds: its files, from what was emitted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .arguments.commands import MEGAHERTZ
from .bench import bench
from .boards import families
from .golden import to_toml
from .golden.errors import DesignError
from .hw.engine.hardware import EngineHardware
from .hw.system.converted import ConvertedHardware
from .hw.system.crossed import in_one_die
from .hw.text.emit import Emitted
from .letters import ascii_letters
from .manifest import manifest
from .mapped import Mapped
from .portlist import portlist
from .rendering import header, render, vlnv
from .sim.harness import Chosen, harness
from .sim.models import cell_models
from .vectors import memories
from .wrappers import VERILOG, wrapper_files

if TYPE_CHECKING:
    from .boards import Board

#: The part for which Vivado's scripts are written when no board is given: the Alveo U280's.
DEFAULT_PART = "xcu280-fsvh2892-2L-e"

#: In MHz.
MEGAHERTZ_LIMITS = 1, 2000

#: All other files are ASCII: tools read them in the system's encoding.
_UTF8 = ("README.md", "design.toml")

#: What boards run beside an engine whose streams DMAs take.
DRIVER = Path(__file__).parent / "driver.py"

#: Families whose tool is Vivado; for others there is no folder vivado/.
VIVADO_FAMILIES = ("xcup", "xc7", "versal")


#: What stands over the core: how it is linted.
LINTED = """// Clean in: verilator --lint-only -Wall -Wno-DECLFILENAME -Wno-PROCASSINIT
// DECLFILENAME: the file holds a module and those that it is made of. PROCASSINIT, unknown to older
// releases: registers have the value that they are configured with.

"""


@dataclass(frozen=True)
class Beside:
    """What a folder holds beside the design itself.

    Parameters
    ----------
    trials : of the test bench, in place of random ones.
    files : further files, relative path -> text or bytes.
    manifest : further entries of the manifest.
    """

    trials: Chosen | None = None
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)


def contents(
    emitted: Emitted,
    *,
    tiles: int = 40,
    seed: int = 1,
    board: Board | None = None,
    megahertz: float = MEGAHERTZ,
    netlist: Mapped | None = None,
    wrappers: Sequence[str] = (),
    beside: Beside | None = None,
) -> dict[str, str]:
    """The files of an output folder: relative path -> text; its manifest lists those ``beside``."""
    beside = beside or Beside()
    if tiles < 1:
        raise DesignError(f"a test bench needs at least 1 tile, got {tiles}")
    if seed < 0:
        raise DesignError(f"a seed must be at least 0, got {seed}")
    if not MEGAHERTZ_LIMITS[0] <= megahertz <= MEGAHERTZ_LIMITS[1]:
        low, high = MEGAHERTZ_LIMITS
        raise DesignError(f"a clock has {low} to {high} MHz, got {megahertz:g}")
    name, tried = emitted.name, harness(emitted.hardware)
    chosen = beside.trials or tried.chosen(tiles, seed)
    held = memories(emitted, tried, chosen)
    part = board.part if board else DEFAULT_PART
    values = _values(emitted, part, megahertz) | bench(emitted, tried, chosen, held, seed)
    values["netlist"] = netlist.board.title if netlist else ""
    wrapped = wrapper_files(emitted, wrappers)
    values["wrappers"] = {path: file.kind for path, file in wrapped.items()}
    values["compiled"] = {**values["hardware"], **values["wrappers"]}
    values["vivado"] = _for_vivado(emitted, board)
    first = f"// {values['header']}\n"
    files = {
        f"rtl/{name}_core.v": first + LINTED + emitted.verilog,
        **{f"tb/{n}.v": first + _once(n, text) for n, text in cell_models(emitted).items()},
        f"rtl/{name}.v": first + emitted.wrapper,
        f"{name}_instance.v": render("instance.v", values),
        "README.md": render(
            "README.md",
            values
            | {
                "streams": _streams(emitted),
                "has_driver": _has_driver(emitted),
                "has_model": any(path.endswith("_dpi.cpp") for path in beside.files),
                "has_hls": any(path.startswith("hls/") for path in beside.files),
            },
        ),
        "design.toml": to_toml(emitted.design),
        f"tb/{name}_tb.v": render("tb.v", values),
        "tb/Makefile": render("Makefile", values),
        f"tb/test_{name}.py": render("cocotb.py", values),
        f"{name}.core": render("fusesoc.core", values),
        "Bender.yml": render("bender.yml", values),
        f"edalize/{name}.eda.yml": render("edam.yml", values),
        f"edalize/{name}_tb.eda.yml": render("edam_tb.yml", values),
        **{path: file.text for path, file in wrapped.items()},
        **{f"tb/{memory.stream.name}.hex": memory.text for memory in held},
    }
    more: dict[str, Any] = {"vectors": {"tiles": len(chosen.trials), "seed": seed}}
    if values["vivado"]:
        files["vivado/synth_ooc.tcl"] = render("synth_ooc.tcl", values)
        files[f"vivado/{name}.xdc"] = render("clock.xdc", values)
        files["vivado/package_ip.tcl"] = render("package_ip.tcl", values)
        if _has_driver(emitted):
            around = {
                "widths": _tdata(emitted),
                "inputs": [s.name for s in emitted.hardware.sources],
            }
            files["vivado/block_design.tcl"] = render("block_design.tcl", values | around)
        more["vivado"] = {"part": values["part"], "clock_mhz": megahertz}
    if _has_driver(emitted):
        files["driver.py"] = DRIVER.read_text(encoding="utf-8")
    if netlist is not None:
        files |= _netlist(emitted, netlist, values)
        more["netlist"] = netlist.manifest(emitted.core)
    more |= beside.manifest
    listed = manifest(emitted, [*files, *beside.files, "manifest.json"], **more)
    files["manifest.json"] = json.dumps(listed, indent=2) + "\n"
    return {path: text if path in _UTF8 else ascii_letters(text) for path, text in files.items()}


def _netlist(emitted: Emitted, netlist: Mapped, values: dict[str, Any]) -> dict[str, str]:
    """The mapped netlist of the core, its ports for whatever is around it, and Vivado's script."""
    core, header = emitted.core, values["header"]
    mark = f"// {header}\n" if netlist.form == "verilog" else ""
    about = f"// In place of rtl/{core}.v where the netlist is linked later.\n"
    file = netlist.name(core)
    found = {
        file: mark + netlist.text,
        f"netlist/{core}_stub.v": f"// {header}\n{about}{netlist.stub(core)}",
    }
    if netlist.board.family in VIVADO_FAMILIES:
        names = {"core": core, "form": netlist.form, "file": file.removeprefix("netlist/")}
        found["netlist/place_ooc.tcl"] = render("place_ooc.tcl", values | names)
    return found


def _has_driver(emitted: Emitted) -> bool:
    """Whether DMAs feed it, and it multiplies matrices."""
    found = in_one_die(emitted.hardware)
    fits = isinstance(found, ConvertedHardware) and found.for_dmas
    return fits and isinstance(emitted.hardware.alone, EngineHardware)


def _tdata(emitted: Emitted) -> dict[str, int]:
    """Bits of each stream's TDATA."""
    data = {s.name: emitted.interface.pin(s, "data") for s in emitted.streams}
    return {name: pin.width for name, pin in data.items() if pin}


def _once(name: str, text: str) -> str:
    """A model that is taken once, however many folders bring it along."""
    return f"`ifndef MACSMITH_{name}\n`define MACSMITH_{name}\n{text.rstrip()}\n`endif\n"


def _for_vivado(emitted: Emitted, board: Board | None) -> bool:
    """Whether AMD's tools may read it: of the board's family, or by what the build names."""
    if board is not None:
        return board.family in VIVADO_FAMILIES
    target = emitted.target
    blocks = {families.family(name).block for name in VIVADO_FAMILIES} | {"auto", "inferred"}
    return target.blocks in blocks and target.fabric in {"auto", *VIVADO_FAMILIES}


def _values(emitted: Emitted, part: str, megahertz: float) -> dict[str, Any]:
    """What all templates are filled with."""
    hardware, ports = emitted.hardware, portlist(emitted)
    buses = [emitted.interface.bus(stream) for stream in emitted.streams]
    return {
        "header": header(),
        "name": emitted.name,
        "hardware": dict.fromkeys((f"rtl/{emitted.core}.v", f"rtl/{emitted.name}.v"), VERILOG),
        "vlnv": vlnv(emitted.name),
        "summary": hardware.summary,
        "policy": emitted.target.policy,
        "cells": emitted.cells,
        "manual": (emitted.interface.manual, *hardware.manual),
        "part": part,
        "ports": ports,
        "clock": ports[0].name,
        "reset": ports[1].name,
        "reset_low": emitted.interface.reset_low,
        "megahertz": f"{megahertz:g}",
        "period": f"{1000 / megahertz:.3f}",
        "buses": buses if emitted.interface.packaged else [],
    }


def _streams(emitted: Emitted) -> list[tuple[str, str, str]]:
    """Name, direction and meaning of every stream."""
    return [(s.name, "out" if s.output else "in", emitted.notes[s.name]) for s in emitted.streams]
