"""Exact integer dot products at NumPy's speed, of any width.

An element is an integer times ``2**lsb``. Wide integers are cut into limbs so narrow that a dot
product of limbs is exact in float64, which BLAS multiplies fast; the limbs' sums are put together
in int64, or in Python integers where 62 bits do not suffice.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .blas import product
from .formats import Format, Kind

Array = npt.NDArray[Any]

_EXACT_FLOAT = 53  # bits of a float64 significand
_EXACT_INT = 62  # bits that int64 holds with room for a sign and a doubling


def integer_type(bound: int) -> type:
    """int64 if magnitudes up to ``bound`` fit, else object (Python integers)."""
    return object if bound.bit_length() > _EXACT_INT else np.int64


def group_dots(
    weight: Array,
    activation: Array,
    weight_format: Format,
    activation_format: Format,
    group: int,
    selects: tuple[Array | int, Array | int] = (0, 0),
) -> Array:
    """Sums of products of every ``group`` consecutive elements, the last of what is left.

    Parameters
    ----------
    weight, activation : codes, shapes (N, K) and (M, K).
    selects : table choices that broadcast against the codes.

    Returns
    -------
    Array
        Shape (N, M, groups), in units of ``2**(weight lsb + activation lsb)``; NaN and
        infinity count as zero. int64 where every sum fits, else object.
    """
    step = (_EXACT_FLOAT - group.bit_length()) // 2
    left = limbs(weight_format, weight, step, selects[0])
    right = limbs(activation_format, activation, step, selects[1])
    largest = _largest(weight_format) * _largest(activation_format) * group
    total = integer_type(largest)
    exact = np.float32 if largest < 1 << 24 else np.float64
    result: Array | None = None
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            part = grouped(a.astype(exact), b.astype(exact), group)
            part = part.astype(np.int64).astype(total) << step * (i + j)
            result = part if result is None else result + part
    assert result is not None
    return result


def limbs(fmt: Format, codes: Array, width: int, select: Array | int = 0) -> list[Array]:
    """Signed limbs of the elements' integers: value = sum of ``limb[i] << (width * i)``.

    Each limb is an array like ``codes`` with magnitudes below ``2**width``, float32 if that is
    exact.
    """
    count = max(1, -(-_largest(fmt).bit_length() // width))
    dtype = np.float32 if min(width, _largest(fmt).bit_length()) <= 24 else np.float64
    if fmt.bits <= 16 and not fmt.select_width:
        tables = _limbs_of(fmt, np.arange(1 << fmt.bits), 0, width, count)
        return [table.astype(dtype)[codes] for table in tables]
    return [limb.astype(dtype) for limb in _limbs_of(fmt, codes, select, width, count)]


def _limbs_of(
    fmt: Format, codes: Array, select: Array | int, width: int, count: int
) -> list[Array]:
    fields = fmt._fields(codes, np.asarray(select))
    significand = np.where(fields.kind == Kind.FINITE, fields.significand, 0).astype(np.int64)
    shift = (fields.exponent - fmt.lsb).astype(np.int64)
    mask, result = (1 << width) - 1, []
    for i in range(count):
        offset = shift - width * i
        up = (significand & mask) << np.clip(offset, 0, width)
        part = np.where(offset >= 0, up, significand >> np.clip(-offset, 0, 62)) & mask
        result.append(np.where(fields.sign, -part, part))
    return result


def grouped(a: Array, b: Array, group: int) -> Array:
    """(N, K), (M, K) -> (N, M, groups): sums of ``group`` products that the type holds, the last of
    what is left."""
    group = max(min(group, a.shape[1]), 1)
    if missing := -a.shape[1] % group:
        a, b = (np.pad(side, ((0, 0), (0, missing))) for side in (a, b))
    n, k = a.shape
    m = b.shape[0]
    left = a.reshape(n, k // group, group).transpose(1, 0, 2)
    right = b.reshape(m, k // group, group).transpose(1, 0, 2)
    return product(left, right).transpose(1, 2, 0)


def _largest(fmt: Format) -> int:
    return max(fmt.high, -fmt.low)


def to_float(values: Array, exponent: Array | int) -> Array:
    """``values * 2**exponent`` as float64, rounded to odd where 53 bits do not hold them.

    A later rounding to nearest of at most 51 bits then gives the correctly rounded result.
    """
    exponent = np.asarray(exponent, np.int64)
    magnitude, negative = np.abs(values), (values < 0).astype(bool)
    if values.dtype == object:
        excess = np.maximum(_bit_length(values) - _EXACT_FLOAT, 0)
    else:
        # A float holds the upper bits alone, so that none rounds up to the next power of two.
        length = np.frexp((magnitude >> 11).astype(np.float64))[1].astype(np.int64) + 11
        excess = np.maximum(length - _EXACT_FLOAT, 0)
    shift = excess.astype(values.dtype)
    kept = magnitude >> shift
    sticky = ((kept << shift) != magnitude).astype(np.int64)
    result = (kept.astype(np.int64) | sticky).astype(np.float64)
    scaled = np.ldexp(result, (excess + exponent).astype(np.int32))
    return np.asarray(np.where(negative, -scaled, scaled))


def _bit_length(values: Array) -> Array:
    lengths = np.frompyfunc(lambda v: int(v).bit_length(), 1, 1)(values)
    return np.asarray(lengths).astype(np.int64)
