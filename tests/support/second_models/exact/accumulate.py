"""The rules of accumulation: of products within a group, and of groups' sums."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from .description import Stage
from .formats import Integer, named
from .minifloats import Minifloat
from .numbers import NOUGHT, Number, finite, floor_log2, power, total
from .rounding import rounded
from .sums import Sum

ZERO = finite(0)


def float_format(name: str) -> Minifloat:
    form = named(name)
    assert isinstance(form, Minifloat), name
    return form


def float_sum(addends: Sequence[Number], stage: Stage) -> Number:
    """Addend i into partial sum i mod P; then neighbours in a tree. Every addition is rounded."""
    form = float_format(stage.format)
    partial = [ZERO] * stage.partials
    for index, addend in enumerate(addends):
        place = index % stage.partials
        partial[place] = rounded(total(partial[place], addend), form)
    return tree(partial, form)


def tree(partial: list[Number], form: Minifloat) -> Number:
    """(p0 + p1), (p2 + p3), …, then their sums; an odd one is passed on."""
    while len(partial) > 1:
        pairs = [partial[i : i + 2] for i in range(0, len(partial), 2)]
        partial = [rounded(total(*pair), form) if pair[1:] else pair[0] for pair in pairs]
    return partial[0]


def integer_sum(sums: Sequence[Sum], stage: Stage, lsb: int) -> Sum:
    """Sums added one after the other in an integer that wraps or stops at its ends."""
    form = named(stage.format)
    assert isinstance(form, Integer), stage.format
    result = Sum()
    for each in sums:
        result = result.joined(each)
        units = result.value / power(lsb)
        assert units.denominator == 1, "an integer counts whole units"
        result = result.with_value(bounded(units.numerator, form, stage.saturate) * power(lsb))
    return result


def bounded(value: int, form: Integer, saturate: bool) -> int:
    if saturate:
        return min(max(value, form.least), form.greatest)
    return (value - form.least) % (1 << form.bits) + form.least


def aligned_sum(
    products: Sequence[tuple[Number, int]], stage: Stage, lanes: int, length: int
) -> Number:
    """Steps of ``lanes`` products, each with its exponent, padded with zeros to ``length``."""
    form, partial = float_format(stage.format), [ZERO] * stage.partials
    for number, start in enumerate(range(0, length, lanes)):
        step, place = products[start : start + lanes], number % stage.partials
        addends = [own(partial[place], form), *step]
        partial[place] = aligned_step(addends, stage.fraction, form)
    if len(partial) == 1:
        return partial[0]
    return aligned_step([own(number, form) for number in partial], stage.fraction, form)


def own(number: Number, form: Minifloat) -> tuple[Number, int]:
    """What an accumulator holds, and the exponent with which it counts."""
    if number.kind != "finite" or not number.magnitude:
        return number, NOUGHT
    return number, max(floor_log2(number.magnitude), 1 - form.bias)


def aligned_step(addends: Sequence[tuple[Number, int]], fraction: int, form: Minifloat) -> Number:
    """Numbers, each cut at so many bits below their greatest exponent; the sum is cut to the
    format, and an overflow is infinite."""
    special = [number for number, _ in addends if number.kind != "finite"]
    if special:
        result = special[0]
        for number in special[1:]:
            result = total(result, number)
        return result
    unit = power(max(exponent for _, exponent in addends) - fraction)
    value = sum(truncated(number.value / unit) for number, _ in addends) * unit
    code, _ = form.below(abs(value))
    return form.number(form.signed_code(value < 0, min(code, form.largest + 1)))


def truncated(value: Fraction) -> int:
    """The integer part, toward zero."""
    whole = abs(value.numerator) // value.denominator
    return -whole if value < 0 else whole
