"""Writes everything that belongs to an engine into a folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2

from .boards import families, fitted
from .folder import check_target, write_folder
from .golden import to_toml
from .golden.description import Engine
from .golden.errors import DesignError
from .hw.text.emit import Emitted, emit, notes, summary
from .letters import ascii_letters
from .manifest import manifest
from .portlist import Port, bus, portlist
from .sim.beats import steps_of
from .sim.models import cell_models
from .sim.pack import data_bits, has_last
from .sim.parser import parse
from .vectors import Chosen, Memory, choose, memories

if TYPE_CHECKING:
    from .boards import Board

#: The part for which Vivado's scripts are written when no board is given: the Alveo U280's.
DEFAULT_PART = "xcu280-fsvh2892-2L-e"

#: The clock in the constraints, in MHz: a goal for the user to change, not a promise.
MEGAHERTZ = 300
MEGAHERTZ_LIMITS = 1, 2000

#: All other files are ASCII: tools read them in the system's encoding.
_UTF8 = ("README.md", "design.toml")

#: Families whose tool is Vivado; for others there is no folder vivado/.
VIVADO_FAMILIES = ("xcup", "xc7")


#: What stands over the core: how it is linted.
LINTED = """// Clean in: verilator --lint-only -Wall -Wno-DECLFILENAME -Wno-PROCASSINIT
// DECLFILENAME: the file holds a module and those that it is made of. PROCASSINIT, unknown to older
// releases: registers have the value that they are configured with.

