"""Exponentials by shifts and additions of integers, as I-ViT has them.

Source: I-ViT (Li and Gu, 2023), ``quant_modules.py``. That code counts in float32 tensors, where
what is above 2^24 loses bits; here all is exact.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import DesignError

Array = npt.NDArray[Any]

#: The greatest sum of exponentials.
MOST = (1 << 31) - 1
#: Bits of a fraction, and by how much a product with the reciprocal of a sum is shifted for it.
FRACTION, SHIFT = 7, 24


def octave_of(scale: float | Fraction) -> int:
    """``-floor(-1 / scale)``: how many steps of the scale make about a factor of two.

    That of ShiftGELU is ``octave_of(Fraction(1702, 1000) * Fraction(scale))``.

    Raises DesignError for a scale that is not positive.
    """
    exact = Fraction(scale)
    if exact <= 0:
        raise DesignError(f"a scale must be positive, got {scale}")
    return ceil(1 / exact)


def parts(x: Array, octave: int, n: int) -> tuple[Array, Array]:
    """Integers x, of any sign, as ``s`` and ``q`` of exp(x · scale) · 2^n = s · 2^(n - q - 1).

    With an octave of 0, s is 0. Otherwise s is octave + 1 to 2 · octave, and even if q = n, which
    is the greatest q.
    """
    if not octave:
        return np.zeros_like(x), np.zeros_like(x)
    stretched = np.maximum(x + (x >> 1) - (x >> 4), -n * octave)  # times log2(e), about
    q = -stretched // octave
    return 2 * octave + stretched + octave * q, q


def shift_exp(x: Array, octave: int, n: int) -> Array:
    """exp(x · scale) · 2^n of integers x that are not positive, int64."""
    s, q = parts(x, octave, n)
    return np.asarray((s << (n - q)) >> 1)


def shift_exp_of_positive(x: int, octave: int, n: int) -> int:
    """exp(x · scale) · 2^n of an integer that is not negative, at most :data:`MOST`."""
    s, q = (int(item) for item in parts(np.asarray(x), octave, n))
    return min(s << min(n - q - 1, 31), MOST)


def fraction(e: Array, total: Array | int) -> Array:
    """floor(e · floor((2^31 - 1) / total) / 2^24): e / total in units of 2^-7."""
    return np.asarray((e * (MOST // np.maximum(total, 1))) >> SHIFT)
