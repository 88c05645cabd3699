"""That a mapped netlist is the core: module by module, in every run from power-up."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...golden.errors import ToolFailed
from ...tools import solvers, yosys
from ...tools.progress import Step, Told, quiet
from . import scripts
from .claims import BOUNDED, OPEN, PROVEN, REFUTED, Claim, state_of

MAPPED = "mapped.v"

METHOD = "sequential equivalence, module by module (abc scorr, pdr)"


@dataclass(frozen=True)
class Mapped:
    """A core after synthesis.

    Parameters
    ----------
    board : what it was mapped for.
    verilog : the netlist: the core and ``kept``, whose instances have the names that they had.
    kept : modules that synthesis left apart.
    models : yosys's own files with the cells of the family, such as ``+/xilinx/cells_sim.v``.
    """

    board: str
    verilog: str
    kept: tuple[str, ...]
    models: tuple[str, ...]


def netlist(
    core: str,
    mapped: Mapped,
    folder: Path,
    *,
    cells: bool,
    seconds: int,
    progress: Told = quiet,
) -> tuple[Claim, dict[str, list[str]]]:
    """Whether each module of a netlist does what it does in the core; and the scripts, by name.

    In each module, others that it holds are cut out: what they give may be anything, and what they
    get is compared. So the whole is equal where all modules are.

    Parameters
    ----------
    core : name of the core, whose Verilog lies in ``folder``.
    cells : whether the maker's cells that it instantiates lie there, too.
    seconds : that may pass until what is alike is found in a module, and then in its search.
    """
    begun = time.monotonic()
    (folder / MAPPED).write_text(mapped.verilog, encoding="utf-8")
    modules = [core, *mapped.kept]
    asked, found = dict[str, list[str]](), dict[str, tuple[str, int]]()
    for number, module in enumerate(modules):
        progress(Step(f"proving the netlist of {module}", "prove", len(mapped.verilog)))
        name = f"netlist_{number}"
        asked[name] = [*_miter(name, module, modules, mapped, cells), *_question(name, seconds)]
        found[module] = _answered(name, asked[name], folder, seconds)
    state = _worst([state for state, _ in found.values()])
    what = f"the netlist for the {mapped.board} gives what the core gives, in every cycle"
    if open_ones := [module for module, (each, _) in found.items() if each != PROVEN]:
        what += f"; {len(modules) - len(open_ones)} of {len(modules)} modules are proven, not "
        what += ", ".join(open_ones)
    cycles = min((count for each, count in found.values() if each == state), default=0)
    spent = round(time.monotonic() - begun, 1)
    return Claim("netlist", what, state, METHOD, 0 if state == PROVEN else cycles, spent), asked


def _answered(name: str, commands: list[str], folder: Path, seconds: int) -> tuple[str, int]:
    """The state of a module, and its cycles."""
    (folder / f"{name}.status").unlink(missing_ok=True)
    try:
        yosys.run(commands, folder, log=f"{name}.log", seconds=2 * seconds)
        answer = solvers.answer(folder / f"{name}.status")
    except ToolFailed:  # no time left, ports that synthesis changed, cells without a model
        return OPEN, 0
    return state_of(answer), answer.cycles


def _worst(states: Sequence[str]) -> str:
    return next((state for state in (REFUTED, OPEN, BOUNDED) if state in states), PROVEN)


def _miter(
    name: str, module: str, modules: Sequence[str], mapped: Mapped, cells: bool
) -> list[str]:
    """A graph whose output says that a module of the core and its netlist differ."""
    others = [other for other in modules if other != module]
    known = [f"read_verilog -lib {scripts.CELLS}"] if cells else []
    known += [f"read_verilog -defer -overwrite {model}" for model in mapped.models]
    cut = [f"blackbox {' '.join(others)}"] if others else []

    def side(source: str, called: str) -> list[str]:
        return [
            *known,
            f"read_verilog {source}",
            *(*cut, f"hierarchy -top {module}", "proc", "flatten", "memory_map", "opt_clean"),
            *(f"expose -evert {module}/c:*", f"rename {module} {called}"),
            *(f"design -save {called}_side", "design -reset"),
        ]

    return [
        *side(scripts.CORE, "gold"),
        *side(MAPPED, "gate"),
        *("design -load gold_side", "design -import gate_side -as gate gate"),
        *("miter -equiv -flatten gold gate miter", "hierarchy -top miter", "async2sync"),
        *("opt -fast", "techmap", "setundef -zero", *scripts.GATES, "aigmap"),
        f"write_aiger -zinit {name}.aig",
    ]


def _question(name: str, seconds: int) -> list[str]:
    """Latches and gates that are always alike become one, which most often leaves nothing: then
    ``sat`` says so, else ``pdr`` searches for a difference."""
    return solvers.asking(name, f"scorr;pdr,-T,{seconds};sat")
