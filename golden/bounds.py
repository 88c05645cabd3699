"""Proven widths, from elements to accumulators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import Change, DesignError
from .interval import Range, of_format
from .products import RULES
from .terms import Accumulator, Part, Sided, Term, accumulators

if TYPE_CHECKING:
    from .description import Arithmetic

__all__ = [
    "MAX_EXACT",
    "ZERO",
    "Range",
    "exact_range",
    "inner_range",
    "of_accumulator",
    "of_format",
    "of_part",
    "of_scales",
    "of_term",
    "result_range",
]

#: The widest exact product sum that the RTL builds.
MAX_EXACT = 128

#: Sums of any format's products: those of a step, with as many bits as Blackwell keeps.
ALIGNED: Change = {"accumulate": "aligned", "fraction": 25}

ZERO = Range(0, 0, 0)


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
        product = RULES[arithmetic.product].range(
            arithmetic.weight.planes[i].element, arithmetic.activation.planes[j].element
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
    arithmetic = arithmetic.compressed
    count = arithmetic.accumulate[0].span or arithmetic.group or arithmetic.k_max
    total = of_term(term, arithmetic, count, scaled=False)
    if total.width > MAX_EXACT:
        raise DesignError(
            f"an exact sum of {count} products needs {total.width} bits, more than {MAX_EXACT}",
            ALIGNED,
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
    arithmetic = arithmetic.compressed
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
        rules: tuple[Change, ...] = (ALIGNED,)
        if arithmetic.group:
            rules = ({"accumulate": "fp32"}, ALIGNED)
        raise DesignError(
            f"an exact sum of {arithmetic.compressed.k_max} products needs {total.width} bits, "
            f"more than {MAX_EXACT}",
            *rules,
        )
    return total
