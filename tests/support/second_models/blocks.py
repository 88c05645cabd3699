"""Floating-point blocks in exact rational arithmetic: an exact result, rounded once.

``formats.md`` A0, "Conversion to a float format"; IEEE 754-2019, 4.3.1. A NaN is zero where the
result's format has none.
"""

from __future__ import annotations

from fractions import Fraction

from .elements import Element, element
from .floats import TWO, Float, floor_log2
from .nearest import OVERFLOW, code, nan_code
from .reals import Real


def rounded(item: Element, value: Real, saturate: bool = False) -> int:
    """The code of ``value`` in a float format with a zero, to nearest even."""
    made = item.float
    assert made is not None
    if value.special == "nan":
        return nan_code(item) if has_nan(made) else 0
    place = OVERFLOW if value.special else place_of(made, value.magnitude)
    return code(item, place, value.negative, saturate)


def has_nan(made: Float) -> bool:
    return made.policy != "finite" and not (made.policy == "ieee" and made.mantissa == 0)


def place_of(made: Float, magnitude: Fraction) -> int | None:
    """The code without sign that is nearest, the even one of two; OVERFLOW beyond the greatest."""
    if not magnitude:
        return 0
    leading = max(floor_log2(magnitude), 1 - made.bias)
    quantum = TWO ** (leading - made.mantissa)
    whole, rest = divmod(magnitude, quantum)
    place = ((leading + made.bias - 1) << made.mantissa) + int(whole)
    place += (rest * 2, place % 2) > (quantum, 0)
    return place if place <= made.greatest else OVERFLOW


def whole(value: Real, lsb: int, low: int, high: int) -> int:
    """``value`` in units of ``2^lsb``, to nearest even, kept within its bounds; NaN is 0."""
    if value.special == "nan":
        return 0
    if value.special:
        return low if value.negative else high
    return min(max(round(value.fraction / TWO**lsb), low), high)


def add(names: tuple[str, str, str], a: int, b: int, saturate: bool = False) -> int:
    """The code of a + b; ``names`` are the operands' formats and the result's."""
    one, two, out = map(element, names)
    return rounded(out, one.decode(a) + two.decode(b), saturate)


def multiply(names: tuple[str, str, str], a: int, b: int, saturate: bool = False) -> int:
    """The code of a · b."""
    one, two, out = map(element, names)
    return rounded(out, one.decode(a) * two.decode(b), saturate)


def scale(value: Real, scales: tuple[str, ...], codes: tuple[int, ...], out: str) -> int:
    """The code of ``value`` times all scales, rounded once."""
    for name, number in zip(scales, codes, strict=True):
        value = value * element(name).decode(number)
    return rounded(element(out), value)
