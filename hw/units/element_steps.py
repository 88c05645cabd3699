"""The way from a code to a result: which parts an element meets, and in what ranges."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from ...golden.bounds import Range, of_format
from ...golden.formats import Integer, Minifloat
from ...golden.units import Dequantize
from ..fp import FixedToInteger, FloatProduct, FloatToFloat, IntegerToFloat, ScaleToFloat
from ..fp.integer import NO_FLAGS
from ..fp.pipeline import Pipelined
from .integer_scale import IntegerScale

#: Bits of a scale's significand from which on the elements' LUTs, not their registers, fill sites:
#: then more registers cost nothing.
_WIDE = 11
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


class ElementSteps:
    """The steps of (q - z) · s for an element.

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

    @property
    def fine(self) -> bool:
        """Whether levels of a normalisation are cut in two."""
        return any(fmt.significand_width >= _WIDE for fmt in self.floats)

    @property
    def short(self) -> bool:
        """Whether scales are so wide that what is special of them is told a step later."""
        return any(fmt.significand_width > _WIDE for fmt in self.floats)

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
            block = ScaleToFloat(
                self.whole,
                self.floats,
                result,
                saturate=saturate,
                rows=rows,
                narrow=True,
                fine=self.fine,
                short=self.short,
            )
            return (_placed(block),)
        return (_placed(IntegerToFloat(self.whole, result, saturate=saturate, fine=self.fine)),)

    def _of_float(self, element: Minifloat) -> Pipelined:
        """From a float to the result, which is one too."""
        result, saturate = self.unit.result, self.unit.saturates
        assert isinstance(result, Minifloat)
        if not self.floats:
            return FloatToFloat(element, result, saturate=saturate)
        rows = self.unit.build.policy == "lut"
        # Rows are made from the scales' digits: the element, of few bits, multiplies the last.
        *rest, last = self.floats
        return FloatProduct(
            last,
            (*rest, element),
            result,
            saturate=saturate,
            rows=rows,
            fine=self.fine,
            short=self.short,
        )

    @property
    def latency(self) -> int:
        return sum(step.cycles for step in self.steps)


def _placed(block: Pipelined) -> Step:
    staged = block.staged()
    return Step("block", staged.latency, staged)
