"""How wide the C++ model's integers are, and that golden's float64 steps are exact."""

from __future__ import annotations

from ...golden.bounds import exact_range, inner_range, of_term, result_range
from ...golden.description import Arithmetic
from ...golden.errors import DesignError
from ...golden.interval import Range
from ...golden.terms import Term, accumulators

#: Exponents of float64's normal numbers.
_LEAST, _GREATEST = -1022, 1023

#: Room for a sign and a difference.
_SPARE = 3


def words(arithmetic: Arithmetic) -> int:
    """32-bit words of the integers that hold every sum of ``arithmetic``, a compressed one.

    Raises DesignError where golden has no sum so wide, and where the numbers lie beyond float64's,
    which golden rounds its sums in.
    """
    last = arithmetic.accumulate[-1]
    widths, scaled = [64], []
    for item in accumulators(arithmetic):
        for term in item.terms:
            if last.rule == "fp" and arithmetic.accumulate[0].rule not in ("int", "aligned"):
                inner_range(term, arithmetic)
            inner = _inner(term, arithmetic)
            widths.append(_held(inner, arithmetic) + _widening(term))
            scaled.append(_scaled(inner, term))
        for _, level in item.scales:
            own = Range(arithmetic.working.lsb, 0, arithmetic.working.high)
            scaled.append(own * Range(level.format.lsb, 0, level.format.high))
    if last.rule in ("exact", "int"):
        result_range(arithmetic)
        total = exact_range(arithmetic)
        widths.append(total.width)
        if last.format is not None:
            widths.append(last.format.bits)
    if last.rule == "exact" or arithmetic.output.format is not None:
        _check_floats(scaled)
    return -(-(max(widths) + _SPARE) // 32)


def _inner(term: Term, arithmetic: Arithmetic) -> Range:
    """What a group, or a span of groups, adds up to before its float scales."""
    first = arithmetic.accumulate[0]
    if first.rule == "aligned":
        form = first.format
        assert form is not None
        return Range(form.lsb, form.low, form.high)
    count = first.span or arithmetic.group or arithmetic.k_max
    return of_term(term, arithmetic, count, scaled=False)


def _held(inner: Range, arithmetic: Arithmetic) -> int:
    """Bits of what is multiplied by float scales: of an aligned sum the significand alone."""
    first = arithmetic.accumulate[0]
    if first.rule == "aligned" and first.format is not None:
        return first.format.significand_width + 1
    return inner.width


def _widening(term: Term) -> int:
    return sum(level.format.significand_width for _, level in term.scales)


def _scaled(inner: Range, term: Term) -> Range:
    for _, level in term.scales:
        fmt = level.format
        inner = inner * Range(fmt.lsb, min(fmt.low, -1), max(fmt.high, 1))
    return inner


def _check_floats(scaled: list[Range]) -> None:
    least = min((item.lsb for item in scaled), default=0)
    greatest = max((item.lsb + item.width for item in scaled), default=0)
    if least < _LEAST or greatest > _GREATEST:
        raise DesignError(
            f"the C++ model takes sums with exponents in {_LEAST}…{_GREATEST}, got "
            f"{least}…{greatest}: leave --cpp out, or choose scales of fewer exponent bits"
        )
