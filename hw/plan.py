# amaranth: UnusedElaboratable=no
"""What an engine's hardware is made of, as plain integers: widths, units, latencies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ..golden.bounds import Range, result_range
from ..golden.description import Arithmetic, Engine, Stage
from ..golden.errors import DesignError
from ..golden.flags import Reachable
from ..golden.formats import Format, Minifloat
from ..golden.terms import Sided, accumulators
from .datapaths import Datapath, Form, Setting, choose
from .sums import Pair, Sum
from .terms import NO_FLAGS, AccumulatorPlan, planned_terms

if TYPE_CHECKING:
    from .scale.path import ScalePath

#: Datapaths of sums whose products are aligned.
_ALIGNING = ("auto", "multiply")


@dataclass(frozen=True)
class Plan:
    """One mode of an engine, planned.

    Parameters
    ----------
    arithmetic : what is computed.
    rows, cols, lanes, pipeline, flow, datapath, policy : from the Build.
    group : elements after which the array's sums close; None where they span the reduction.
    sums : what the array adds up.
    accumulators : what a scale path makes of them; empty where the sums are the results.
    """

    arithmetic: Arithmetic
    rows: int
    cols: int
    lanes: int
    pipeline: int
    flow: str
    datapath: str
    policy: str
    group: int | None
    sums: tuple[Sum, ...]
    accumulators: tuple[AccumulatorPlan, ...]

    @property
    def serial(self) -> bool:
        """Whether results come one by one, from a scale path."""
        return bool(self.accumulators)

    @property
    def infinite(self) -> bool:
        """Whether a product can be infinite."""
        return any(pair.flags.infinite for item in self.sums for pair in item.pairs)

    @property
    def stage(self) -> Stage:
        """The first stage of accumulation."""
        return self.arithmetic.accumulate[0]

    @property
    def aligned(self) -> bool:
        """Whether the array's sums are floats."""
        return self.stage.rule == "aligned"

    @property
    def initial(self) -> Range | None:
        return self.sums[0].initial

    @property
    def plain(self) -> bool:
        """Whether no sum needs a step of its own to add several dot products."""
        return all(item.plain for item in self.sums)

    def dot(self, pair: Pair) -> Datapath:
        """How a step's products of a pair are made and summed."""
        name = self.datapath
        if self.aligned and pair.rule == "exact":
            name = "multiply"
        setting = Setting(self.policy, (self.rows, self.cols), self.lanes)
        kind = choose(name, *pair.formats, pair.rule, setting)
        ways = self.pipeline, self.infinite, setting.sharing
        return kind(*pair.formats, self.lanes, *ways)

    def inputs(self, side: int, items: Iterable[Sum] | None = None) -> dict[str, tuple[int, Form]]:
        """What sums read of an operand: the forms of its planes, named; without constants."""
        found = {}
        for item in self.sums if items is None else items:
            for pair in item.pairs:
                if pair.formats[side].bits:
                    found[self.key(side, pair)] = pair.planes[side], self.dot(pair).forms[side]
        return dict(sorted(found.items()))

    def key(self, side: int, pair: Pair) -> str:
        """The name of what a pair reads of an operand: its form, its plane."""
        return self._keys[side, pair.planes[side], self.dot(pair).forms[side]]

    @cached_property
    def _keys(self) -> dict[tuple[int, int, Form], str]:
        found: dict[tuple[int, int, Form], str] = {}
        for pair in (pair for item in self.sums for pair in item.pairs):
            for side, (plane, form) in enumerate(
                zip(pair.planes, self.dot(pair).forms, strict=True)
            ):
                if pair.formats[side].bits and (side, plane, form) not in found:
                    same = sum((s, p, f.name) == (side, plane, form.name) for s, p, f in found)
                    found[side, plane, form] = f"{form.name}_{plane}" + f"_{same}" * (same > 0)
        return found

    def cycles_of(self, item: Sum) -> int:
        """Cycles that a step takes in a sum."""
        return 1 if self.aligned else max(self.dot(pair).cycles for pair in item.pairs)

    @cached_property
    def cycles(self) -> int:
        """Cycles that a step takes."""
        return max(map(self.cycles_of, self.sums))

    @property
    def macs_per_cycle(self) -> int | float:
        """Products a cycle, at full rate."""
        macs = self.rows * self.cols * self.lanes
        return macs // self.cycles if macs % self.cycles == 0 else macs / self.cycles

    def addend(self, item: Sum) -> Range:
        """Bounds of what enters a sum at a time."""
        total: Range | None = None
        for pair in item.pairs:
            part = -self.dot(pair).range if pair.sign < 0 else self.dot(pair).range
            total = part if total is None else total + part
        assert total is not None
        return total

    @cached_property
    def dot_latency(self) -> int:
        """Cycles from the elements of a step to its slowest dot product."""
        if self.aligned:
            return 1
        return max(self.dot(pair).latency for item in self.sums for pair in item.pairs)

    @property
    def step_latency(self) -> int:
        """Cycles from the elements of a step to its sum."""
        return self.dot_latency + (not self.plain)

    @property
    def array_latency(self) -> int:
        """Cycles from a step taken to its sums: edge, dot products, accumulator, skew."""
        return 2 + self.step_latency + self.skew

    @property
    def skew(self) -> int:
        """Cycles by which the last row and column work behind the first."""
        return self.rows + self.cols - 2 if self.flow == "systolic_os" else 0

    @cached_property
    def _path(self) -> ScalePath:
        from .scale.path import ScalePath

        return ScalePath(self)

    @property
    def latency(self) -> int:
        """Cycles from the last step's acceptance to the first result, when nobody stalls."""
        return self.array_latency + (self._path.latency if self.serial else 0)

    @property
    def result_interval(self) -> int:
        """Cycles between two results of a tile that come one by one."""
        return self._path.result_interval if self.serial else 1

    @property
    def reduction_cycles(self) -> int:
        """The shortest reductions, in steps, that follow each other without a pause."""
        return self._path.reduction_cycles if self.serial else 1

    @property
    def units(self) -> int:
        """Scale units."""
        return self._path.shared.units if self.serial else 0

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is worth knowing about the hardware, a line each."""
        return self._path.remarks if self.serial else ()

    @property
    def result(self) -> Range | Format:
        """What a result's value is: an integer of this range, or a code of this format."""
        if self.serial:
            if self.arithmetic.output.format is not None:
                return self.arithmetic.output.format
            floating = self.arithmetic.accumulate[-1].rule == "fp"
            return self.arithmetic.working if floating else self._common
        if self.aligned and self.stage.format is not None:
            return self.stage.format
        return self.sums[0].total

    @property
    def _common(self) -> Range:
        """Bounds of all raw results in one unit."""
        totals = [item.total for item in self.accumulators if item.total is not None]
        total = totals[0]
        for other in totals[1:]:
            total = total | other
        return total

    @property
    def result_bits(self) -> int:
        """Bits of one result, without flags."""
        return self.result.width if isinstance(self.result, Range) else self.result.bits

    @property
    def result_signed(self) -> bool:
        """Whether a result is a two's complement integer."""
        return self.result.signed if isinstance(self.result, Range) else self.result.low < 0

    @property
    def result_flags(self) -> Reachable:
        """The flags beside a raw result."""
        if not isinstance(self.result, Range) or self.aligned:
            return NO_FLAGS
        if not self.serial:
            return self.sums[0].flags
        found = NO_FLAGS
        for item in self.accumulators:
            found = found | item.flags
        return found

    def levels(self, when: str) -> tuple[Sided, ...]:
        """The distinct levels that act at the ``group``'s end (or before), or at the ``end``."""
        sides = self.arithmetic.weight, self.arithmetic.activation
        return tuple(
            (side, level)
            for side, operand in enumerate(sides)
            for level in operand.levels
            if (level.when == "end") == (when == "end")
        )


