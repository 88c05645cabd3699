"""The way of a sum to its code, by the rule: blocks one after the other, all lanes alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from amaranth.hdl import Module, Mux, Signal, Value

from ...golden.bounds import Range
from ...golden.description.choices import Choices
from ...golden.formats import Integer, Minifloat, lookup
from ...golden.units import Requantize
from ...golden.units.requantize_checks import output_of
from ...golden.units.requantize_rules import Q31
from ..arith.shapes import shape_of
from ..arith.shared import instance
from ..arith.timing import delayed
from ..fp import (
    FloatAdd,
    FloatMultiply,
    FloatProduct,
    FloatToFloat,
    FloatToInteger,
    IntegerToFloat,
    ScaleToFloat,
    ShiftToInteger,
)
from ..fp.pack import at_least
from ..fp.pipeline import Pipelined
from ..scale.finish import finished
from .integer_scale import IntegerScale


class Step(NamedTuple):
    """A part of the way.

    Parameters
    ----------
    name : what it does, in words.
    width : bits of what it gives.
    block : what is placed; None for what takes a register and an expression.
    reads : the block's inputs beside ``i``, and which of the group's values each takes.
    made : what it gives where there is no block: of a value and the group's values.
    """

    name: str
    width: int
    block: Pipelined | None = None
    reads: tuple[tuple[str, str], ...] = ()
    made: Callable[[Module, Value, Mapping[str, Value], str], Value] | None = None

    @property
    def cycles(self) -> int:
        return 1 if self.block is None else self.block.latency


class RequantizeElements(ABC):
    """The steps of a unit's sums; a rule says which.

    Parameters
    ----------
    unit : :class:`Requantize`
        What is computed.
    """

    def __init__(self, unit: Requantize):
        self.unit = unit

    @cached_property
    def values(self) -> Range:
        """Bounds of a sum with its bias."""
        found = self.own(self.unit.sums)
        return found + self.own(self.unit.bias) if self.unit.bias is not None else found

    @staticmethod
    def own(fmt: Any) -> Range:
        """The bounds of all codes of an integer format, in its unit."""
        return Range(fmt.lsb, fmt.low, fmt.high)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All in order."""
        return (*([self._bias()] if self.unit.bias is not None else []), *self.rule_steps())

    def _bias(self) -> Step:
        if not self.unit.floats:
            return Step("plus the bias", self.values.width, made=self._biased)
        formats = self.unit.sums, self.unit.bias, self.unit.summed
        a, b, made = (fmt for fmt in formats if isinstance(fmt, Minifloat))
        return Step(
            "plus the bias in FP32", made.bits, FloatAdd(a, b, made).staged(), (("b", "bias"),)
        )

    @property
    def summed(self) -> Minifloat:
        """The format of float sums with their biases."""
        found = self.unit.summed
        assert isinstance(found, Minifloat)
        return found

    @abstractmethod
    def rule_steps(self) -> list[Step]:
        """Those of the rule."""

    @property
    def latency(self) -> int:
        return sum(step.cycles for step in self.steps)

    def write(
        self, m: Module, enable: Value, codes: Sequence[Value], held: Mapping[str, Value], name: str
    ) -> list[Value]:
        """As of :class:`macsmith.hw.units.every_element.Elements`."""
        sums = self.unit.sums
        whole = isinstance(sums, Integer) and sums.signed
        lanes = [code.as_signed() if whole else code for code in codes]
        for number, step in enumerate(self.steps):
            place = f"{name}_{number}"
            lanes = [
                self._placed(m, enable, step, value, held, f"{place}_{lane}")
                for lane, value in enumerate(lanes)
            ]
            held = {
                key: delayed(m, enable, value, step.cycles, f"{place}_{key}")
                for key, value in held.items()
            }
        return lanes

    def _placed(
        self, m: Module, enable: Value, step: Step, value: Value, held: Mapping[str, Value],
        name: str,
    ) -> Value:  # fmt: skip
        if step.block is None:
            assert step.made is not None
            return delayed(m, enable, step.made(m, value, held, name), 1, f"{name}_made")
        part = instance(m, name, ("requantize", step.name), step.block.component)
        m.d.comb += [part.enable.eq(enable), Value.cast(getattr(part, self.first(step))).eq(value)]
        for port, key in step.reads:
            m.d.comb += Value.cast(getattr(part, port)).eq(self.number(key, held[key]))
        found: Value = part.o
        return found

    @staticmethod
    def first(step: Step) -> str:
        """The port that takes what the step before gave."""
        return "a" if isinstance(step.block, FloatMultiply | FloatAdd) else "i"

    def number(self, key: str, code: Value) -> Value:
        """A code of the group's values as a number, where it is an integer."""
        fmt = self.unit.held[key]
        return code.as_signed() if isinstance(fmt, Integer) and fmt.signed else code

    def _biased(self, m: Module, value: Value, held: Mapping[str, Value], name: str) -> Value:
        found = Signal(shape_of(self.values), name=f"{name}_biased")
        m.d.comb += found.eq(value + self.number("bias", held["bias"]))
        return found


