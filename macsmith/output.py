"""Writes everything that belongs to an engine into a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from .arguments.commands import MEGAHERTZ
from .bench import bench
from .boards import families, fitted
from .folder import check_target, write_folder
from .golden import to_toml
from .golden.description import Design
from .golden.errors import DesignError
from .hw.engine.hardware import EngineHardware
from .hw.text.emit import Emitted, emit
from .letters import ascii_letters
from .manifest import manifest
from .mapped import Mapped, checked, mapped
from .portlist import portlist
from .sim.cpp import model
from .sim.harness import Chosen, harness
from .sim.models import cell_models
from .sim.parser import parse
from .tools.progress import Step, Told, quiet
from .vectors import memories

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
VIVADO_FAMILIES = ("xcup", "xc7")


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


@dataclass(frozen=True)
class Generated:
    """An output folder.

    Parameters
    ----------
    folder : absolute path.
    files : what it holds, relative to it, sorted.
    emitted : the hardware.
    """

    folder: Path
    files: tuple[Path, ...]
    emitted: Emitted


def generate(
    design: Design,
    folder: Path,
    *,
    force: bool = False,
    tiles: int = 40,
    seed: int = 1,
    board: Board | None = None,
    megahertz: float = MEGAHERTZ,
    netlist: str | None = None,
    cpp: bool = False,
    beside: Beside | None = None,
    progress: Told = quiet,
) -> Generated:
    """Write the complete output folder of ``design``; the same bytes for the same arguments.

    Parameters
    ----------
    folder : made with its parents. Interrupted work leaves nothing behind.
    force : write into a folder that has contents: what the manifest there lists is replaced,
        changed files too; files that it does not list stay.
    tiles : random reductions in the test bench, without stalls and with, each; beside them come
        those that reach the sums' bounds.
    seed : of the test bench's data and stalls.
    board : whose part Vivado's scripts name; the U280's if None.
    megahertz : of the clock in the constraints: a goal, not a promise.
    netlist : also write the netlist that is mapped for ``board``: ``verilog`` or ``edif``.
    cpp : also write the golden model of an engine in C++, with its DPI wrapper, into ``model``.
    beside : trials and files of a caller's own.
    progress : is told each step as it begins: what is done.

    Raises DesignError for a folder that cannot be taken, before any work; ToolFailed if a parser
    cannot read back the Verilog that was written.
    """
    check_target(folder, force=force)
    checked(netlist, board)
    beside = beside or Beside()
    if cpp:
        model.files(design)  # raises before any work
    progress(Step(f"emitting {design.name}", "emit"))
    emitted = emit(fitted(design, board) if board else design)
    if cpp:
        golden = model.files(emitted.design, emitted)
        plain = {path: ascii_letters(text) for path, text in golden.items()}
        beside = replace(beside, files={**beside.files, **plain})
    size = len(emitted.rtlil)
    made = None
    if netlist is not None and board is not None:
        progress(Step(f"synthesizing {emitted.name} for {board.name}", "synth", size))
        made = mapped(emitted, board, netlist)
    progress(Step("computing the test bench's vectors", "vectors", size, ("parse",)))
    files: dict[str, str | bytes] = {
        **contents(
            emitted,
            tiles=tiles,
            seed=seed,
            board=board,
            megahertz=megahertz,
            netlist=made,
            beside=beside,
        ),
        **beside.files,
    }
    verilog = [name for name in files if name.startswith(("rtl/", "tb/")) and name.endswith(".v")]
    progress(Step("writing files and reading the Verilog back", "parse", size))
    target = write_folder(folder, files, force=force, check=lambda new: parse(new, verilog))
    return Generated(target, tuple(Path(name) for name in sorted(files)), emitted)


def contents(
    emitted: Emitted,
    *,
    tiles: int = 40,
    seed: int = 1,
    board: Board | None = None,
    megahertz: float = MEGAHERTZ,
    netlist: Mapped | None = None,
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
    header = f"// {values['header']}\n"
    files = {
        f"rtl/{name}_core.v": header + LINTED + emitted.verilog,
        **{f"tb/{n}.v": header + _once(n, text) for n, text in cell_models(emitted).items()},
        f"rtl/{name}.v": header + emitted.wrapper,
        f"{name}_instance.v": _render("instance.v", values),
        "README.md": _render(
            "README.md",
            values
            | {
                "streams": _streams(emitted),
                "has_driver": _has_driver(emitted),
                "has_model": any(path.startswith("model/") for path in beside.files),
            },
        ),
        "design.toml": to_toml(emitted.design),
        f"tb/{name}_tb.v": _render("tb.v", values),
        "tb/Makefile": _render("Makefile", values),
        f"tb/test_{name}.py": _render("cocotb.py", values),
        f"{name}.core": _render("fusesoc.core", values),
        **{f"tb/{memory.stream.name}.hex": memory.text for memory in held},
    }
    more: dict[str, Any] = {"vectors": {"tiles": len(chosen.trials), "seed": seed}}
    if _for_vivado(emitted, board):
        files["vivado/synth_ooc.tcl"] = _render("synth_ooc.tcl", values)
        files[f"vivado/{name}.xdc"] = _render("clock.xdc", values)
        files["vivado/package_ip.tcl"] = _render("package_ip.tcl", values)
        if _has_driver(emitted):
            inputs = [stream.name for stream in emitted.hardware.sources]
            around = {"inputs": inputs, "width": emitted.target.axis_width}
            files["vivado/block_design.tcl"] = _render("block_design.tcl", values | around)
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
        found["netlist/place_ooc.tcl"] = _render("place_ooc.tcl", values | names)
    return found


def _has_driver(emitted: Emitted) -> bool:
    """Whether DMAs feed it, and it multiplies matrices."""
    alone = emitted.hardware.alone
    return emitted.target.axis_width > 0 and isinstance(alone, EngineHardware)


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


def _render(template: str, values: dict[str, Any]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template(f"{template}.j2").render(values)


def _values(emitted: Emitted, part: str, megahertz: float) -> dict[str, Any]:
    """What all templates are filled with."""
    hardware, ports, release = emitted.hardware, portlist(emitted), version("macsmith")
    buses = [emitted.interface.bus(stream) for stream in emitted.streams]
    return {
        "header": f"Generated by macsmith {release}. This file is yours: use it under any terms.",
        "name": emitted.name,
        "vlnv": f"macsmith:engines:{emitted.name}:{release}",
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
