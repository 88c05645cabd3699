"""The transform itself: a step of butterflies for each bit of a point's number, and before them
signs and of integers the small matrix, which floats meet behind them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import wiring

from ...golden.formats import Format, Integer, Minifloat
from ...golden.units import Hadamard
from ..arith.shared import instance
from ..fp import FloatMultiply, FloatToFloat
from .butterflies import FloatPair, FloatStep, IntegerPair, IntegerStep, pair_latency
from .factors import FloatFactor, IntegerFactor
from .flow import BeatMarks, Flow
from .small_matrix import turns
from .turned_signs import sign_bits


class Step(NamedTuple):
    """A part of the transform.

    Parameters
    ----------
    kind : ``signs``; ``round`` to another format; ``apart`` or ``beside``: butterflies;
        ``factor``: by the small matrix; ``multiply``.
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
    whole = isinstance(fmt, Integer)
    if unit.signs is not None:
        found.append(Step("signs", 0, 1, fmt, fmt := _wider(fmt, 1)))
    if not whole and fmt != unit.summed:
        found.append(Step("round", 0, _stages(FloatToFloat, fmt, unit.summed), fmt, unit.summed))
        fmt = unit.summed
    if whole and unit.order > 1:
        found.append(_factor(unit, fmt))
        fmt = found[-1].result
    distance = unit.part // 2
    while distance:
        beats, out = distance // unit.lanes, _wider(fmt, 1)
        cycles = beats + 1
        if isinstance(fmt, Minifloat):
            cycles = pair_latency(fmt) + (beats + 1 if beats else 0)
        found.append(Step("apart" if beats else "beside", distance, cycles, fmt, out))
        fmt, distance = out, distance // 2
    if whole:
        return tuple(found)
    if unit.order > 1:
        found.append(_factor(unit, fmt))
    if unit.normalize == "multiplied":
        cycles = _stages(FloatMultiply, fmt, fmt, unit.result)
        found.append(Step("multiply", 0, cycles, fmt, unit.result))
    elif fmt != unit.result:
        cycles = _stages(FloatToFloat, fmt, unit.result)
        found.append(Step("round", 0, cycles, fmt, unit.result))
    return tuple(found)


def _wider(fmt: Format, more: int) -> Format:
    """An integer of so many bits more; a float as it is."""
    if not isinstance(fmt, Integer):
        return fmt
    return Integer(f"int{fmt.width + more}", fmt.width + more, exponent=fmt.exponent)


def _factor(unit: Hadamard, fmt: Format) -> Step:
    """The product with the small matrix. Integers with their signs are no greater than without: no
    row is of one sign, so that the sums have the bits of points without."""
    order, out = unit.order, fmt
    if isinstance(fmt, Integer):
        out = _wider(fmt, (order - 1).bit_length() - (unit.signs is not None))
        own = IntegerFactor.cycles(order)
    else:
        assert isinstance(fmt, Minifloat)
        own = FloatFactor.cycles(fmt, order)
    return Step("factor", unit.part, (order - 1) * (unit.part // unit.lanes) + own, fmt, out)


def _stages(block: Any, *formats: Format) -> int:
    return int(block(*formats).staged().latency)


class Transform(Flow):
    """The transform of a unit.

    Parameters
    ----------
    unit : :class:`Hadamard`
        What it computes.
    """

    unit: Hadamard

    def __init__(self, unit: Hadamard):
        super().__init__(unit)

    @property
    def way(self) -> tuple[Step, ...]:
        return steps(self.unit)

    def build(
        self, m: Module, enable: Value, lanes: list[Value], marks: BeatMarks, part: Any
    ) -> list[Value]:
        found: list[Value] = getattr(self, f"_{part.kind}")(m, enable, lanes, marks, part)
        return found

    def _signs(
        self, m: Module, enable: Value, lanes: list[Value], marks: BeatMarks, step: Step
    ) -> list[Value]:
        """Each point with its sign, those of all vectors alike."""
        unit, seed = self.unit, self.unit.signs
        assert seed is not None
        bits = sign_bits(m, enable & marks.valid, self.final, seed, unit.lanes, unit.beats)
        found: list[Value] = []
        for index, lane in enumerate(lanes):
            bit, width = bits[index % unit.lanes], step.result.bits
            turned = Signal(width, name=f"turned_{index}", reset_less=True)
            with m.If(enable):
                if isinstance(step.source, Integer):
                    flipped = (lane ^ bit.replicate(width - 1)).as_signed()
                    m.d.sync += turned.eq(flipped + bit)
                else:
                    m.d.sync += turned.eq(Cat(lane[:-1], lane[-1] ^ bit))
            found.append(turned)
        return found

    def _factor(
        self, m: Module, enable: Value, lanes: list[Value], marks: BeatMarks, step: Step
    ) -> list[Value]:
        """Each lane's columns times the small matrix."""
        order, distance = self.unit.order, step.distance // self.unit.lanes
        make: Callable[[], wiring.Component]
        if isinstance(step.source, Integer):
            make = partial(IntegerFactor, step.source.bits, step.result.bits, order, distance)
        else:
            make = partial(FloatFactor, step.floats[0], order, distance)
        shared, found = turns(m, enable, marks.valid, order, distance), []
        for index, lane in enumerate(lanes):
            block = instance(m, f"factor_{index}", ("factor",), make)
            m.d.comb += [block.enable.eq(enable), block.load.eq(shared.load), block.i.eq(lane)]
            m.d.comb += [block.flips.eq(shared.flips), block.carries.eq(shared.carries)]
            found.append(block.o)
        return found

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
        # Beats are counted as they come: a block begins with the first of a pair, and where none
        # comes, the count stands there.
        count = Signal(range(2 * beats), name=f"beat_{step.distance}")
        with m.If(enable & marks.valid):
            m.d.sync += count.eq(count + 1)
        found = []
        for index, lane in enumerate(lanes):
            block = instance(m, f"step_{step.distance}_{index}", ("step", step.distance), make)
            m.d.comb += [block.enable.eq(enable), block.second.eq(count[-1]), block.i.eq(lane)]
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
