"""A design whose claims are proven in a folder: its files, and what solvers are asked."""

from __future__ import annotations

from pathlib import Path

from ...hw.engine.hardware import EngineHardware
from ...hw.text.emit import Emitted
from ...tools import solvers, yosys
from ..models import cell_models
from . import scripts
from .marks import marks_of
from .monitor import Counting, Fact, Term, monitor
from .netlist import MAPPED
from .rates import counting_of, resting
from .tiles import tiles_of


class Work:
    """One design in one folder.

    Parameters
    ----------
    folder : where all files stay.
    core : Verilog of its core.
    seconds : that one question of a solver may take.

    Attributes
    ----------
    scripts, monitors, asserting : what checks the claims again: commands and texts by name; and
        the scripts that assert by themselves.
    """

    def __init__(self, emitted: Emitted, folder: Path, core: str, seconds: int):
        self.emitted, self.folder, self.seconds = emitted, folder, seconds
        self.counting: Counting = counting_of(emitted.hardware)
        hardware = emitted.hardware
        self.limit = hardware.drain + 8
        self.rest = resting(hardware)
        self.marks, self.unmarked = marks_of(hardware)
        self.tiles = tiles_of(hardware) if self.counting.marked else None
        cells = cell_models(emitted)
        self.cells = bool(cells)
        self.terms: list[Term] | None = None
        self.facts: list[Fact] = []
        folder.mkdir(parents=True, exist_ok=True)
        (folder / scripts.CORE).write_text(core, encoding="utf-8")
        if cells:
            (folder / scripts.CELLS).write_text("".join(cells.values()), encoding="utf-8")
        self.engine = isinstance(emitted.hardware.alone, EngineHardware)
        self.scripts: dict[str, list[str]] = {}
        self.asserting: list[str] = []
        self.monitors: dict[str, str] = {}
        self.write()

    def write(self) -> None:
        """The monitor, with what is known of it by now."""
        text = monitor(
            self.emitted.core,
            self.emitted.streams,
            self.counting,
            self.limit,
            self.rest,
            self.terms,
            self.facts,
            self.marks,
            self.tiles,
        )
        (self.folder / scripts.MONITOR).write_text(text, encoding="utf-8")

    def ask(self, name: str, method: str) -> solvers.Answer:
        """What abc says of a claim: with cuts, and where these break it, without them."""
        for cut in (True, False):
            commands = scripts.graph(name, self.cells, cut=cut)
            yosys.run(commands, self.folder, log=f"{name}.log")
            found = solvers.abc(name, method, self.folder)
            if not found.refuted:
                break
        self.scripts[name] = [*commands, *solvers.asking(name, method)]
        return found

    def files(self) -> dict[str, str]:
        """What checks the claims again, by name."""
        kept = [scripts.CORE, scripts.MONITOR, *([scripts.CELLS] if self.cells else [])]
        if "model" in self.scripts:
            kept.append("count.smt2")
        if (self.folder / MAPPED).exists():
            kept.append(MAPPED)
        texts = {name: (self.folder / name).read_text(encoding="utf-8") for name in kept}
        texts |= self.monitors
        for name, commands in self.scripts.items():
            texts[f"{name}.ys"] = "\n".join(commands) + "\n"
        return texts
