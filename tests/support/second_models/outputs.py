"""What follows a sum: scales at the end, bias, one conversion, ReLU, clamp; each step alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .elements import element
from .floats import TWO, Float, floor_log2
from .reals import NAN, Real, real


@dataclass(frozen=True)
class Tail:
    """``working``: the format of every step before the conversion to ``output``, a format's name.

    ``clamp``: two values of the output's format. NaN in a format without it is 0.
    """

    working: Float
    output: str
    relu: bool = False
    clamp: tuple[Fraction, Fraction] | None = None

    def result(self, value: Real, scales: Sequence[Real] = (), bias: Real | None = None) -> Real:
        """The converted result of a sum; without scales and bias it is rounded only once."""
        if scales or bias is not None:
            value = self.working.round(value)
        for scale in scales:
            value = self.working.round(value * scale)
        if bias is not None:
            value = self.working.round(value + bias)
        return self.activate(convert(value, self.output))

    def activate(self, value: Real) -> Real:
        """ReLU, then clamp; both leave NaN alone."""
        if value.special == "nan":
            return value
        if self.relu and value.negative:
            value = real(0)
        if self.clamp is not None:
            low, high = self.clamp
            if value.special == "inf":
                return real(low if value.negative else high)
            if value.fraction <= low:
                return real(low)
            if value.fraction >= high:
                return real(high)
        return value


def convert(value: Real, name: str) -> Real:
    """Rounded to nearest even; too large is infinity if the format has one, else its greatest."""
    if name.removeprefix("u").startswith("int"):
        return _integer(value, name)
    made = element(name).float
    assert made is not None
    if value.special == "nan":
        return NAN if made.policy != "finite" else real(0)
    greatest = made.magnitude(made.greatest)
    if value.special == "inf":
        magnitude, over = Fraction(0), True
    else:
        magnitude = _nearest(value.magnitude, made)
        over = magnitude > greatest
    if over and made.policy == "ieee":
        return Real(Fraction(0), value.negative, "inf")
    return Real(greatest if over else magnitude, value.negative)


def _nearest(magnitude: Fraction, made: Float) -> Fraction:
    if not magnitude:
        return magnitude
    quantum = TWO ** (max(floor_log2(magnitude), 1 - made.bias) - made.mantissa)
    return round(magnitude / quantum) * quantum  # Python rounds a Fraction's tie to even


def _integer(value: Real, name: str) -> Real:
    width, signed = int(name.strip("uint")), not name.startswith("u")
    low = -(1 << (width - 1)) if signed else 0
    high = (1 << (width - signed)) - 1
    if value.special == "nan":
        return real(0)
    if value.special == "inf":
        return real(low if value.negative else high)
    return real(min(max(round(value.fraction), low), high))


def code(value: Real, name: str) -> int:
    """The code of a value that the format holds."""
    if name.removeprefix("u").startswith("int"):
        return int(value.fraction) & ((1 << int(name.strip("uint"))) - 1)
    made = element(name).float
    assert made is not None
    if value.special == "nan" and made.policy == "fn":
        return made.greatest + 1
    return made.code(value)
