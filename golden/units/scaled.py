"""Products of an element and its scales: exact, and rounded once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from ..exact import to_float
from ..formats import Fields, Format, Integer, Kind

Array = npt.NDArray[Any]


def of_integers(values: Array, lsb: int) -> Fields:
    """Integers in units of ``2**lsb`` as fields of one shape; zero is positive."""
    shape = values.shape
    kinds = np.full(shape, Kind.FINITE, np.uint8)
    return Fields(values < 0, np.abs(values), np.full(shape, lsb, np.int32), kinds)


def rounded_product(factors: Sequence[Fields], result: Format, saturate: bool) -> Array:
    """Codes of the product of ``factors``, which broadcast, rounded once to nearest even.

    Signs multiply, those of zeros too; zero times infinity is NaN. In a ``result`` without NaN that
    is +0; in an integer, what is out of range is the nearest value, whatever ``saturate`` says.
    """
    width = sum(int(f.significand.max(initial=0)).bit_length() for f in factors)
    kind = np.int64 if width <= 62 else object
    significand = reduce(np.multiply, (f.significand.astype(kind) for f in factors))
    exponent = reduce(np.add, (f.exponent.astype(np.int64) for f in factors))
    negative = reduce(np.logical_xor, (np.asarray(f.sign, bool) for f in factors))
    infinite = reduce(np.logical_or, (f.kind == Kind.INFINITE for f in factors))
    zero = reduce(np.logical_or, ((f.kind == Kind.FINITE) & (f.significand == 0) for f in factors))
    nan = reduce(np.logical_or, (f.kind == Kind.NAN for f in factors)) | (infinite & zero)

    value = np.where(infinite, np.inf, to_float(np.asarray(significand), exponent))
    value = np.where(nan, np.nan, np.copysign(value, np.where(negative, -1.0, 1.0)))
    if not result.has_nan:
        value = np.where(nan, 0.0, value)
    return result.encode(value, saturate=saturate or isinstance(result, Integer))


def wrapped_product(factors: Sequence[Fields], result: Integer) -> Array:
    """Codes of the product of integers, modulo ``2**result.width``, in units of ``result``."""
    parts = [np.where(f.sign, -f.significand, f.significand) for f in factors]
    places = sum(int(f.exponent.flat[0]) for f in factors if f.exponent.size) - result.lsb
    whole = reduce(np.multiply, (part.astype(object) for part in parts))
    return np.asarray((whole << places) & ((1 << result.width) - 1)).astype(result.dtype)
