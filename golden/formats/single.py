"""FP32 by the machine's own float32, which rounds to nearest even as IEEE 754 has it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

NAN, INFINITY, GREATEST = 0x7FC00000, 0x7F800000, 0x7F7FFFFF
_SIGN = 1 << 31
_LEAST = np.array([2.0**-149])


def subnormals() -> bool:
    """Whether this thread keeps subnormal numbers.

    Libraries compiled for speed above all can make a processor take them as zero, in every thread
    that loads them.
    """
    return bool(_LEAST.astype(np.float32).astype(np.float64)[0] == _LEAST[0])


def decode(codes: Array) -> Array:
    """Codes as float64, exactly."""
    with np.errstate(invalid="ignore"):  # a signaling NaN becomes a quiet one
        return codes.view(np.float32).astype(np.float64)


def encode(values: Array, saturate: bool) -> Array:
    """Codes of float64 values; any NaN becomes the positive quiet one.

    What overflows becomes infinity or, when saturating, with infinity itself, the greatest.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        codes = values.astype(np.float32).view(np.uint32)
    codes = np.where(np.isnan(values), np.uint32(NAN), codes)
    if saturate:
        over = codes & ~np.uint32(_SIGN) == INFINITY
        codes = np.where(over, codes & np.uint32(_SIGN) | np.uint32(GREATEST), codes)
    return codes
