"""Proven widths: interval arithmetic in exact integers, from elements to accumulators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import DesignError
from .formats import Format
from .terms import Accumulator, Part, Sided, Term, accumulators

if TYPE_CHECKING:
    from .description import Arithmetic

#: The widest exact product sum that the RTL builds.
MAX_EXACT = 128


@dataclass(frozen=True)
class Range:
    """All multiples of ``2**lsb`` from ``low * 2**lsb`` to ``high * 2**lsb``."""

    lsb: int
    low: int
    high: int

    @property
    def signed(self) -> bool:
        return self.low < 0

    @property
    def width(self) -> int:
        """Bits that hold every value, at least 1: two's complement if any is negative."""
        negative = (-self.low - 1).bit_length() if self.low < 0 else 0
        return max(self.high.bit_length(), negative, 0 if self.signed else 1) + self.signed

    def at(self, lsb: int) -> Range:
        """The same values in a unit no larger than before."""
        return Range(lsb, self.low << (self.lsb - lsb), self.high << (self.lsb - lsb))

    def __mul__(self, other: Range) -> Range:
        corners = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Range(self.lsb + other.lsb, min(corners), max(corners))

    def __neg__(self) -> Range:
        return Range(self.lsb, -self.high, -self.low)

    def __add__(self, other: Range) -> Range:
        lsb = min(self.lsb, other.lsb)
        a, b = self.at(lsb), other.at(lsb)
        return Range(lsb, a.low + b.low, a.high + b.high)

    def __or__(self, other: Range) -> Range:
        lsb = min(self.lsb, other.lsb)
        a, b = self.at(lsb), other.at(lsb)
        return Range(lsb, min(a.low, b.low), max(a.high, b.high))

    def times(self, count: int) -> Range:
        """The sum of ``count`` such values."""
        return Range(self.lsb, self.low * count, self.high * count)


ZERO = Range(0, 0, 0)


def of_format(fmt: Format) -> Range:
    """The finite values of a format; specials count as zero."""
    zero = fmt.has_nan or fmt.has_inf or fmt.has_zero
    low, high = (min(fmt.low, 0), max(fmt.high, 0)) if zero else (fmt.low, fmt.high)
    return Range(fmt.lsb, low, high)


def of_scales(scales: tuple[Sided, ...]) -> Range:
    """The product of scales."""
    product = Range(0, 1, 1)
    for _, level in scales:
        product = product * of_format(level.format)
    return product


def of_part(part: Part, arithmetic: Arithmetic, count: int) -> Range:
    """A part's sum over ``count`` elements, its exact scales included."""
    total: Range | None = None
    for i, j, sign in part.pairs:
        product = of_format(arithmetic.weight.planes[i].element) * of_format(
            arithmetic.activation.planes[j].element
        )
        product = -product if sign < 0 else product
        total = product if total is None else total + product
    assert total is not None
    return total.times(count) * of_scales(part.scales)


def of_term(term: Term, arithmetic: Arithmetic, count: int, *, scaled: bool) -> Range:
    """A term's sum over ``count`` elements, with or without its float scales."""
    total = of_part(term.parts[0], arithmetic, count)
    for part in term.parts[1:]:
        total = total + of_part(part, arithmetic, count)
    return total * of_scales(term.scales) if scaled else total


def inner_range(term: Term, arithmetic: Arithmetic) -> Range:
    """What an ``exact`` first stage hands to the ``fp`` one: a term's sum over its span.

    Raises DesignError if it is wider than 128 bits.
    """
    count = arithmetic.accumulate[0].span or arithmetic.group or arithmetic.k_max
    total = of_term(term, arithmetic, count, scaled=False)
    if total.width > MAX_EXACT:
        raise DesignError(
            f"an exact sum of {count} products needs {total.width} bits, more than {MAX_EXACT}; "
            "use --accumulate aligned --fraction F (F fractional bits kept)"
        )
    return total


def of_accumulator(accumulator: Accumulator, arithmetic: Arithmetic, k: int) -> Range:
    """An exact accumulator's sum over ``k`` elements."""
    total = of_term(accumulator.terms[0], arithmetic, k, scaled=True)
    for term in accumulator.terms[1:]:
        total = total + of_term(term, arithmetic, k, scaled=True)
    return total


def exact_range(arithmetic: Arithmetic) -> Range:
    """What all accumulators of an ``exact`` or ``int`` arithmetic add up to, before an ``int``
    stage bounds it, in the unit that they share."""
    found = [of_accumulator(a, arithmetic, arithmetic.k_max) for a in accumulators(arithmetic)]
    total = found[0]
    for other in found[1:]:
        total = total | other
    if arithmetic.initial is not None:
        total = total + Range(total.lsb, arithmetic.initial.low, arithmetic.initial.high)
    return total


def result_range(arithmetic: Arithmetic) -> Range:
    """The raw result of an ``exact`` or ``int`` arithmetic at K = k_max.

    Raises DesignError if it is wider than 128 bits: the answer is another accumulation rule.
    """
    total, last = exact_range(arithmetic), arithmetic.accumulate[-1]
    if last.rule == "int" and last.format is not None:
        return Range(total.lsb, last.format.low, last.format.high)
    if total.width > MAX_EXACT:
        rule = "fp32" if arithmetic.group else "aligned --fraction F (F fractional bits kept)"
        raise DesignError(
            f"an exact sum of {arithmetic.k_max} products needs {total.width} bits, more than "
            f"{MAX_EXACT}; use --accumulate {rule}"
        )
    return total
