"""The transform itself: a step of butterflies for each bit of a point's number."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from amaranth.hdl import Module, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...golden.formats import Format, Integer, Minifloat
from ...golden.units import Hadamard
from ..arith.shared import instance
from ..arith.timing import delayed
from ..fp import FloatMultiply, FloatToFloat
from .butterflies import FloatPair, FloatStep, IntegerPair, IntegerStep, pair_latency


class Step(NamedTuple):
    """A part of the transform.

    Parameters
    ----------
    kind : ``round`` to another format, ``apart`` or ``beside``: butterflies; ``multiply``.
    distance : between the points of a pair.
    cycles : latency.
    source, result : formats of what goes in and comes out.
    """

    kind: str
    distance: int
    cycles: int
    source: Format
    result: Format

    @property
    def floats(self) -> tuple[Minifloat, Minifloat]:
        """The formats, of a part between floats."""
        assert isinstance(self.source, Minifloat) and isinstance(self.result, Minifloat)
        return self.source, self.result


def steps(unit: Hadamard) -> tuple[Step, ...]:
    """The parts of a transform in the order in which points meet them."""
    found, fmt = [], unit.format
    if not isinstance(fmt, Integer) and fmt != unit.summed:
        found.append(Step("round", 0, _stages(FloatToFloat, fmt, unit.summed), fmt, unit.summed))
        fmt = unit.summed
    distance = unit.points // 2
    while distance:
        beats, out = distance // unit.lanes, fmt
        if isinstance(fmt, Integer):
            out = Integer(f"int{fmt.width + 1}", fmt.width + 1, exponent=fmt.exponent)
            cycles = beats + 1
        else:
            assert isinstance(fmt, Minifloat)
            cycles = pair_latency(fmt) + (beats + 1 if beats else 0)
        found.append(Step("apart" if beats else "beside", distance, cycles, fmt, out))
        fmt, distance = out, distance // 2
    if isinstance(fmt, Integer):
        return tuple(found)
    if unit.normalize == "multiplied":
        cycles = _stages(FloatMultiply, fmt, fmt, unit.result)
        found.append(Step("multiply", 0, cycles, fmt, unit.result))
    elif fmt != unit.result:
        cycles = _stages(FloatToFloat, fmt, unit.result)
        found.append(Step("round", 0, cycles, fmt, unit.result))
    return tuple(found)


def _stages(block: Any, *formats: Format) -> int:
    return int(block(*formats).staged().latency)


class BeatMarks(NamedTuple):
    """What travels beside a beat: whether there is one, and its ``last``."""

    valid: Value
    last: Value


class Transform(wiring.Component):
    """The transform of a unit, a beat a cycle.

    While a block is incomplete, the transform moves on only with its next beat; between blocks it
    moves on by itself, so that what is complete comes out. Latency is ``latency`` cycles from a
    block's first beat to its first result, without stalls.

    Parameters
    ----------
    unit : :class:`Hadamard`
        What it computes.

    Members
    -------
    points : :py:`In(stream.Signature(…))`
        Beats of points, and ``last``.
    result : :py:`Out(stream.Signature(…))`
        As many beats, each with the mark of the beat in its place.
    """

    def __init__(self, unit: Hadamard):
        self.unit = unit
        count, result = unit.vectors * unit.lanes, unit.result
        shape = signed(result.bits) if isinstance(result, Integer) else result.bits
        given = data.ArrayLayout(unit.format.bits, count)
        made = data.ArrayLayout(shape, count)
        super().__init__(
            {
                "points": In(stream.Signature(data.StructLayout({"points": given, "last": 1}))),
                "result": Out(stream.Signature(data.StructLayout({"value": made, "last": 1}))),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m, unit = Module(), self.unit
        enable, taken, inside = Signal(), Signal(), Signal(range(max(unit.beats, 2)))
        # A result may leave while the transform waits for the next beat of a block.
        room, gone = Signal(), Signal()
        with m.If(enable):
            m.d.sync += gone.eq(0)
        with m.Elif(self.result.valid & self.result.ready):
            m.d.sync += gone.eq(1)
        m.d.comb += [
            self.points.ready.eq(room),
            taken.eq(self.points.valid & room),
            enable.eq(room & (self.points.valid | (inside == 0))),
        ]
        if unit.beats > 1:
            with m.If(taken):
                m.d.sync += inside.eq(inside + 1)

        # A beat passes all steps; its marks pass beside it.
        lanes = [self.points.payload.points[lane] for lane in range(self._count)]
        marks = BeatMarks(taken, self.points.payload.last)
        for number, step in enumerate(steps(unit)):
            build = getattr(self, f"_{step.kind}")
            lanes = build(m, enable, lanes, marks, step)
            marks = BeatMarks(
                delayed(m, enable, marks.valid, step.cycles, f"valid_{number}", reset=True),
                delayed(m, enable, marks.last, step.cycles, f"last_{number}"),
            )
        m.d.comb += [
            *(self.result.payload.value[lane].eq(value) for lane, value in enumerate(lanes)),
            self.result.payload.last.eq(marks.last),
            self.result.valid.eq(marks.valid & ~gone),
            room.eq(~marks.valid | gone | self.result.ready),
        ]
        return m

    @property
    def _count(self) -> int:
        return self.unit.vectors * self.unit.lanes

    def _round(
        self, m: Module, enable: Value, lanes: list[Value], marks: BeatMarks, step: Step
    ) -> list[Value]:
        """Each lane in another format."""
        source, result = step.floats
        make = FloatToFloat(source, result).staged().component
        found = []
        for index, lane in enumerate(lanes):
            label = f"round_{step.source.name}_{index}"
            block = instance(m, label, ("round", step.source, step.result), make)
            m.d.comb += [block.enable.eq(enable), block.i.eq(lane)]
            found.append(block.o)
        return found

    def _multiply(
        self, m: Module, enable: Value, lanes: list[Value], marks: BeatMarks, step: Step
    ) -> list[Value]:
        """Each lane times the factor."""
        source, result = step.floats
        make = FloatMultiply(source, source, result).staged().component
        found = []
        for index, lane in enumerate(lanes):
            # Each with its constant: multipliers by a constant are small.
            m.submodules[f"multiply_{index}"] = block = make()
            m.d.comb += [block.enable.eq(enable), block.a.eq(lane), block.b.eq(self.unit.factor)]
            found.append(block.o)
        return found

    def _apart(
        self, m: Module, enable: Value, lanes: list[Value], marks: BeatMarks, step: Step
    ) -> list[Value]:
        """Butterflies whose pairs stand in beats ``distance / lanes`` apart."""
        beats = step.distance // self.unit.lanes
        make: Callable[[], wiring.Component]
        if isinstance(step.source, Integer):
            make = partial(IntegerStep, step.source.width, beats)
        else:
            make = partial(FloatStep, step.floats[0], beats)
        # Beats are counted as they come: a block begins with the first of a pair.
        count = Signal(range(2 * beats), name=f"beat_{step.distance}")
        with m.If(enable & marks.valid):
            m.d.sync += count.eq(count + 1)
        found = []
        for index, lane in enumerate(lanes):
            block = instance(m, f"step_{step.distance}_{index}", ("step", step.distance), make)
            second = marks.valid & count[-1]
            m.d.comb += [block.enable.eq(enable), block.second.eq(second), block.i.eq(lane)]
            found.append(block.o)
        return found

    def _beside(
        self, m: Module, enable: Value, lanes: list[Value], marks: BeatMarks, step: Step
    ) -> list[Value]:
        """Butterflies whose pairs stand in the same beat."""
        make: Callable[[], wiring.Component]
        if isinstance(step.source, Integer):
            make = partial(IntegerPair, step.source.width)
        else:
            make = partial(FloatPair, step.floats[0])
        found = list(lanes)
        for index, lane in enumerate(lanes):
            if index & step.distance:
                continue
            other = index + step.distance
            pair = instance(m, f"pair_{step.distance}_{index}", ("pair", step.source), make)
            m.d.comb += [pair.enable.eq(enable), pair.a.eq(lane), pair.b.eq(lanes[other])]
            found[index], found[other] = pair.sum, pair.difference
        return found
