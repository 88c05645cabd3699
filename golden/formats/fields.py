"""An element in its parts: sign, significand, exponent, and whether it is finite."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Kind(IntEnum):
    """Class of an element."""

    FINITE = 0
    INFINITE = 1
    NAN = 2


class Fields(NamedTuple):
    """``(-1)**sign * significand * 2**exponent`` for finite elements; arrays of one shape."""

    sign: Array
    significand: Array
    exponent: Array
    kind: Array


def to_float(fields: Fields) -> Array:
    """The float64 values of ``fields`` (exact for every format up to FP32)."""
    finite = np.ldexp(fields.significand.astype(np.float64), fields.exponent.astype(np.int32))
    value = np.where(
        fields.kind == Kind.FINITE, finite, np.where(fields.kind == Kind.NAN, np.nan, np.inf)
    )
    return np.where(fields.sign.astype(bool), -value, value)
