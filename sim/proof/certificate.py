"""Proves what the streams of a design promise, and keeps how."""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path

from ...golden.errors import ToolFailed
from ...hw.engine.hardware import EngineHardware
from ...hw.text.emit import Emitted
from ...tools import solvers, yosys
from ...tools.progress import Step, Told, quiet
from ..models import cell_models
from . import counting as smt
from . import places as found_places
from . import scripts
from .aiger import read
from .claims import OPEN, ORDER, PLAIN, PROVEN, Certificate, Claim, state_of
from .marks import marks_of
from .monitor import Counting, Fact, Term, monitor
from .names import best as best_name
from .names import modules as modules_of
from .names import named as names_of
from .netlist import MAPPED, Mapped, netlist
from .rates import counting_of, resting
from .tiles import one_each, tiles_of
from .values import CLAIMS as VALUES
from .values import INSTEAD, prove_values

#: Seconds that one question may take.
SECONDS = 60

#: Latches of which all states can be searched.
FEW = 60

#: Steps of such a search, at most.
DEEP = 300


def prove(
    emitted: Emitted,
    folder: Path,
    *,
    core: str | None = None,
    seconds: int = SECONDS,
    only: Collection[str] = (*PLAIN, "order", "count", *VALUES),
    mapped: Mapped | None = None,
    progress: Told = quiet,
) -> Certificate:
    """Prove the claims of ``emitted`` in ``folder``, where all files stay.

    Parameters
    ----------
    core : other Verilog for the core.
    seconds : that one question of a solver may take.
    only : which claims; ``drain`` comes with ``count``.
    mapped : the core after synthesis, which is proven to be the core.
    progress : is told each claim as its proof begins.

    Raises ToolMissing, ToolFailed.
    """
    solvers.z3_program()
    work = _Work(emitted, folder, core or emitted.verilog, seconds)
    told = Certificate(emitted.name)
    names = [name for name in PLAIN if name in only and (name != "last" or work.counting.marked)]
    for name in names:
        progress(Step(f"proving {name} of {emitted.name}", "prove", len(emitted.rtlil)))
        told.claims.append((work.lasting() if name == "last" else None) or work.plain(name))
    if "order" in only and work.engine:
        progress(Step(f"proving order of {emitted.name}", "prove", len(emitted.rtlil)))
        told.claims.append(work.ordered())
    if "count" in only:
        progress(Step(f"proving count of {emitted.name}", "prove", len(emitted.rtlil)))
        told.claims += work.counted()
    if chosen := [name for name in VALUES if name in only and work.engine]:
        valued = prove_values(
            emitted, folder, cells=work.cells, seconds=seconds, only=chosen, progress=progress
        )
        told.claims += valued.claims
        told.checks = valued.checks
        work.scripts |= valued.scripts
        work.monitors = valued.monitors
    if mapped is not None:
        claim, asked = netlist(
            emitted.core, mapped, folder, cells=work.cells, seconds=seconds, progress=progress
        )
        told.claims.append(claim)
        work.scripts |= asked
    told.files, told.asserting = work.files(), work.asserting
    return told


