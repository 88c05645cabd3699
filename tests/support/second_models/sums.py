"""What the engines share: FP32 arithmetic with one rounding an operation, and partial sums."""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul

from .floats import FP32, Float
from .reals import ZERO, Real

Codes = Sequence[Sequence[int]]


def dot(first: Sequence[int], second: Sequence[int]) -> int:
    return sum(map(mul, first, second))


def times(first: Real, second: Real) -> Real:
    return FP32.round(first * second)


def plus(first: Real, second: Real, working: Float = FP32) -> Real:
    return working.round(first + second)


def accumulate(addends: Sequence[Real], partials: int, working: Float = FP32) -> Real:
    """Addend i into partial sum i mod P, all from +0; then neighbours pair up, an odd one waits."""
    sums = [ZERO] * partials
    for i, addend in enumerate(addends):
        sums[i % partials] = plus(sums[i % partials], addend, working)
    while len(sums) > 1:
        pairs = [plus(a, b, working) for a, b in zip(sums[0::2], sums[1::2], strict=False)]
        sums = pairs + sums[2 * len(pairs) :]
    return sums[0]


def int8(code: int) -> int:
    return code - 256 if code & 0x80 else code
