"""Where NaN can come from, so that an output that cannot hold it is told before it is built."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from .bounds import ZERO, Range, of_scales, of_term
from .formats import Format
from .terms import Accumulator, accumulators

if TYPE_CHECKING:
    from .description import Arithmetic

SIDES = ("weight", "activation")
#: Rounding can make a sum larger than exact bounds tell: an addend and an addition each at most
#: double what they bring, the tree of partial sums a little more.
GROWTH = 16


def nan_source(arithmetic: Arithmetic) -> str | None:
    """What can bring a NaN to the output's conversion, in words; None if nothing can.

    NaN codes, infinities (times zero, or of two signs), and overflows of the working format
    where more follows. Overflow is judged by bounds: what is named may need extreme data.
    """
    if element := special_element(arithmetic):
        return element
    operands = (arithmetic.weight, arithmetic.activation)
    for side, operand in zip(SIDES, operands, strict=True):
        for level in operand.levels:
            if _special(level.format):
                return f"the {side} scale {level.name!r} ({level.format.name})"
    bias = arithmetic.output.bias
    if bias is not None and _special(bias):
        return f"the bias ({bias.name})"
    working = arithmetic.working.name
    return f"an overflow of {working} sums" if _overflows(arithmetic.compressed) else None


def special_element(arithmetic: Arithmetic) -> str | None:
    """An element that may be NaN or infinite, in words; None if there is none."""
    operands = (arithmetic.weight, arithmetic.activation)
    for side, operand in zip(SIDES, operands, strict=True):
        for plane in operand.planes:
            if _special(plane.element):
                return f"the {side} element {plane.element.name}"
    return None


def _special(fmt: Format) -> bool:
    return fmt.has_nan or fmt.has_inf


def _overflows(arithmetic: Arithmetic) -> bool:
    """Whether bounds allow an infinity in the working format that something else then meets."""
    first, last = arithmetic.accumulate[0], arithmetic.accumulate[-1]
    sums = accumulators(arithmetic)
    if first.rule == "aligned" and first.format is not None:
        count = arithmetic.group or arithmetic.k_max
        if _beyond(of_term(sums[0].terms[0], arithmetic, count, scaled=False), first.format):
            return True
    if last.rule != "fp" and not any(item.scales for item in sums):
        return False  # at most a finite bias follows
    return any(_beyond(_bound(item, arithmetic), arithmetic.working) for item in sums)


def _bound(item: Accumulator, arithmetic: Arithmetic) -> Range:
    """The greatest magnitudes of an accumulator, before or after its late scales."""
    last, k = arithmetic.accumulate[-1], arithmetic.k_max
    total = ZERO
    for term in item.terms:
        total = total + (of_term(term, arithmetic, k, scaled=True) | ZERO)
    if last.rule == "int" and last.format is not None:
        total = Range(total.lsb, last.format.low, last.format.high)
    widest = total
    for scale in item.scales:
        total = total * of_scales((scale,))
        widest = widest | total
    return widest


def _beyond(bound: Range, fmt: Format) -> bool:
    greatest = max(abs(bound.low), abs(bound.high)) * Fraction(2) ** bound.lsb
    return greatest * GROWTH > fmt.maximum
