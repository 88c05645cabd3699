"""Arrays as they are handed in: which types are taken, in one place.

Codes are :meth:`macsmith.golden.Format.check`'s; here are what is no code of a format: whole
numbers (indices, selections, what sums start from), words and bytes of packed data, real values.
Nothing is converted that would change a number, and nothing is read as if it were of another type.
"""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import DesignError

Array = npt.NDArray[Any]


def check_mask(given: Any, what: str) -> None:
    """Raise DesignError where a mask hides some of an array: NumPy would hand out what is below."""
    if isinstance(given, np.ma.MaskedArray) and np.ma.getmaskarray(given).any():
        raise DesignError(f"{what}: a mask hides some of them; fill them in with .filled(…)")


def array_of(given: Any, what: str) -> Array:
    """``given`` as an array in the machine's byte order; DesignError for what is none."""
    check_mask(given, what)
    try:
        array = np.asarray(given)
    except (TypeError, ValueError) as error:
        why = str(error).splitlines()[0]
        raise DesignError(f"{what} must be an array of numbers: {why}") from None
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def whole_numbers(given: Any, what: str, low: int, high: int) -> Array:
    """Integers in ``low``…``high``, as they are: of any integer type, or Python's in an array of
    objects. DesignError for others, booleans too."""
    array = array_of(given, what)
    if not array.size:  # of whatever type
        return np.zeros(array.shape, np.int64)
    if array.dtype.kind not in "iu" and not _python_integers(array):
        raise DesignError(f"{what} must be integers, got {array.dtype.name}")
    if array.min() < low or array.max() > high:
        wrong = array.min() if array.min() < low else array.max()
        raise DesignError(f"{what} must lie in {low}…{high}, got {wrong}")
    return array


def _python_integers(array: Array) -> bool:
    return array.dtype == object and all(
        isinstance(item, Integral) and not isinstance(item, bool) for item in array.flat
    )


def rows_of(array: Array, what: str) -> Array:
    """``array``, which must have two axes; DesignError for another."""
    if array.ndim != 2:
        raise DesignError(f"{what} must have two axes, got shape {array.shape}")
    return array


def words(given: Any, size: int, what: str) -> Array:
    """Words of ``size`` bytes as little-endian unsigned integers, from integers of that width."""
    array, bits = array_of(given, what), 8 * size
    if array.dtype.kind not in "iu" or array.dtype.itemsize != size:
        way = "astype" if array.dtype.kind in "iu" else "view"
        raise DesignError(
            f"{what} must be words of {bits} bits, int{bits} or uint{bits}, "
            f"got {array.dtype.name}; .{way}(np.uint{bits}) makes them of the same bits"
        )
    return array.view(f"uint{bits}").astype(f"<u{size}", copy=False)


def raw_bytes(given: Any, what: str) -> Array:
    """Bytes, one after another, from an object that holds bytes or an array of int8 or uint8."""
    if isinstance(given, np.ndarray):
        check_mask(given, what)
        array = np.ascontiguousarray(given)
        if array.dtype.kind in "iu" and array.dtype.itemsize == 1:
            return array.view(np.uint8).ravel()
        problem: object = f"got an array of {array.dtype.name}; use .view(np.uint8) for its bytes"
    else:
        try:
            view = memoryview(given)
            if view.format in ("B", "b", "c"):
                return np.frombuffer(view.cast("B") if view.contiguous else bytes(view), np.uint8)
            problem = f"got items of format {view.format!r}; use .cast('B') for its bytes"
        except (TypeError, ValueError) as error:
            problem = error
    raise DesignError(f"{what} must be bytes: {problem}")


def reals(given: Any, what: str, *, or_complex: bool = False) -> Array:
    """Real numbers as float64, of any real type of NumPy or ml_dtypes, or Python's; complex ones
    as complex128 if they may be.

    Raises DesignError, whose message begins with ``what``, for texts, dates and the like.
    """
    check_mask(given, what)
    try:
        array = np.asarray(given)
        kind, own = array.dtype.kind, array.dtype.type is not np.void
        if or_complex and kind == "c":
            return array.astype(np.complex128)
        texts = kind == "O" and any(isinstance(item, str | bytes) for item in array.flat)
        # Types that packages add to NumPy, such as bfloat16, call themselves V.
        if not texts and (kind in "biufO" or (kind == "V" and own)):
            with np.errstate(invalid="ignore"):  # a signaling NaN becomes a quiet one
                return array.astype(np.float64)
        problem = f"got {'texts' if texts else array.dtype}"
    except (TypeError, ValueError, OverflowError) as error:
        problem = str(error).splitlines()[0]
    raise DesignError(f"{what}: {problem}")
