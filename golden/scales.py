"""Scales of one side, spread to the shape of group sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .description import Arithmetic
from .tensor import Quantized, spread
from .terms import Sided

Array = npt.NDArray[Any]


def closing(arithmetic: Arithmetic, k: int) -> int:
    """Elements of K after which an inner sum closes; the last sum may have fewer."""
    first = arithmetic.accumulate[0]
    steps = first.terms if first.saturates else None
    return arithmetic.group or steps or k


def scale_codes(
    scale: Sided, shape: tuple[int, ...], each: int, weight: Quantized, activation: Quantized
) -> Array:
    """Codes of a scale, (N, 1, groups) or (1, M, groups), for sums of ``shape`` (N, M, groups) over
    ``each`` so many elements of K."""
    side, level = scale
    operand = activation if side else weight
    held = np.asarray(operand.scales[level.name])
    codes = spread(held, level.span, (operand.shape[0], shape[2]), each)
    return codes[None, :, :] if side else codes[:, None, :]


def scale_integers(
    scale: Sided, shape: tuple[int, ...], each: int, weight: Quantized, activation: Quantized
) -> Array:
    """Scales in units of their format's ``2**lsb``, spread like their codes."""
    return scale[1].format.integers(scale_codes(scale, shape, each, weight, activation))


def scale_values(
    scale: Sided, shape: tuple[int, ...], each: int, weight: Quantized, activation: Quantized
) -> Array:
    """Scales as float64, spread like their codes."""
    return np.asarray(scale[1].format.decode(scale_codes(scale, shape, each, weight, activation)))
