"""Proves a user's module: what its streams promise, and that its answers are ours."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ...golden.errors import ToolFailed
from ...hw.text.emit import emit
from ...tools import solvers, yosys
from ...tools.progress import Step, Told, quiet
from ..models import cell_models
from ..proof import scripts
from ..proof.aiger import read
from ..proof.certificate import SECONDS
from ..proof.claims import BOUNDED, OPEN, PLAIN, PROVEN, REFUTED, Certificate, Claim, state_of
from ..proof.due import DEEP, FEW
from ..proof.monitor import monitor
from ..proof.rates import counting_of
from .candidate import Candidate
from .counterexample import Counterexample, replayed, settled
from .hardware import PATIENCE
from .scenario import TOP, Scenario, shortest

#: Vectors where nothing is proven, unless it is said how many there were.
INSTEAD = "those of macsmith verify --as"

#: Files beside those of every certificate.
OURS, ANSWERS = "ours.v", "answers_{}.v"

#: What is claimed of answers: name -> words, and whether sources and sink may pause.
CLAIMS = {
    "answer": ("the result of {} is ours, whatever the operands, where nobody pauses", False),
    "lanes": (
        "{} gives what ours does, with any operands in any one lane and zeros in others",
        False,
    ),
    "sequence": ("the results of {} are ours, whatever the operands, where nobody pauses", False),
    "pauses": (
        "the results of {}, of fixed operands, are ours, one by one, none lost and none twice, "
        "whoever pauses and for how long",
        True,
    ),
}

COUNT = "no result is lost, doubled or made up: what is due is what was taken, less what came"

#: Cycles in which results of a few reductions come.
_LONG = 1 << 9

_SAT = "SAT over all cycles (abc frames, iprove)"
_CASES = "decision diagram of all cases (abc frames, collapse)"
_PDR = "property-directed reachability (abc pdr)"
_BMC = "bounded search from reset (abc bmc3)"


@dataclass
class Proof:
    """A certificate, and a run for each claim that is refuted."""

    certificate: Certificate
    runs: dict[str, Counterexample]


def prove(
    candidate: Candidate,
    folder: Path,
    *,
    seconds: int = SECONDS,
    instead: str = INSTEAD,
    progress: Told = quiet,
) -> Proof:
    """Prove what can be of a user's module, in ``folder``, where all files stay.

    Parameters
    ----------
    seconds : that a question of a solver may take; it ends after twice as many at the latest.
    instead : the vectors that it got where nothing is proven, in words.
    progress : is told each claim as its proof begins.

    Raises ToolMissing, ToolFailed.
    """
    return _Work(candidate, folder, seconds, instead, progress).proof()


class _Work:
    """One module in one folder."""

    def __init__(
        self, candidate: Candidate, folder: Path, seconds: int, instead: str, progress: Told
    ):
        self.candidate, self.folder, self.seconds = candidate, folder, seconds
        self.instead = instead
        self.guest, self.progress = candidate.guest, progress
        self.ours = emit(self.guest.design)
        self.told = Certificate(self.guest.name)
        self.runs: dict[str, Counterexample] = {}
        self.scripts: dict[str, list[str]] = {}
        self.texts: dict[str, str] = {}
        self.cells = cell_models(self.ours)
        folder.mkdir(parents=True, exist_ok=True)
        self._keep(OURS, self.ours.verilog)
        if self.cells:
            self._keep(scripts.CELLS, "".join(self.cells.values()))
        (folder / "core.il").write_text(candidate.emitted.rtlil, encoding="utf-8")
        writing = ["read_rtlil core.il", f"write_verilog -noattr {scripts.CORE}"]
        yosys.run(writing, folder, log="reading.log")
        self.texts[scripts.CORE] = (folder / scripts.CORE).read_text(encoding="utf-8")

    def _keep(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")
        self.texts[name] = text

    def proof(self) -> Proof:
        alone, several, many = (
            Scenario(self.guest, self.ours, one) for one in shortest(self.guest)
        )
        slowest = [self._answer("answer", alone)]
        if self.told.claims[0].state == OPEN and slowest[0] is not None and alone.by_lanes:
            self._answer("lanes", replace(alone, alone=True))
        if several.steps > alone.steps and not self.runs and self.told.claims[0].state == PROVEN:
            slowest.append(self._answer("sequence", several))
        known = [cycles for cycles in slowest if cycles is not None]
        output = self.candidate.fit.output
        if known and (output.ready or output.valid) and not self.runs:
            more = many.tried.longest(many.trials) * len(many.trials)
            self._answer("pauses", replace(many, fixed=True), limit=max(known) + more + 8)
        if known and self.guest.outlasted >= PATIENCE:
            self.guest.outlasted = max(known)
        if self.guest.outlasted < PATIENCE:
            self._promises()
        files = {f"{name}.ys": "\n".join(asked) + "\n" for name, asked in self.scripts.items()}
        self.told.files = {**self.texts, **files}
        return Proof(self.told, self.runs)

    # What streams promise, in runs of any length.

    def _promises(self) -> None:
        output, counting = self.candidate.fit.output, counting_of(self.guest)
        quiet = self.guest.drain + 8
        text = monitor(f"{self.guest.name}_core", self.guest.streams, counting, quiet, quiet,
                       held=True)  # fmt: skip
        self._keep(scripts.MONITOR, text)
        for name in ("valid", "payload") if output.ready else ():
            self._told(name)
            begun = time.monotonic()
            found = self._asked(name, f"pdr,-T,{self.seconds}")
            self._claim(name, PLAIN[name], found, _PDR, begun)
        if output.valid:
            self._told("count")
            begun, method = time.monotonic(), "search through all states (abc reach)"
            found = solvers.Answer(False, False, 0)
            if self._latches("count") <= FEW:
                found = self._asked("count", f"reach,-F,{DEEP}")
            if not found.proven and not found.refuted:
                method, found = _BMC, self._asked("count", f"bmc3,-T,{self.seconds}")
            self._claim("count", COUNT, found, method, begun)

    def _latches(self, name: str) -> int:
        yosys.run(scripts.graph(name, False), self.folder, log=f"{name}.log")
        return len(read(self.folder / f"{name}.aig").latches)

    def _asked(self, name: str, method: str) -> solvers.Answer:
        """What abc says of a claim: where memories may give anything, and if that breaks it, as
        they are."""
        for cut in (True, False):
            commands = [*scripts.graph(name, False, cut=cut), *solvers.asking(name, method)]
            self.scripts[name] = commands
            found = self._answered(name, commands)
            if not found.refuted:
                break
        return found

    def _answered(self, name: str, commands: list[str]) -> solvers.Answer:
        """What a script finds; neither where it takes too long."""
        (self.folder / f"{name}.status").unlink(missing_ok=True)
        try:
            yosys.run(commands, self.folder, log=f"{name}.log", seconds=2 * self.seconds)
            return solvers.answer(self.folder / f"{name}.status")
        except ToolFailed:
            return solvers.Answer(False, False, 0)

    def _claim(
        self, name: str, what: str, found: solvers.Answer, method: str, begun: float
    ) -> None:
        state = state_of(found)
        self.told.claims.append(
            Claim(
                name,
                what,
                state,
                method,
                0 if found.proven else found.cycles,
                round(time.monotonic() - begun, 1),
                self.instead if state in (OPEN, BOUNDED) else "",
            )
        )

    # Answers.

    def _answer(self, name: str, scenario: Scenario, limit: int = 0) -> int | None:
        """Whether results are ours; the cycle in which all have come where nobody pauses."""
        self._told(name)
        begun, (words, stalls) = time.monotonic(), CLAIMS[name]
        what = words.format(_named(scenario))
        if scenario.bound and not scenario.fixed:
            what += f"; {', '.join(scenario.bound)} as drawn, not whatever they may be"
        self._keep(ANSWERS.format(name), scenario.verilog(stalls=stalls, limit=limit))
        graph = self._graph(name)
        yosys.run(graph, self.folder, log=f"{name}_graph.log")
        cycles = limit
        if not stalls:
            found_at = settled(self.folder, name, scenario, _LONG)
            if found_at is None:
                self._claim(f"{name}", f"{what}; results do not come within {_LONG} cycles",
                            solvers.Answer(False, False, 0), _SAT, begun)  # fmt: skip
                return None
            cycles = found_at
        cases = "collapse,-B,100000000;strash;" if scenario.alone else ""
        unrolled = f"frames,-i,-F,{cycles + 1};cone,-a,-O,{cycles};strash;{cases}iprove"
        method = _PDR if stalls else _CASES if scenario.alone else _SAT
        asked = solvers.asking(name, f"pdr,-T,{self.seconds}" if stalls else unrolled)
        self.scripts[name] = [*graph, *asked]
        found = self._answered(name, asked)
        if stalls and not found.proven and not found.refuted:
            method = _BMC
            found = self._answered(name, solvers.asking(name, f"bmc3,-T,{self.seconds}"))
            if not found.refuted and found.cycles < limit:  # no result can have been missed yet
                found = solvers.Answer(False, False, 0)
        if found.refuted:
            run = replayed(self.folder, name, scenario, cycles)
            if run.confirmed:
                self.runs[name] = run
            else:
                found = solvers.Answer(False, False, 0)
        self._claim(name, what, found, method, begun)
        return cycles

    def _graph(self, name: str) -> list[str]:
        """Both modules under the same beats as an and-inverter graph."""
        return [
            *([f"read_verilog {scripts.CELLS}"] if self.cells else []),
            *(f"read_verilog {scripts.CORE}", f"read_verilog {OURS}"),
            f"read_verilog -formal {ANSWERS.format(name)}",
            *(f"hierarchy -top {TOP}", "proc", "flatten", "memory_map", scripts.ANYTHING),
            *("opt_clean", "async2sync", "chformal -lower", *scripts.GATES),
            *(scripts.ANYTHING, "aigmap", "opt_clean"),
            f"write_aiger -zinit -vmap {name}.map {name}.aig",
        ]

    def _told(self, name: str) -> None:
        size = len(self.ours.rtlil) + len(self.candidate.emitted.rtlil)
        self.progress(Step(f"proving {name} of {self.guest.name}", "prove", size))


def _named(scenario: Scenario) -> str:
    """What is sent, in words."""
    kind, tried = scenario.tried.trial, scenario.tried
    counts = [tried.steps([trial]) for trial in scenario.trials]
    if len(counts) > 2:
        return f"{len(counts)} {kind} of {', '.join(map(str, counts[:-1]))} and {counts[-1]} steps"
    return " and then ".join(
        f"a {kind.removesuffix('s')} of {n} step{'s' * (n != 1)}" for n in counts
    )


def refuted(found: Proof) -> Mapping[str, str]:
    """The claims that some run breaks, and that run in words."""
    return {
        claim.name: str(found.runs[claim.name])
        if claim.name in found.runs
        else f"{claim.what}: broken in cycle {claim.cycles}"
        for claim in found.certificate.claims
        if claim.state == REFUTED
    }
