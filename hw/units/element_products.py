"""Elements of a row, each less its zero point and times its scales, rounded once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
from amaranth.hdl import Cat, Module, Signal, Value

from ...golden.bounds import Range, of_format
from ...golden.formats import Codebook, Format, Integer, Minifloat
from ...golden.units import Dequantize
from ...golden.units.scaled import of_integers
from ..arith.shapes import shape_of
from ..arith.shared import place
from ..arith.table import look_up
from ..arith.timing import delayed
from ..fp import FloatToFloat, IntegerToFloat, ScaleToFloat
from ..fp.fixed import FixedToInteger
from ..fp.integer import NO_FLAGS
from ..fp.pipeline import Pipelined
from ..fp.product import FloatProduct
from .integer_scale import IntegerScale

#: Inputs of a LUT: a result that depends on no more bits is looked up.
_LUT_INPUTS = 6


class Step(NamedTuple):
    """A part of the way from a code to a result.

    Parameters
    ----------
    kind : ``value`` (a code becomes an integer), ``difference``, ``scale`` (by an integer),
        ``look_up`` and ``cut`` (of few bits, or the low ones: the result), ``block``.
    cycles : latency.
    block : what is placed, of the kinds ``scale`` and ``block``.
    """

    kind: str
    cycles: int
    block: Pipelined | None = None


class ElementProducts:
    """(q - z) · s of the elements of a row, a beat a cycle, all lanes alike.

    Parameters
    ----------
    unit : :class:`Dequantize`
        What is computed.
    """

    def __init__(self, unit: Dequantize):
        self.unit = unit

    @cached_property
    def values(self) -> Range:
        """Bounds of q - z, of elements that are no floats."""
        found = of_format(self.unit.element)
        if isinstance(self.unit.element, Integer):
            found = Range(found.lsb, self.unit.element.low, self.unit.element.high)
        if self.unit.zero:
            found = found + -Range(self.unit.zero.lsb, self.unit.zero.low, self.unit.zero.high)
        return found

    @cached_property
    def whole(self) -> Range:
        """Bounds of q - z times the integer scale, where there is one."""
        first = next(iter(self.unit.scales), None)
        return self.values * of_format(first) if isinstance(first, Integer) else self.values

    @property
    def floats(self) -> tuple[Minifloat, ...]:
        """The formats of the scales that are floats."""
        return tuple(fmt for fmt in self.unit.scales if isinstance(fmt, Minifloat))

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The parts in the order in which an element meets them."""
        unit, element = self.unit, self.unit.element
        if not unit.scales and not unit.zero and element.bits <= _LUT_INPUTS:
            return (Step("look_up", 1),)
        if isinstance(element, Minifloat):
            return (_placed(self._of_float(element)),)
        found = [] if isinstance(element, Integer) else [Step("value", 1)]
        found += [Step("difference", 1)] if unit.zero else []
        if unit.scales and isinstance(unit.scales[0], Integer):
            block = IntegerScale(self.values, of_format(unit.scales[0])).staged()
            found.append(Step("scale", block.latency, block))
        return (*found, *self._ended())

    def _ended(self) -> tuple[Step, ...]:
        """From an integer to the result."""
        result, rows = self.unit.result, self.unit.build.policy == "lut"
        if isinstance(result, Integer):
            fits = result.low <= self.whole.low and self.whole.high <= result.high
            if self.unit.wraps or (fits and self.whole.lsb == result.lsb):
                return (Step("cut", 0),)
        if not self.unit.scales and self.whole.width <= _LUT_INPUTS:
            return (Step("look_up", 1),)
        if isinstance(result, Integer):
            return (_placed(FixedToInteger(self.whole, NO_FLAGS, result)),)
        assert isinstance(result, Minifloat)
        saturate = self.unit.saturates
        if self.floats:
            scaled = ScaleToFloat(
                self.whole, self.floats, result, saturate=saturate, rows=rows, narrow=True
            )
            return (_placed(scaled),)
        return (_placed(IntegerToFloat(self.whole, result, saturate=saturate)),)

    def _of_float(self, element: Minifloat) -> Pipelined:
        """From a float to the result, which is one too."""
        result, saturate = self.unit.result, self.unit.saturates
        assert isinstance(result, Minifloat)
        if not self.floats:
            return FloatToFloat(element, result, saturate=saturate)
        rows = self.unit.build.policy == "lut"
        # Rows are made from the scales' digits: the element, of few bits, multiplies the last.
        *rest, last = self.floats
        return FloatProduct(last, (*rest, element), result, saturate=saturate, rows=rows)

    @property
    def latency(self) -> int:
        return sum(step.cycles for step in self.steps)

    def write(
        self, m: Module, enable: Value, codes: Sequence[Value], held: Mapping[str, Value], name: str
    ) -> list[Value]:
        """Codes of results, ``latency`` cycles with ``enable`` after ``codes``.

        ``held`` are the codes of scales and zero point of the same beat, by name; ``name`` tells
        the row's signals from others.
        """
        lanes = [self._entered(code) for code in codes]
        for number, step in enumerate(self.steps):
            build = getattr(self, f"_{step.kind}")
            lanes = build(m, enable, lanes, held, step, f"{name}_{number}")
            held = {
                key: delayed(m, enable, value, step.cycles, f"{name}_{key}_{number}")
                for key, value in held.items()
            }
        return lanes

    def _entered(self, code: Value) -> Value:
        element = self.unit.element
        return code.as_signed() if isinstance(element, Integer) and element.signed else code

    def _value(
        self, m: Module, enable: Value, lanes: list[Value], held: Mapping[str, Value], step: Step,
        name: str,
    ) -> list[Value]:  # fmt: skip
        """Codes of a code book as its entries."""
        element = self.unit.element
        assert isinstance(element, Codebook)
        entries = list(element.tables[0])
        found = []
        for lane, code in enumerate(lanes):
            entry = look_up(m, code, entries, shape_of(of_format(element)), f"{name}_entry_{lane}")
            found.append(delayed(m, enable, entry, 1, f"{name}_value_{lane}"))
        return found

    def _difference(
        self, m: Module, enable: Value, lanes: list[Value], held: Mapping[str, Value], step: Step,
        name: str,
    ) -> list[Value]:  # fmt: skip
        zero, found = held["zero"], []
        assert isinstance(self.unit.zero, Integer)
        point = zero.as_signed() if self.unit.zero.signed else zero
        for lane, code in enumerate(lanes):
            less = Signal(shape_of(self.values), name=f"{name}_less_{lane}")
            m.d.comb += less.eq(code - point)
            found.append(delayed(m, enable, less, 1, f"{name}_difference_{lane}"))
        return found

    def _scale(
        self, m: Module, enable: Value, lanes: list[Value], held: Mapping[str, Value], step: Step,
        name: str,
    ) -> list[Value]:  # fmt: skip
        """Integers times the integer scale."""
        block = step.block
        assert block is not None
        key, fmt = next(iter(self.unit.held.items()))
        assert isinstance(fmt, Integer)
        scale, found = held[key].as_signed() if fmt.signed else held[key], []
        for lane, value in enumerate(lanes):
            part = place(m, f"{name}_scale_{lane}", ("integer scale", fmt), block.component)
            m.d.comb += [part.enable.eq(enable), part.i.eq(value), part.scale.eq(scale)]
            found.append(part.o)
        return found

    def _look_up(
        self, m: Module, enable: Value, lanes: list[Value], held: Mapping[str, Value], step: Step,
        name: str,
    ) -> list[Value]:  # fmt: skip
        """The result of each pattern of few bits, as the golden model has it."""
        found = []
        for lane, value in enumerate(lanes):
            bits = Value.cast(value)[: len(value)]
            results = self._results(len(bits))
            code = look_up(m, bits, results, self.unit.result.bits, f"{name}_code_{lane}")
            found.append(delayed(m, enable, code, 1, f"{name}_found_{lane}"))
        return found

    def _results(self, width: int) -> list[int]:
        """The result of every pattern of ``width`` bits that a code, or q - z, may have."""
        unit, patterns = self.unit, np.arange(1 << width)
        if not unit.zero:
            legal = np.asarray(unit.element.legal)
            made = np.zeros(len(patterns), np.int64)
            made[legal] = unit.dequantize(legal, {})
            return [int(code) for code in made]
        bounds = self.values
        signed = patterns - (patterns >> (width - 1) << width) if bounds.signed else patterns
        inside = (signed >= bounds.low) & (signed <= bounds.high)
        fields = of_integers(np.where(inside, signed, 0), bounds.lsb)
        return [int(code) for code in unit.product([fields])]

    def _cut(
        self, m: Module, enable: Value, lanes: list[Value], held: Mapping[str, Value], step: Step,
        name: str,
    ) -> list[Value]:  # fmt: skip
        """The low bits, of integers that fit or wrap."""
        result: Format = self.unit.result
        places, found = self.whole.lsb - result.lsb, []
        for lane, value in enumerate(lanes):
            code = Signal(result.bits, name=f"{name}_code_{lane}")
            m.d.comb += code.eq(value << places)
            found.append(code)
        return found

    def _block(
        self, m: Module, enable: Value, lanes: list[Value], held: Mapping[str, Value], step: Step,
        name: str,
    ) -> list[Value]:  # fmt: skip
        """A block that rounds."""
        assert step.block is not None
        scales = [held[key] for key, fmt in self.unit.held.items() if isinstance(fmt, Minifloat)]
        found = []
        for lane, value in enumerate(lanes):
            make = step.block.component
            part = place(m, f"{name}_round_{lane}", ("round", type(step.block)), make)
            given = value
            if isinstance(step.block, FloatProduct):
                *rest, last = scales
                given, scales_here = last, [*rest, value]
            else:
                scales_here = scales
            m.d.comb += [part.enable.eq(enable), Value.cast(part.i).eq(given)]
            if scales_here:
                m.d.comb += Value.cast(part.scales).eq(Cat(*scales_here))
            found.append(part.o)
        return found


def _placed(block: Pipelined) -> Step:
    staged = block.staged()
    return Step("block", staged.latency, staged)
