"""That no result is lost, doubled or made up: what is due, and where results stand."""

from __future__ import annotations

import time

from ...golden.errors import ToolFailed
from ...tools import solvers, yosys
from . import counting as smt
from . import places as found_places
from . import scripts
from .aiger import read
from .claims import OPEN, PROVEN, Claim, state_of
from .monitor import Fact, Term
from .names import best as best_name
from .names import modules as modules_of
from .names import named as names_of
from .tiles import one_each
from .work import Work

#: Latches of which all states can be searched.
FEW = 60

#: Steps of such a search, at most.
DEEP = 300


class Due:
    """The claims ``count`` and ``drain`` of a design.

    Parameters
    ----------
    work : :class:`Work`
    """

    def __init__(self, work: Work):
        self.work = work
        self.wires: dict[int, str] = {}
        self.enables: list[int] = []

    def claims(self) -> list[Claim]:
        """That results are as many as they must be, and come."""
        work = self.work
        begun = time.monotonic()
        what = (
            "no result is lost, doubled or made up: what is due is what was taken, less what came"
        )
        yosys.run(scripts.graph("due", work.cells), work.folder, log="due.log")
        if not self._placed():
            return [self._reached(begun, what)]
        splits = self._splits()
        work.write()
        try:
            done = self._induct(splits)
        except ToolFailed:
            done = False
        if not done:
            work.scripts.pop("model", None)  # nothing of it is to be proven again
            work.terms, work.facts = None, []
            work.write()
            return [self._reached(begun, what)]
        method = (
            "induction over one cycle (z3), registers that hold what is due found by simulation"
        )
        claims = [Claim("count", what, PROVEN, method, 0, round(time.monotonic() - begun, 1))]
        return [*claims, self._drained()]

    def _placed(self) -> bool:
        """Look for where results stand; whether it is known then."""
        work = self.work
        graph = read(work.folder / "due.aig")
        names, flipped, self.wires, inputs = names_of(work.folder / "due.map")
        resets = [number for number, name in inputs.items() if name == "rst"]
        self.enables = found_places.enables(graph, resets)
        bits = {name[1]: n for n, known in names.items() for name in known if name[0] == "due"}
        count = [bits[bit] for bit in sorted(bits)]
        if not count or count[0] is None:
            return False
        best = {n: name for n, known in names.items() if (name := best_name(known))}
        own = [n for n in sorted(best) if n not in count]
        homes = {n: best[n][0].rpartition(".")[0] for n in own if n not in flipped}
        sure = one_each(names, homes) if work.tiles and work.tiles.mark is not None else {}
        found = found_places.places(graph, count, homes, resets, sure)
        if found is None:
            return False
        near = [n for place in found if len(place) > 1 for n in place]
        modules = modules_of({n: names[n] for n in own})
        excluded = found_places.exclusions(graph, own, resets, near, modules)

        work.terms = [Term(w, tuple(best[n] for n in place)) for place, w in found.items()]
        work.facts = [
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
        work = self.work
        assert work.terms is not None
        if work.facts:
            work.facts = self._kept()
            work.write()
        yosys.run(
            scripts.model("model", work.cells, work.terms, work.facts),
            work.folder,
            log="model.log",
        )
        work.scripts["model"] = scripts.model("model", work.cells, work.terms, work.facts)
        model = (work.folder / "model.smt2").read_text(encoding="utf-8")
        splits = [name for name in splits if f"|streams_n {name}|" in model]
        text = smt.proof(work.counting, work.terms, work.facts, splits)
        (work.folder / "count.smt2").write_text(text, encoding="utf-8")
        (work.folder / "whole.smt2").write_text(model + text, encoding="utf-8")
        answers = solvers.z3(work.folder / "whole.smt2", work.seconds)
        return answers == ["unsat"] * smt.answers(splits)

    def _kept(self) -> list[Fact]:
        """The facts that hold at the start, and that all together keep in every cycle."""
        work = self.work
        assert work.terms is not None
        yosys.run(
            scripts.model("trial", work.cells, work.terms, work.facts),
            work.folder,
            log="trial.log",
        )
        model = (work.folder / "trial.smt2").read_text(encoding="utf-8")
        kept = list(range(len(work.facts)))
        while kept:
            text = model + smt.trial(work.facts, kept)
            (work.folder / "whole.smt2").write_text(text, encoding="utf-8")
            answers = solvers.z3(work.folder / "whole.smt2", work.seconds)
            if len(answers) < 2 * len(kept):
                return []
            both = zip(kept, answers, answers[len(kept) :], strict=False)
            left = [n for n, start, step in both if start == step == "unsat"]
            if left == kept:
                break
            kept = left
        return [work.facts[n] for n in kept]

    def _reached(self, begun: float, what: str) -> Claim:
        """The count by a search through all states, or as deep as time allows."""
        work = self.work
        method = "bounded search from reset (abc bmc3)"
        found = work.ask("count", f"bmc3,-T,{max(work.seconds // 2, 5)}")
        latches = len(read(work.folder / "count.aig").latches)
        if not found.refuted and latches <= FEW:
            searched = work.ask("count", f"reach,-F,{DEEP}")
            if searched.proven:
                method, found = "search through all states (abc reach)", searched
        cycles = 0 if found.proven else found.cycles
        return Claim(
            "count", what, state_of(found), method, cycles, round(time.monotonic() - begun, 1)
        )

    def _drained(self) -> Claim:
        """That everything comes out once nothing more goes in."""
        work = self.work
        assert work.terms is not None
        begun = time.monotonic()
        what = (
            "what was taken comes out: after so many cycles in which no step is offered, results "
            "are taken and other sources offer, nothing is due"
        )
        for cycles in (work.emitted.hardware.drain + 4, work.rest):
            commands = scripts.drained(work.cells, work.terms, work.facts, cycles, work.seconds)
            try:
                yosys.run(commands, work.folder, log="drain.log")
            except ToolFailed:
                continue
            work.scripts["drain"] = commands
            work.asserting = [*work.asserting, "drain"]
            state, bound = PROVEN, cycles
            break
        else:
            state, bound = OPEN, 0
        seconds = round(time.monotonic() - begun, 1)
        return Claim("drain", what, state, "SAT from any state (yosys sat)", bound, seconds)