def plan(engine: Engine) -> Plan:
    """The plan of ``engine``.

    Raises DesignError for what cannot be built, and for sums wider than 128 bits.
    """
    arithmetic, build = engine.arithmetic, engine.build
    _check(engine.name, arithmetic)
    lanes, group = engine.lanes(), arithmetic.group
    if group == arithmetic.k_max:
        group = None  # the reduction is one group
    sums, found = planned_terms(arithmetic, lanes, group)
    simple = arithmetic.output.format is None and not arithmetic.levels and len(sums) == 1
    if simple and len(arithmetic.accumulate) == 1:
        sums, found = (_preloaded(arithmetic, sums[0]),), ()
    ways = build.pipeline, build.flow, build.datapath, build.policy
    shape = build.rows, build.cols, lanes, *ways
    planned = Plan(arithmetic, *shape, group, sums, found)
    if planned.aligned and arithmetic.product == "exact" and build.datapath not in _ALIGNING:
        raise DesignError(
            f"{engine.name} aligns its products, which {build.datapath} sums without; choose "
            f"--datapath {' or '.join(_ALIGNING)}"
        )
    if planned.cycles > 1 and any(item.stage.saturates for item in sums):
        raise DesignError(
            f"{engine.name} saturates after every step; {build.datapath} adds a step in "
            f"{planned.cycles} parts: choose another datapath, or an exact sum"
        )
    if planned.serial:
        if arithmetic.initial is not None:
            raise DesignError(
                f"{engine.name} scales its sums; hardware starts only unscaled sums of one plane a "
                "side from initial: leave it out, or use a bias"
            )
        from .scale.sharing import sharing

        sharing(planned)  # raises if partial sums are too few
    return planned


def _check(name: str, arithmetic: Arithmetic) -> None:
    """What no hardware here can build."""
    if arithmetic.accumulate[-1].saturates and any(
        len(item.terms) > 1 for item in accumulators(arithmetic)
    ):
        raise DesignError(
            f"{name} saturates a sum of several scaled terms in turn; hardware adds one term: use "
            "one scale for all planes, or an exact sum"
        )
    for operand in (arithmetic.weight, arithmetic.activation):
        for level in operand.levels:
            if level.when == "end" and not isinstance(level.format, Minifloat):
                raise DesignError(
                    f"the scale {level.name!r} of {name} acts at the end in the integer format "
                    f"{level.format.name}: give it a float format, or let it "
                    "act on groups (--group N, in TOML when = 'group')"
                )


def _preloaded(arithmetic: Arithmetic, item: Sum) -> Sum:
    """A sum that is itself the result: its start, and its width if it wraps."""
    stage, initial = arithmetic.accumulate[0], arithmetic.initial
    start = Range(item.total.lsb, initial.low, initial.high) if initial else None
    if stage.rule != "aligned":
        result_range(arithmetic)  # raises if too wide
    return Sum(item.pairs, item.lanes, item.count, start, stage)
