"""Mutants of a design: all in one netlist, of which an input chooses one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ...golden.errors import DesignError
from ...hw.text.emit import Emitted
from ...tools import yosys
from ..sliced import Gates, gates

#: The input that chooses a mutant, and its bits; 0 is the core as it is.
SELECT, WIDTH = "mutsel", 14

#: What makes the core flat.
_FLAT = ["memory_collect", "flatten", "opt -fast", "wreduce", "opt_clean -purge"]


@dataclass(frozen=True)
class Mutant:
    """One change: what chooses it, and the command of yosys that makes it."""

    number: int
    command: str

    def __str__(self) -> str:
        mode, cell, port, bit = (
            _found(rf"-{what} (\S+)", self.command) for what in ("mode", "cell", "port", "portbit")
        )
        wire, place = _found(r"-wire (\S+)", self.command), cell.replace("$flatten\\", "")
        wire_bit = _found(r"-wirebit (\d+)", self.command)
        words = f"{mode} {place}.{port}[{bit}]".replace("\\", "")
        return words + (f" ({wire}[{wire_bit}])" if wire else "")


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""


@dataclass(frozen=True)
class Mutated:
    """The core with all its mutants.

    Parameters
    ----------
    netlist : gates, in which the input SELECT chooses a mutant.
    mutants : in the order of their numbers, from 1.
    folder : where ``flat.il`` and ``mutants.il`` stand.
    """

    emitted: Emitted
    netlist: Gates
    mutants: tuple[Mutant, ...]
    folder: Path


def mutated(emitted: Emitted, count: int, seed: int, folder: Path) -> Mutated:
    """``count`` mutants, fewer where there are not so many; a changed clock is none.

    Repeatable by ``seed``. Raises DesignError, ToolMissing, ToolFailed.
    """
    if not 0 < count < 1 << WIDTH:
        raise DesignError(f"mutants are 1 to {(1 << WIDTH) - 1}, got {count}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "core.il").write_text(emitted.rtlil, encoding="utf-8")
    load = ["read_rtlil core.il", f"hierarchy -check -top {emitted.core}", "proc -norom", *_FLAT]
    listed = f"mutate -list {2 * count} -seed {seed} -o list.txt"
    yosys.run([*load, "write_rtlil flat.il", listed], folder, log="list.log")
    lines = (folder / "list.txt").read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if " -port CLK " not in line][:count]
    chosen = [f"{line} -ctrl {SELECT} {WIDTH} {number}" for number, line in enumerate(lines, 1)]
    load = ["read_rtlil flat.il", *chosen, "write_rtlil mutants.il"]
    netlist = gates(load, emitted.core, folder)
    return Mutated(emitted, netlist, tuple(Mutant(n, t) for n, t in enumerate(lines, 1)), folder)