class _Work:
    """One design in one folder."""

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
        self.wires: dict[int, str] = {}
        self.enables: list[int] = []
        self.facts: list[Fact] = []
        folder.mkdir(parents=True, exist_ok=True)
        (folder / scripts.CORE).write_text(core, encoding="utf-8")
        if cells:
            (folder / scripts.CELLS).write_text("".join(cells.values()), encoding="utf-8")
        self.engine = isinstance(emitted.hardware.alone, EngineHardware)
        self.scripts: dict[str, list[str]] = {}
        self.asserting: list[str] = []
        self.monitors: dict[str, str] = {}
        self._write()

    def _write(self) -> None:
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

    def plain(self, name: str) -> Claim:
        """A claim that property-directed reachability proves."""
        begun = time.monotonic()
        seconds = self.seconds // 4 if name == "last" else self.seconds
        found = self._asked(name, f"pdr,-T,{seconds}")
        cycles = self.limit if name == "progress" and found.proven else found.cycles
        return Claim(
            name,
            PLAIN[name],
            state_of(found),
            "property-directed reachability (abc pdr)",
            0 if found.proven and name != "progress" else cycles,
            round(time.monotonic() - begun, 1),
        )

    def lasting(self) -> Claim | None:
        """``last`` by lemmas of where results of a tile are; None where they do not prove it."""
        begun = time.monotonic()
        if self.tiles is None:
            return None
        commands = scripts.staged(self.cells, self.tiles, self.seconds)
        try:
            yosys.run(commands, self.folder, log="last.log")
        except ToolFailed:  # also where registers have other names
            return None
        self.scripts["last"], self.asserting = commands, [*self.asserting, "last"]
        method = "induction over one cycle (yosys sat), with lemmas of each stage"
        seconds = round(time.monotonic() - begun, 1)
        return Claim("last", PLAIN["last"], PROVEN, method, 0, seconds)

    def ordered(self) -> Claim:
        """That results come in the order of their reductions."""
        method = "property-directed reachability (abc pdr) with marked data"
        if self.marks is None:
            what = f"{ORDER}; not tried: {self.unmarked}"
            return Claim("order", what, OPEN, method, 0, 0.0, INSTEAD)
        begun = time.monotonic()
        found = self._asked("order", f"pdr,-T,{self.seconds}")
        cycles, seconds = 0 if found.proven else found.cycles, time.monotonic() - begun
        return Claim("order", ORDER, state_of(found), method, cycles, round(seconds, 1))

    def _asked(self, name: str, method: str) -> solvers.Answer:
        """What abc says of a claim: with cuts, and where these break it, without them."""
        for cut in (True, False):
            commands = scripts.graph(name, self.cells, cut=cut)
            yosys.run(commands, self.folder, log=f"{name}.log")
            found = solvers.abc(name, method, self.folder)
            if not found.refuted:
                break
        self.scripts[name] = [*commands, *solvers.asking(name, method)]
        return found

    def counted(self) -> list[Claim]:
        """That results are as many as they must be, and come."""
        begun = time.monotonic()
        what = (
            "no result is lost, doubled or made up: what is due is what was taken, less what came"
        )
        yosys.run(scripts.graph("due", self.cells), self.folder, log="due.log")
        if not self._placed():
            return [self._reached(begun, what)]
        splits = self._splits()
        self._write()
        try:
            done = self._induct(splits)
        except ToolFailed:
            done = False
        if not done:
            self.scripts.pop("model", None)  # nothing of it is to be proven again
            self.terms, self.facts = None, []
            self._write()
            return [self._reached(begun, what)]
        method = (
            "induction over one cycle (z3), registers that hold what is due found by simulation"
        )
        claims = [Claim("count", what, PROVEN, method, 0, round(time.monotonic() - begun, 1))]
        return [*claims, self._drained()]

    def _placed(self) -> bool:
        """Look for where results stand; whether it is known then."""
        graph = read(self.folder / "due.aig")
        names, flipped, self.wires, inputs = names_of(self.folder / "due.map")
        resets = [number for number, name in inputs.items() if name == "rst"]
        self.enables = found_places.enables(graph, resets)
        bits = {name[1]: n for n, known in names.items() for name in known if name[0] == "due"}
        count = [bits[bit] for bit in sorted(bits)]
        if not count or count[0] is None:
            return False
        best = {n: name for n, known in names.items() if (name := best_name(known))}
        own = [n for n in sorted(best) if n not in count]
        homes = {n: best[n][0].rpartition(".")[0] for n in own if n not in flipped}
        sure = one_each(names, homes) if self.tiles and self.tiles.mark is not None else {}
        found = found_places.places(graph, count, homes, resets, sure)
        if found is None:
            return False
        near = [n for place in found if len(place) > 1 for n in place]
        modules = modules_of({n: names[n] for n in own})
        excluded = found_places.exclusions(graph, own, resets, near, modules)

        self.terms = [Term(w, tuple(best[n] for n in place)) for place, w in found.items()]
        self.facts = [
            Fact(tuple(best[n] for n, _ in item), tuple(v ^ (n in flipped) for n, v in item))
            for item in excluded
        ]
        return True

    def _splits(self) -> list[str]:
        """Wires whose values tell whether registers move."""
        chosen = [self.wires[item] for item in self.enables if item in self.wires]
        return ["rst", *chosen[:5]]

    def _induct(self, splits: list[str]) -> bool:
        """Whether one cycle keeps the count, with those facts that keep themselves."""
        assert self.terms is not None
        if self.facts:
            self.facts = self._kept()
            self._write()
        yosys.run(
            scripts.model("model", self.cells, self.terms, self.facts),
            self.folder,
            log="model.log",
        )
        self.scripts["model"] = scripts.model("model", self.cells, self.terms, self.facts)
        model = (self.folder / "model.smt2").read_text(encoding="utf-8")
        splits = [name for name in splits if f"|streams_n {name}|" in model]
        text = smt.proof(self.counting, self.terms, self.facts, splits)
        (self.folder / "count.smt2").write_text(text, encoding="utf-8")
        (self.folder / "whole.smt2").write_text(model + text, encoding="utf-8")
        answers = solvers.z3(self.folder / "whole.smt2", self.seconds)
        return answers == ["unsat"] * smt.answers(splits)

    def _kept(self) -> list[Fact]:
        """The facts that hold at the start, and that all together keep in every cycle."""
        assert self.terms is not None
        yosys.run(
            scripts.model("trial", self.cells, self.terms, self.facts),
            self.folder,
            log="trial.log",
        )
        model = (self.folder / "trial.smt2").read_text(encoding="utf-8")
        kept = list(range(len(self.facts)))
        while kept:
            text = model + smt.trial(self.facts, kept)
            (self.folder / "whole.smt2").write_text(text, encoding="utf-8")
            answers = solvers.z3(self.folder / "whole.smt2", self.seconds)
            if len(answers) < 2 * len(kept):
                return []
            both = zip(kept, answers, answers[len(kept) :], strict=False)
            left = [n for n, start, step in both if start == step == "unsat"]
            if left == kept:
                break
            kept = left
        return [self.facts[n] for n in kept]

    def _reached(self, begun: float, what: str) -> Claim:
        """The count by a search through all states, or as deep as time allows."""
        method = "bounded search from reset (abc bmc3)"
        found = self._asked("count", f"bmc3,-T,{max(self.seconds // 2, 5)}")
        latches = len(read(self.folder / "count.aig").latches)
        if not found.refuted and latches <= FEW:
            searched = self._asked("count", f"reach,-F,{DEEP}")
            if searched.proven:
                method, found = "search through all states (abc reach)", searched
        cycles = 0 if found.proven else found.cycles
        return Claim(
            "count", what, state_of(found), method, cycles, round(time.monotonic() - begun, 1)
        )

    def _drained(self) -> Claim:
        """That everything comes out once nothing more goes in."""
        assert self.terms is not None
        begun = time.monotonic()
        what = (
            "what was taken comes out: after so many cycles in which no step is offered, results "
            "are taken and other sources offer, nothing is due"
        )
        for cycles in (self.emitted.hardware.drain + 4, self.rest):
            commands = scripts.drained(self.cells, self.terms, self.facts, cycles, self.seconds)
            try:
                yosys.run(commands, self.folder, log="drain.log")
            except ToolFailed:
                continue
            self.scripts["drain"], self.asserting = commands, [*self.asserting, "drain"]
            state, bound = PROVEN, cycles
            break
        else:
            state, bound = OPEN, 0
        seconds = round(time.monotonic() - begun, 1)
        return Claim("drain", what, state, "SAT from any state (yosys sat)", bound, seconds)

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