"""


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
    engine: Engine,
    folder: Path,
    *,
    force: bool = False,
    tiles: int = 40,
    seed: int = 1,
    board: Board | None = None,
    megahertz: float = MEGAHERTZ,
) -> Generated:
    """Write the complete output folder of ``engine``; the same bytes for the same arguments.

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

    Raises DesignError for a folder that cannot be taken, before any work; ToolFailed if a parser
    cannot read back the Verilog that was written.
    """
    check_target(folder, force=force)
    emitted = emit(fitted(engine, board) if board else engine)
    files = contents(emitted, tiles=tiles, seed=seed, board=board, megahertz=megahertz)
    verilog = [name for name in files if name.startswith(("rtl/", "tb/")) and name.endswith(".v")]
    target = write_folder(folder, files, force=force, check=lambda new: parse(new, verilog))
    return Generated(target, tuple(Path(name) for name in sorted(files)), emitted)


def contents(
    emitted: Emitted,
    *,
    tiles: int = 40,
    seed: int = 1,
    board: Board | None = None,
    megahertz: float = MEGAHERTZ,
) -> dict[str, str]:
    """The files of an output folder: relative path -> text."""
    if tiles < 1:
        raise DesignError(f"a test bench needs at least 1 tile, got {tiles}")
    if seed < 0:
        raise DesignError(f"a seed must be at least 0, got {seed}")
    if not MEGAHERTZ_LIMITS[0] <= megahertz <= MEGAHERTZ_LIMITS[1]:
        low, high = MEGAHERTZ_LIMITS
        raise DesignError(f"a clock has {low} to {high} MHz, got {megahertz:g}")
    name, chosen = emitted.engine.name, choose(emitted, tiles, seed)
    held = memories(emitted, chosen)
    part = board.part if board else DEFAULT_PART
    values = _values(emitted, part, megahertz) | _bench(emitted, chosen, held, seed)
    header = f"// {values['header']}\n"
    files = {
        f"rtl/{name}_core.v": header + LINTED + emitted.verilog,
        **{f"tb/{n}.v": header + _once(n, text) for n, text in cell_models(emitted).items()},
        f"rtl/{name}.v": header + emitted.wrapper,
        f"{name}_instance.v": _render("instance.v", values),
        "README.md": _render("README.md", values | {"streams": _streams(emitted)}),
        "design.toml": to_toml(emitted.engine),
        f"tb/{name}_tb.v": _render("tb.v", values),
        "tb/Makefile": _render("Makefile", values),
        f"{name}.core": _render("fusesoc.core", values),
        **{f"tb/{memory.stream.name}.hex": memory.text for memory in held},
    }
    more: dict[str, Any] = {"vectors": {"tiles": len(chosen.tiles), "seed": seed}}
    if _for_vivado(emitted, board):
        files["vivado/synth_ooc.tcl"] = _render("synth_ooc.tcl", values)
        files[f"vivado/{name}.xdc"] = _render("clock.xdc", values)
        files["vivado/package_ip.tcl"] = _render("package_ip.tcl", values)
        more["vivado"] = {"part": values["part"], "clock_mhz": megahertz}
    listed = manifest(emitted, [*files, "manifest.json"], **more)
    files["manifest.json"] = json.dumps(listed, indent=2) + "\n"
    return {path: text if path in _UTF8 else ascii_letters(text) for path, text in files.items()}


def _once(name: str, text: str) -> str:
    """A model that is taken once, however many folders bring it along."""
    return f"`ifndef MACSMITH_{name}\n`define MACSMITH_{name}\n{text.rstrip()}\n`endif\n"


def _for_vivado(emitted: Emitted, board: Board | None) -> bool:
    """Whether AMD's tools may read it: of the board's family, or by what the build names."""
    if board is not None:
        return board.family in VIVADO_FAMILIES
    build = emitted.engine.build
    blocks = {families.family(name).block for name in VIVADO_FAMILIES} | {"auto", "inferred"}
    return build.blocks in blocks and build.fabric in {"auto", *VIVADO_FAMILIES}


def _render(template: str, values: dict[str, Any]) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template(f"{template}.j2").render(values)


def _values(emitted: Emitted, part: str, megahertz: float) -> dict[str, Any]:
    """What all templates are filled with."""
    engine, ports, release = emitted.engine, portlist(emitted), version("macsmith")
    axis = engine.build.interface == "axis"
    return {
        "header": f"Generated by macsmith {release}. This file is yours: use it under any terms.",
        "name": engine.name,
        "vlnv": f"macsmith:engines:{engine.name}:{release}",
        "summary": summary(engine, emitted.plan),
        "policy": engine.build.policy,
        "cells": emitted.cells,
        "axis": axis,
        "latency": emitted.plan.latency,
        "serial": emitted.plan.serial,
        "rows": emitted.plan.rows,
        "cols": emitted.plan.cols,
        "k_max": _each(item.k_max for item in engine.modes),
        "step": _each(mode.step for mode in emitted.plan.modes),
        "stationary": emitted.plan.stationary,
        "shortest": emitted.plan.shortest_set,
        "modes": [mode.label for mode in emitted.plan.modes],
        "part": part,
        "ports": ports,
        "clock": ports[0].name,
        "reset": ports[1].name,
        "megahertz": f"{megahertz:g}",
        "period": f"{1000 / megahertz:.3f}",
        "buses": [bus(stream) for stream in emitted.streams] if axis else [],
    }


def _each(values: Iterable[int]) -> str:
    """What all modes have, or what each has in turn."""
    return "/".join(str(value) for value in dict.fromkeys(values))


def _streams(emitted: Emitted) -> list[tuple[str, str, str]]:
    """Name, direction and meaning of every stream."""
    meanings = notes(emitted.plan, emitted.engine.build.interface)
    return [(s.name, "out" if s.output else "in", meanings[s.name]) for s in emitted.streams]


def _bench(emitted: Emitted, chosen: Chosen, held: tuple[Memory, ...], seed: int) -> dict[str, Any]:
    """What the test bench is filled with."""
    plan, result = emitted.plan, held[-1]
    return {
        "memories": held,
        "sources": held[:-1],
        "result": result,
        "pins": [(port.name, _net(emitted, port, held)) for port in portlist(emitted)],
        "tiles": len(chosen.tiles),
        "freely": len(chosen.freely),
        "stalled": len(chosen.stalled),
        "hold": plan.hold,
        "steps": sum(steps_of(plan, tile) for tile in chosen.freely),
        "pace": plan.pace,
        "cycles": chosen.cycles,
        "drain": max(steps_of(plan, tile) for tile in chosen.tiles) * plan.cycles
        + plan.latency
        + plan.reduction_cycles
        + 16,
        # Any odd number times any other spreads the seed; xorshift must not start from 0.
        "noise": f"{(2 * seed + 1) * 0x9E3779B97F4A7C15 % 2**64:016x}",
        "cols": plan.cols,
        "results_a_tile": len(result.beats) // len(chosen.tiles),
        **_lanes(emitted, result),
    }


def _lanes(emitted: Emitted, result: Memory) -> dict[str, Any]:
    """Where a result's lanes and their flags lie in the bench's vector."""
    stream, field = result.stream, result.stream.fields[0]
    interface = emitted.engine.build.interface
    axis = interface == "axis"
    wide = stream.axis_lane_bits(field)
    return {
        "lanes": field.count,
        "outputs": field.lanes,
        "vectors": field.vectors,
        "bits": wide if axis else field.bits,
        "stride": wide if axis else field.lane_bits,
        "flags": field.flags,
        "flag_base": stream.axis_bits if axis else field.bits,
        "flag_stride": len(field.flags) if axis else field.lane_bits,
        "result_last": has_last(stream, interface),
    }


def _net(emitted: Emitted, port: Port, held: tuple[Memory, ...]) -> str:
    """The expression in the test bench to which a port is connected."""
    if port.role == "clock":
        return "clk"
    if port.role == "reset":
        return "!rst" if port.name == "aresetn" else "rst"
    memory = next(m for m in held if m.stream.name == port.stream)
    if port.role in ("valid", "ready"):
        return f"{port.stream}_{port.role}"
    vector = port.stream if memory.stream.output else f"{port.stream}_beat"
    data = data_bits(memory.stream, emitted.engine.build.interface)
    low = {"data": 0, "user": data, "last": memory.width - 1}[port.role]
    return f"{vector}[{low + port.width - 1}:{low}]"
