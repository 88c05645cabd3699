"""Engines of several modes: words that hold one wide element or several narrow ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any, NamedTuple, TypeVar

from amaranth.lib import data

from ...golden.bounds import Range
from ...golden.description import Build, Engine
from ...golden.description.build import AUTO
from ...golden.errors import DesignError
from ...golden.products import RULES as PRODUCTS
from ..arith.sums import Sum
from ..datapaths import Blocks, Datapath, Form, PlaneSerial, simd
from .array_plan import ArrayPlan
from .depth import Depth
from .inputs import Input
from .plan import Plan

#: A datapath that serves several modes.
Shared = TypeVar("Shared", simd.Simd, PlaneSerial)


@dataclass(frozen=True)
class ModalSum(Sum):
    """One accumulator for the sums of all modes, each in its own unit."""

    modes: tuple[Sum, ...] = ()

    @property
    def total(self) -> Range:
        return _union([item.total for item in self.modes])


class Unit(NamedTuple):
    """What makes the dot products of some modes."""

    modes: tuple[int, ...]
    datapath: Datapath


@dataclass(frozen=True)
class ModalPlan(ArrayPlan):
    """An array of several modes, planned; each step is of one of them.

    Parameters
    ----------
    build : the shape, and how it is laid out; its lanes are those of the mode with the widest
        weights, the words of a step.
    alone : the plan of each mode.
    units : what makes their dot products, side by side.
    """

    build: Build
    alone: tuple[Plan, ...]
    units: tuple[Unit, ...]

    @property
    def modes(self) -> tuple[Plan, ...]:
        return self.alone

    @property
    def remarks(self) -> tuple[str, ...]:
        found = [
            (mode, unit.datapath) for unit in self.units for mode in unit.modes
            if isinstance(unit.datapath, Blocks)
        ]  # fmt: skip
        asked = self.build.pipeline == AUTO
        depth = Depth(1, "nothing is weighed for several modes" if asked else "")
        remarks = (f"mode {mode}: {datapath.remark}" for mode, datapath in found)
        return (*remarks, *depth.remarks)

    @property
    def words(self) -> int:
        """Words of a step."""
        return self.build.lanes

    @cached_property
    def sums(self) -> tuple[Sum, ...]:  # type: ignore[override]
        found = [mode.sums[0] for mode in self.alone]
        pairs = tuple(pair for item in found for pair in item.pairs)
        stage = found[0].stage
        return (ModalSum(pairs, lanes=0, count=0, stage=stage, modes=tuple(found)),)

    def count(self, mode: int) -> int:
        """Elements of a mode in a word."""
        return self.alone[mode].lanes // self.words

    def word_bits(self, side: int) -> int:
        """Width of a word: that of the mode that needs most."""
        return max(
            self.count(number) * mode.sums[0].pairs[0].formats[side].bits
            for number, mode in enumerate(self.alone)
        )

    def vector_codes(self, side: int) -> data.StructLayout:
        return data.StructLayout({"word": data.ArrayLayout(self.word_bits(side), self.words)})

    def inputs(self, side: int, items: Iterable[Sum] | None = None) -> dict[str, Input[Form]]:
        found: dict[str, Input[Form]] = {}
        for number, unit in enumerate(self.units):
            shared = len(unit.modes) > 1
            lanes = self.words if shared else self.alone[unit.modes[0]].lanes
            found[self.key(side, number)] = Input(
                label=str(number),
                array="word",
                lanes=lanes,
                form=unit.datapath.forms[side],
                count=1 if shared else self.count(unit.modes[0]),
            )
        return dict(sorted(found.items()))

    def key(self, side: int, unit: int) -> str:
        """The name of what a unit reads of an operand."""
        return f"{self.units[unit].datapath.forms[side].name}_{unit}"

    @property
    def addend(self) -> Range:
        """Bounds of what enters a sum at a time."""
        return _union([unit.datapath.range for unit in self.units])

    @property
    def plain(self) -> bool:
        return len(self.units) == 1

    @property
    def cycles(self) -> int:
        return max(map(self.cycles_in, range(len(self.alone))))

    def cycles_in(self, mode: int) -> int:
        [datapath] = [unit.datapath for unit in self.units if mode in unit.modes]
        return datapath.cycles_in(mode)

    def cycles_of(self, item: Sum) -> int:
        return self.cycles

    @cached_property
    def dot_latency(self) -> int:
        return max(unit.datapath.latency for unit in self.units)

    @property
    def result(self) -> Range:
        return self.sums[0].total


def modal(engine: Engine, alone: tuple[Plan, ...]) -> ModalPlan:
    """The plan of an engine of several modes; DesignError for what cannot be built."""
    for number, mode in enumerate(alone):
        _check(engine.name, number, mode)
    stages = {mode.stage for mode in alone}
    if len(stages) > 1:
        raise DesignError(
            f"all modes of {engine.name} must accumulate alike, got "
            + ", ".join(sorted({stage.rule for stage in stages}))
        )
    build = engine.build
    units = _units(alone, build.lanes, build.datapath)
    return ModalPlan(build=build, alone=alone, units=units)


def check_modes(engine: Engine) -> None:
    """Raise DesignError for what several modes cannot share."""
    name, build = engine.name, engine.build
    alone = "build that mode as an engine of its own"
    for arithmetic in engine.modes:
        if arithmetic.weight.structure is not None:
            raise DesignError(
                f"{name} has several modes, of which one is sparse ({arithmetic.weight.structure})",
                otherwise=alone,
            )
        if PRODUCTS[arithmetic.product].shares != (1, 1):
            raise DesignError(
                f"{name} has several modes, of which {arithmetic.product} products share blocks",
                otherwise=alone,
            )
    if build.digits == "nonzero":
        raise DesignError(
            f"{name} has several modes, whose digits all take a cycle",
            {"digits": "all"},
            otherwise="build a mode as an engine of its own",
        )
    if build.digit_sums == "apart":
        raise DesignError(
            f"{name} has several modes, whose digits are added every step",
            {"digit_sums": "joined"},
            otherwise="build a mode as an engine of its own",
        )


def _check(name: str, number: int, mode: Plan) -> None:
    """Raise DesignError for a mode that cannot be one of several."""
    raw = not mode.serial and len(mode.sums) == 1 and mode.plain and mode.initial is None
    selected = any(mode.operand(side).select for side in range(2))
    if not raw or selected or mode.aligned or mode.sums[0].stage.saturates:
        raise DesignError(
            f"mode {number} of {name} has scales, several planes, a selection, a start or rounded "
            "sums; hardware switches only between raw, exact sums of one plane a side",
            otherwise="build that mode as an engine of its own",
        )
    if mode.cycles > 1 and mode.build.datapath != PlaneSerial.name:
        raise DesignError(
            f"mode {number} of {name} takes {mode.cycles} cycles a step with datapath "
            f"{mode.build.datapath}; modes take one, but with {PlaneSerial.name}",
            {"datapath": PlaneSerial.name},
            {"datapath": "auto"},
        )


def _units(alone: tuple[Plan, ...], words: int, datapath: str) -> tuple[Unit, ...]:
    """Modes that share rows, where that is estimated to be smaller, and the others by themselves.

    A datapath that was asked for by name makes each mode by itself, but for single bits: these
    serve all modes.
    """
    if datapath == PlaneSerial.name:
        bits = _serving(PlaneSerial, alone[0], words, [_words(mode, words) for mode in alone])
        return (Unit(tuple(range(len(alone))), bits),)
    # What they give is chosen among as a whole, every step: none comes in segments, or is held.
    single = [
        Unit((n,), replace(mode.dot(mode.sums[0].pairs[0]), segment=0, count=0))
        for n, mode in enumerate(alone)
    ]
    found = {
        number: _words(mode, words)
        for number, mode in enumerate(alone)
        if mode.arithmetic.product == "exact"
    }
    able = [number for number, mode in found.items() if simd.serves(mode)]
    best, least = tuple(single), 0.0
    for size in range(2, len(able) + 1) if datapath == "auto" else ():
        for chosen in combinations(able, size):
            held = [found[n] if n in chosen else None for n in range(len(alone))]
            shared = _serving(simd.Simd, alone[0], words, held)
            sharing = alone[0].rows, alone[0].cols
            gain = shared.sites(sharing) * words - sum(_sites(alone[n]) for n in chosen)
            if gain < least:
                rest = [unit for n, unit in enumerate(single) if n not in chosen]
                best, least = (Unit(chosen, shared), *rest), gain
    return best


def _words(mode: Plan, words: int) -> simd.Mode:
    """What a word holds in a mode."""
    return simd.Mode(*mode.sums[0].pairs[0].formats, count=mode.lanes // words)


def _serving(kind: type[Shared], plan: Plan, words: int, modes: list[simd.Mode | None]) -> Shared:
    """The datapath that serves ``modes``, by number; None for those that it does not."""
    first = next(mode for mode in modes if mode)
    # A datapath of single bits serves all: none of its modes is None.
    served: tuple[Any, ...] = tuple(modes)
    return kind(
        first.weight,
        first.activation,
        lanes=words,
        pipeline=plan.depth.levels,
        sharing=(plan.rows, plan.cols),
        modes=served,
    )


def _sites(mode: Plan) -> float:
    """About how many sites a mode's dot product takes by itself, and the choice of its result."""
    pair = mode.sums[0].pairs[0]
    datapath = mode.dot(pair)
    return mode.lanes * type(datapath).estimate(*pair.formats, mode.setting) + datapath.range.width


def _union(ranges: Iterable[Range]) -> Range:
    """Bounds of integers that count different units."""
    held = list(ranges)
    return Range(0, min(r.low for r in held), max(r.high for r in held))
