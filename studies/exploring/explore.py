"""Every format over a budget: foreseen first, then synthesis for what is on the front."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from ...boards import Board
from ...golden.errors import DesignError
from ...library import cost
from ...report import Report
from ...tools.progress import Told, quiet
from ..accuracy import Data, accuracy, drawn
from ..candidates import Candidate, Shape, buildable, shapes
from ..exchange import exchange
from ..front import front
from ..prediction.foresee import Foreseen, foreseen, load
from .judges import Judge
from .losses import Losses
from .outer import scaled
from .space import ACTIVATIONS, SCHEMES, Choice, choices


@dataclass(frozen=True)
class Space:
    """What is explored.

    Parameters
    ----------
    board, macs, k, policy : as of a comparison; one policy.
    bits : of the weights' elements.
    activations, schemes : by name, as of :func:`.space.choices`.
    budget : greatest cost; None for any.
    dsp_sites : LUT sites that a DSP block counts; None: the board's.
    seed : of data that are drawn.
    """

    board: Board
    macs: int = 256
    k: int = 4096
    policy: str = "lut"
    bits: tuple[int, ...] = (3, 4, 5, 6, 7, 8)
    activations: tuple[str, ...] = ACTIVATIONS
    schemes: tuple[str, ...] = tuple(SCHEMES)
    budget: float | None = None
    dsp_sites: float | None = None
    seed: int = 1

    @property
    def exchange(self) -> float:
        """Sites that a DSP block counts."""
        return exchange(self.board) if self.dsp_sites is None else self.dsp_sites

    @property
    def shape(self) -> Shape:
        """16 lanes and a square where these make the MACs."""
        return next(shapes(self.macs))


@dataclass(frozen=True)
class Explored:
    """A design of the space.

    Parameters
    ----------
    choice : what it is.
    candidate : the engine.
    foreseen : its cost, from its plan.
    lost : dB by name of the data; on the front of the golden model, else of quantization alone.
    exchange : sites that a DSP block counts.
    report : its cost, where it was synthesized.
    scores : what networks tell of it, by name, where they were asked.
    """

    choice: Choice
    candidate: Candidate
    foreseen: Foreseen
    lost: Mapping[str, float]
    exchange: float
    report: Report | None = None
    scores: Mapping[str, float] = field(default_factory=dict)

    @property
    def cost(self) -> float:
        """Sites and DSP blocks: counted where it was synthesized, else foreseen."""
        if self.report is None:
            return self.foreseen.sites + self.exchange * self.foreseen.dsp
        used = self.report.cost.resources
        return float(used["sites"] + self.exchange * used.get("dsp", 0))

    @property
    def error(self) -> float | None:
        """By what the foreseen cost was off; None where nothing was counted."""
        if self.report is None:
            return None
        return (self.foreseen.sites + self.exchange * self.foreseen.dsp) / self.cost - 1

    @property
    def per_mac(self) -> float:
        """Cost for each MAC a cycle."""
        return self.cost / self.foreseen.rate


@dataclass(frozen=True)
class Found:
    """What an exploration gave.

    Parameters
    ----------
    space : what was explored.
    data : what accuracies are of.
    every : all designs that can be built within the budget.
    refused : why others cannot, and how many.
    over : designs over the budget.
    judges : networks that were asked about what is on a front.
    """

    space: Space
    data: tuple[Data, ...]
    every: tuple[Explored, ...]
    refused: Mapping[str, int] = field(default_factory=dict)
    over: int = 0
    judges: tuple[Judge, ...] = ()

    @cached_property
    def fronts(self) -> dict[str, list[Explored]]:
        """By data: what nothing beats, the cheapest first."""
        return {data.name: on_front(self.every, data.name) for data in self.data}

    @cached_property
    def best(self) -> tuple[Explored, ...]:
        """What is on any front, the cheapest first."""
        found = {id(item): item for items in self.fronts.values() for item in items}
        return tuple(sorted(found.values(), key=lambda item: item.cost))

    def on(self, item: Explored) -> list[str]:
        """The data on whose front a design is."""
        return [name for name, items in self.fronts.items() if any(i is item for i in items)]


def on_front(every: Sequence[Explored], data: str) -> list[Explored]:
    """What no other is as cheap as and loses less than, the cheapest first; dB to a tenth."""
    marks = front([(item.cost, round(item.lost[data], 1)) for item in every])
    kept = [item for item, best in zip(every, marks, strict=True) if best]
    return sorted(kept, key=lambda item: item.cost)


def explore(
    space: Space,
    *,
    own: Data | None = None,
    judges: Sequence[Judge] = (),
    syntheses: int = 0,
    progress: Told | None = None,
) -> Found:
    """Explore a space: all costs foreseen, all losses computed; then the fronts for real.

    Parameters
    ----------
    own : the user's data, beside those that are drawn.
    judges : networks that are asked about what is on a front, in the end.
    syntheses : how many designs are synthesized at most: half of them among those on the fronts,
        then half of what is left among those that are on the fronts now, and so on.
    progress : is told each step as it begins.

    Raises DesignError, ToolMissing, ToolFailed.
    """
    told = progress or quiet
    data = (*drawn(space.k, space.seed), *((own,) if own else ()))
    given = list(choices(space.bits, space.activations, space.schemes))
    told(f"planning {len(given)} designs")
    built, refused = _built(space, given)
    told(f"foreseeing what {len(built)} designs cost")
    costs = foreseen([item.hardware for _, item in built], space.board, load())
    losses, every = Losses(data), []
    told(f"computing what {len(built)} designs lose")
    for (choice, item), one in zip(built, costs, strict=True):
        every.append(Explored(choice, item, one, losses(item.engine), space.exchange))
    within = [e for e in every if space.budget is None or e.cost <= space.budget]
    within = _counted(space, data, within, syntheses, told)
    within = _golden(data, within, told)
    over = len(every) - len(within)
    return _judged(Found(space, data, tuple(within), refused, over, tuple(judges)), told)


def _built(
    space: Space, given: Sequence[Choice]
) -> tuple[list[tuple[Choice, Candidate]], dict[str, int]]:
    """What can be built at the rate that is asked for, and why the rest cannot."""
    found, refused = [], Counter[str]()
    for choice in given:
        options = choice.options(space.shape, space.k, space.policy)
        try:
            item = buildable(choice.name, options, space.board)
        except DesignError as error:
            refused[_reason(error, choice)] += 1
            continue
        if item.rate == space.macs:
            found.append((choice, item))
        else:
            refused[f"{item.rate} MACs a cycle, not {space.macs}"] += 1
    if not found:
        why = "; ".join(f"{reason} ({many} ×)" for reason, many in refused.most_common(3))
        raise DesignError(f"none of the {len(given)} designs can be built: {why}")
    return found, dict(refused)


def _reason(error: DesignError, choice: Choice) -> str:
    """Why a design cannot be built, without its name and numbers."""
    return re.sub(r"\d+", "N", error.what.replace(choice.name, "it"))


def _counted(
    space: Space, data: Sequence[Data], every: list[Explored], syntheses: int, told: Told
) -> list[Explored]:
    """With the costs of those that matter counted: what is on a front as costs are known."""
    left = syntheses
    while left > 0:
        fronts = [on_front(every, one.name) for one in data]
        wanted = {id(e): e for items in fronts for e in items if e.report is None}
        if not wanted:
            break
        chosen = spread(list(wanted.values()), max(1, (left + 1) // 2))
        for item in chosen:
            report = cost(item.candidate.engine, space.board, progress=told)
            place = next(n for n, e in enumerate(every) if e is item)
            every[place] = replace(item, report=report)
            left -= 1
        if space.budget is not None:
            every = [e for e in every if e.cost <= space.budget]
    return every


def spread(items: Sequence[Explored], most: int) -> list[Explored]:
    """At most so many, evenly spread over their costs."""
    ordered = sorted(items, key=lambda item: item.cost)
    if len(ordered) <= most:
        return ordered
    return [ordered[place * len(ordered) // most] for place in range(most)]


def _golden(data: Sequence[Data], every: list[Explored], told: Told) -> list[Explored]:
    """With the losses of what is on a front as the golden model has them."""
    best = {id(e) for one in data for e in on_front(every, one.name)}
    told(f"computing {len(best)} designs by the golden model")
    found = []
    for item in every:
        if id(item) in best:
            lost = {one.name: accuracy(scaled(item.candidate.engine), one).product for one in data}
            item = replace(item, lost=lost)
        found.append(item)
    return found


def _judged(found: Found, told: Told) -> Found:
    """With what networks tell of designs of the fronts: of all, or of some of the last one."""
    scores: dict[int, dict[str, float]] = {}
    for judge in found.judges:
        front = found.fronts[found.data[-1].name]
        chosen = found.best if judge.most is None else spread(front, judge.most)
        for number, item in enumerate(chosen):
            told(f"{judge.name}: {item.choice.words}, {number + 1} of {len(chosen)}")
            scores.setdefault(id(item), {})[judge.name] = judge.score(item.candidate.engine)
    every = tuple(replace(item, scores=scores.get(id(item), {})) for item in found.every)
    return replace(found, every=every)
