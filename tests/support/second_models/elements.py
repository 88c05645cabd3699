"""Every element and scale format by its name: how many bits, and what each code is worth."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from .floats import BF16, FP16, FP32, TWO, Float, standard
from .others import values
from .p3109 import P3109, p3109
from .reals import NAN, Real, real

#: E2M1's magnitudes in units of 1/2, and the special values that stand for its code of -0.
E2M1_HALVES = (0, 1, 2, 3, 4, 6, 8, 12)
BITMOD_SPECIALS = (5, -5, 8, -8)


@dataclass(frozen=True)
class Element:
    """``leading(code)``: the exponent of a full significand's leading bit, for aligned sums.

    It means nothing for a zero, which :mod:`aligned` knows.
    """

    bits: int
    decode: Callable[[int], Real]
    leading: Callable[[int], int]
    codes: tuple[int, ...]
    float: Float | P3109 | None = None


@cache
def element(name: str) -> Element:
    """The element format of a name of the catalogue."""
    if name in SPECIAL:
        return SPECIAL[name]
    if (known := values(name)) is not None:
        greatest = max(abs(v.fraction) for v in known if v.finite)
        top = greatest.numerator.bit_length() - greatest.denominator.bit_length()
        bits = len(known).bit_length() - 1
        leading = of_posit(known) if name.startswith("posit") else lambda code: top
        return Element(bits, known.__getitem__, leading, tuple(range(len(known))))
    if found := re.fullmatch(r"(u?)int(\d+)(_sym)?", name):
        return integer(int(found[2]), signed=not found[1], symmetric=bool(found[3]))
    if (draft := p3109(name)) is not None:
        return of_float(draft)
    found = re.fullmatch(r"(u?)e(\d)m(\d+)(?:b(\d+))?(?:_(\w+))?", name)
    assert found, f"no second model of {name}"
    policy = found[5] or BARE.get(name, "finite")
    made = standard(int(found[2]), int(found[3]), policy, signed=not found[1])
    return of_float(made if found[4] is None else rebias(made, int(found[4])))


def of_posit(known: Sequence[Real]) -> Callable[[int], int]:
    """Posits have a hidden bit, whatever their regime leaves of the fraction; zero has none."""
    sizes = [abs(value.fraction) if value.finite else Fraction(0) for value in known]

    def leading(code: int) -> int:
        size, exponent = sizes[code] or Fraction(1), 0
        while size >= 2:
            size, exponent = size / 2, exponent + 1
        while size < 1:
            size, exponent = size * 2, exponent - 1
        return exponent

    return cache(leading)


def rebias(made: Float, bias: int) -> Float:
    return Float(made.exponent, made.mantissa, made.policy, bias, made.signed)


def of_float(made: Float | P3109) -> Element:
    codes = tuple(range(1 << made.bits))
    return Element(made.bits, cache(made.decode), made.leading, codes, made)


def integer(width: int, signed: bool, symmetric: bool = False, unit: int = 0) -> Element:
    """Two's complement or unsigned, times 2^unit; symmetric: the most negative code is unused."""
    half = 1 << (width - 1)

    def decode(code: int) -> Real:
        return real((code - 2 * half if signed and code >= half else code) * TWO**unit)

    largest = half - symmetric if signed else 2 * half - 1
    codes = tuple(c for c in range(2 * half) if not (symmetric and c == half))
    return Element(width, cache(decode), lambda code: largest.bit_length() - 1 + unit, codes)


def table(values: tuple[int, ...], unit: int = 0) -> Element:
    """Code c is worth ``values[c] * 2^unit``."""
    largest = max(abs(value) for value in values)
    return Element(
        len(values).bit_length() - 1,
        lambda code: real(values[code] * TWO**unit),
        lambda code: largest.bit_length() - 1 + unit,
        tuple(range(len(values))),
    )


def e8m0(code: int) -> Real:
    """A8: 2^(c-127), no zero, no sign; 255 is NaN."""
    return NAN if code == 255 else Real(TWO ** (code - 127))


def bitmod4(code: int, select: int) -> Fraction:
    """A6: E2M1, but the code of -0 is the group's special value."""
    if code == 0b1000:
        return Fraction(BITMOD_SPECIALS[select])
    magnitude = Fraction(E2M1_HALVES[code & 7], 2)
    return -magnitude if code & 8 else magnitude


#: What a bare name means beside "finite" (DESIGN, "Names").
BARE = {"e4m3": "fn", "e5m2": "ieee", "ue4m3": "fn", "ue5m3": "fn"}

SPECIAL = {
    "fp32": Element(32, FP32.decode, FP32.leading, (), FP32),
    "fp16": of_float(FP16),
    "bf16": of_float(BF16),
    "e8m0": Element(8, e8m0, lambda code: code - 127, tuple(range(256))),
    "mxint8": integer(8, signed=True, unit=-6),
    "binary": table((-1, 1)),
    "ternary": table((0, 1, 0, -1)),  # two's complement; the illegal code is zero
    "one": table((1,)),
    "minus_one": table((-1,)),
}
