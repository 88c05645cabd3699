"""A block's scale, zero point and codes from its range, in fractions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import ml_dtypes
import numpy as np

TYPES = {"bf16": ml_dtypes.bfloat16, "fp16": np.float16, "fp32": np.float32}


def block(
    values: Sequence[float], bits: int, scale: str, *, up: bool
) -> tuple[Fraction, int, list[int]]:
    """s next to (max - min) / (2^bits - 1), or not below it; z = round(-min / s); round(x / s) + z.

    ``scale`` is a name of :data:`TYPES`; beyond its ends s is its greatest, or its least above 0.
    """
    x = [Fraction(float(value)) for value in values]
    most = (1 << bits) - 1
    low, high = min(*x, 0), max(*x, 0)
    s = stored((high - low) / most or Fraction(1), scale, up=up)
    zero = min(max(round(-low / s), 0), most)  # Python's round has ties to even
    return s, zero, [min(max(round(value / s) + zero, 0), most) for value in x]


def stored(wanted: Fraction, scale: str, *, up: bool) -> Fraction:
    """The number of a type that stands for a positive one."""
    kind, unsigned = TYPES[scale], np.uint32 if scale == "fp32" else np.uint16
    greatest = int(kind(np.inf).view(unsigned)) - 1
    near = int(np.float64(wanted).astype(kind).view(unsigned))
    codes = [code for code in range(near - 2, near + 3) if 1 <= code <= greatest]
    codes = codes or [greatest]
    held = {code: Fraction(float(unsigned(code).view(kind))) for code in codes}
    if up:
        return next((value for value in held.values() if value >= wanted), held[codes[-1]])
    code = min(held, key=lambda code: (abs(held[code] - wanted), code & 1))
    return held[code]
