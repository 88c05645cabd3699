"""Stages of butterflies, whose pairs come side by side or some beats apart."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Module, Mux, Signal, Value

from ...golden.bounds import Range
from ...golden.units import Butterflies
from ..arith.shared import instance
from ..arith.table import look_up
from ..arith.timing import delayed
from .butterflies import line
from .butterfly_rows import ButterflyRow, RowPlan
from .flow import BeatMarks, Flow

Array = npt.NDArray[Any]


class Stage(NamedTuple):
    """A stage.

    Parameters
    ----------
    number, distance : its place, and between the points of its pairs.
    apart : beats between these; 0: they come in one.
    table : matrices' rows of the results: (beats, lanes, 2, parts).
    plan : of a row.
    """

    number: int
    distance: int
    apart: int
    table: Array
    plan: RowPlan

    @property
    def cycles(self) -> int:
        return self.apart + 1 + self.plan.latency


def stages(unit: Butterflies) -> tuple[Stage, ...]:
    """All stages in order."""
    found, places = [], np.arange(unit.points)
    bounds = [Range(0, each.low, each.high) for each in unit.stage_bounds]
    bounds = [Range(0, min(each.low, -1), each.high) for each in bounds]
    for number, distance in enumerate(unit.distances):
        # A result's row is the first or the second of its pair.
        blocks = unit.stages[number].reshape(-1, distance, 2, 2, unit.parts)
        block, place = np.divmod(places, 2 * distance)
        table = blocks[block, place % distance, place // distance]
        table = table.reshape(unit.beats, unit.lanes, 2, unit.parts)
        lut = unit.build.policy == "lut"
        plan = RowPlan.of(table, bounds[number], bounds[number + 1], unit.shift, lut)
        found.append(Stage(number, distance, distance // unit.lanes, table, plan))
    return tuple(found)


class ButterflyFlow(Flow):
    """The butterflies of a unit.

    Parameters
    ----------
    unit : :class:`Butterflies`
        What it computes.
    """

    unit: Butterflies

    def __init__(self, unit: Butterflies):
        super().__init__(unit)

    @cached_property
    def _stages(self) -> tuple[Stage, ...]:
        return stages(self.unit)

    @property
    def way(self) -> Sequence[Stage]:
        return self._stages

    def build(
        self, m: Module, enable: Value, lanes: list[Value], marks: BeatMarks, part: Any
    ) -> list[Value]:
        stage: Stage = part
        unit, plan, parts = self.unit, stage.plan, self.unit.parts
        beat, second = self._beat(m, enable, marks.valid, stage)
        found: list[Value] = []
        number = len(lanes) // parts
        points = [lanes[place * parts : (place + 1) * parts] for place in range(number)]
        for place, own in enumerate(points):
            lane, name = place % unit.lanes, f"row_{stage.number}_{place}"
            if stage.apart:
                pair = self._apart(m, enable, own, second, stage, name)
            else:
                first = lane & ~stage.distance
                base = place - lane
                pair = points[base + first], points[base + first + stage.distance]
            row = instance(m, name, ("row", stage.number), partial(ButterflyRow, plan))
            late = partial(delayed, m, enable)
            m.d.comb += row.enable.eq(enable)
            for side, values in zip("ab", pair, strict=True):
                for n, value in enumerate(values):
                    m.d.comb += getattr(row, f"{side}_{n}").eq(late(value, 1, f"{name}_{side}{n}"))
            if place < unit.lanes:
                # The entries of a lane are those of all vectors.
                entries = self._entries(m, enable, beat, stage, lane)
                self._held[lane] = entries
            minus, numbers = self._held[lane]
            m.d.comb += row.minus.eq(minus)
            m.d.comb += [getattr(row, f"c_{n}").eq(value) for n, value in enumerate(numbers)]
            found += [getattr(row, f"o_{n}") for n in range(parts)]
        return found

    @cached_property
    def _held(self) -> dict[int, tuple[Value, list[Value]]]:
        return {}

    def _beat(self, m: Module, enable: Value, valid: Value, stage: Stage) -> tuple[Value, Value]:
        """The number of a block's beat of results, and whether its rows are the second."""
        beats, apart = self.unit.beats, stage.apart
        beat = Signal(range(max(beats, 2)), name=f"beat_{stage.number}")
        if not apart:
            if beats > 1:
                with m.If(enable & valid):
                    m.d.sync += beat.eq(beat + 1)
            return beat, beat[0]
        # Results begin when the second of a pair comes, and go on when no beats follow.
        count = Signal(range(max(beats, 2)), name=f"count_{stage.number}")
        with m.If(enable):
            m.d.sync += beat.eq(beat + 1)
            with m.If(valid):
                m.d.sync += count.eq(count + 1)
                with m.If(count == apart - 1):
                    m.d.sync += beat.eq(0)
        return beat, beat[apart.bit_length() - 1]

    def _apart(
        self, m: Module, enable: Value, own: list[Value], second: Value, stage: Stage, name: str
    ) -> tuple[list[Value], list[Value]]:
        """The pair whose row is due: the first row when its second point comes, then the other."""
        first, other = [], []
        for n, number in enumerate(own):
            value = number.as_unsigned()
            before = line(m, enable, value, stage.apart, f"{name}_line_{n}")
            older = line(m, enable, before, stage.apart, f"{name}_older_{n}")
            first.append(Mux(second, older, before))
            other.append(Mux(second, before, value))
        return first, other

    def _entries(
        self, m: Module, enable: Value, beat: Value, stage: Stage, lane: int
    ) -> tuple[Value, list[Value]]:
        """The entries of a lane's row, in registers, and whether joined ones are opposite."""
        table, plan = stage.table[:, lane], stage.plan
        name = f"entry_{stage.number}_{lane}"
        minus = (table[:, 0] != table[:, 1]).any(axis=-1).astype(int)
        columns = [minus] + [
            table[:, side, part] for side in range(len(plan.entries)) for part in range(plan.parts)
        ]
        found = []
        for number, column in enumerate(columns):
            period = len(column)
            while period > 1 and (column[: period // 2] == column[period // 2 : period]).all():
                period //= 2
            width = 1
            if number:
                entry = plan.entries[(number - 1) // plan.parts][(number - 1) % plan.parts]
                width = Range(0, min(entry.low, -1), entry.high).width
            index = beat[: period.bit_length() - 1]
            codes = [int(code) & (1 << width) - 1 for code in column[:period]]
            value = look_up(m, index, codes, width, f"{name}_{number}")
            found.append(delayed(m, enable, value, 1, f"{name}_{number}_held"))
        return found[0], found[1:]