class ShiftElements(RequantizeElements):
    """Times an integer, shifted to the right."""

    def rule_steps(self) -> list[Step]:
        unit, found, product = self.unit, [], self.values
        product = Range(0, product.low, product.high)
        joined = 0
        if unit.multiplier is not None:
            # One bit says enough of all those that every shift takes below the guard bit.
            single = unit.rule != "tflite" and unit.rounding != "nearest_up"
            joined = max(unit.shifts[0] - 1, 0) if single else 0
            factor = self._bare(unit.multiplier)
            joined = min(joined, (product * factor).width - 2)
            rows = unit.build.policy == "lut"
            block = IntegerScale(product, factor, joined=joined, rows=rows).staged()
            product = block.product
            found.append(
                Step("times the multiplier", product.width, block, (("scale", "multiplier"),))
            )
        shifts = self._bare(unit.shift) if unit.shift is not None else None
        last = ShiftToInteger(
            product,
            unit.constant - max(joined - 1, 0),
            shifts,
            ends=unit.ends_of_result,
            bits=unit.result.bits,
            zero=unit.zero,
            rounding=unit.rounding,
            first=Q31 if unit.rule == "tflite" else None,
        ).staged()
        reads = (("shift", "shift"),) if shifts is not None else ()
        return [*found, Step("shifted, rounded, saturated", unit.result.bits, last, reads)]

    @staticmethod
    def _bare(fmt: Any) -> Range:
        return Range(0, fmt.low, fmt.high)


class ScaleElements(RequantizeElements):
    """Times a float, to a float."""

    def rule_steps(self) -> list[Step]:
        unit, result = self.unit, self.unit.result
        assert isinstance(result, Minifloat)
        block = self._block(result).staged()
        if unit.multiplier is None:
            found = [Step("rounded to nearest even", result.bits, block)]
        else:
            reads = (("scales", "multiplier"),)
            found = [Step("times the scale, rounded", result.bits, block, reads)]
        if unit.clamp or (unit.relu and result.signed):
            what = " and ".join(["ReLU"] * unit.relu + ["clamp"] * bool(unit.clamp))
            found.append(Step(what, result.bits, made=self._finished))
        return found

    def _block(self, result: Minifloat) -> Pipelined:
        """What multiplies, or converts, and rounds once."""
        unit, saturate = self.unit, self.unit.saturates
        rows = unit.build.policy == "lut"
        if unit.multiplier is None:
            if unit.floats:
                return FloatToFloat(self.summed, result, saturate=saturate)
            return IntegerToFloat(self.values, result, saturate=saturate, short=True)
        assert isinstance(unit.multiplier, Minifloat)
        factors = (unit.multiplier,)
        if unit.floats:
            return FloatProduct(
                self.summed, factors, result, saturate=saturate, rows=rows, short=True
            )
        return ScaleToFloat(self.values, factors, result, saturate=saturate, rows=rows, short=True)

    def _finished(self, m: Module, value: Value, held: Mapping[str, Value], name: str) -> Value:
        unit = self.unit
        return finished(m, output_of(unit), unit.result, value)


class LinearElements(RequantizeElements):
    """ONNX's steps: to FP32, times an FP32 scale, to an integer, plus the zero point."""

    def rule_steps(self) -> list[Step]:
        unit, single = self.unit, lookup("fp32")
        assert isinstance(single, Minifloat) and isinstance(unit.result, Integer)
        rows = unit.build.policy == "lut"
        found, given = [], single
        if not unit.floats:
            found.append(
                Step("to FP32", 32, IntegerToFloat(self.values, single, short=True).staged())
            )
        else:
            given = self.summed
        if unit.multiplier is not None:
            scaled = FloatMultiply(given, single, single, rows=rows, short=True).staged()
            reads, given = (("b", "multiplier"),), single
            found.append(Step("times the scale in FP32", 32, scaled, reads))
        low, high = unit.ends_of_result
        plain = (low, high, unit.zero) == (unit.result.low, unit.result.high, 0)
        near = unit.result if plain else Integer("nearest", unit.result.bits + 2)
        rounded = FloatToInteger(given, near, short=True).staged()
        found.append(Step("to the nearest integer", near.bits, rounded))
        if not plain:
            found.append(Step("plus the zero point, saturated", unit.result.bits, made=self._ended))
        return found

    def _ended(self, m: Module, value: Value, held: Mapping[str, Value], name: str) -> Value:
        unit, whole = self.unit, value.as_signed()
        low, high = (end - unit.zero for end in unit.ends_of_result)
        chosen = Signal(unit.result.bits, name=f"{name}_chosen")
        above, below = at_least(whole, high), ~at_least(whole, low)
        bound = Mux(above, high + unit.zero, low + unit.zero)
        m.d.comb += chosen.eq(Mux(above | below, bound, whole + unit.zero))
        return chosen


#: The steps of a rule, by its name.
STEPS: Choices[type[RequantizeElements]] = Choices("rule", "macsmith.hw.units.requantizers")
STEPS.register("dyadic", ShiftElements)
STEPS.register("tflite", ShiftElements)
STEPS.register("scale", ScaleElements)
STEPS.register("qlinear", LinearElements)


def elements(unit: Requantize) -> RequantizeElements:
    """The steps of a unit."""
    return STEPS[unit.rule](unit)
