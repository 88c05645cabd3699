"""Values that do not lie about zero: integers with a zero point, or with an offset."""

from __future__ import annotations

import numpy as np

from ..description import Level, Operand, Plane
from ..errors import DesignError
from ..formats import Integer, Rounding
from ..tensor import Quantized, spread
from .scales import Array, blocks, decoded, divide, stored, stored_scales


def zero_points(
    x: Array, operand: Operand, plane: Plane, zero: Level, rounding: Rounding, select: Array | None
) -> Quantized:
    """s = (max - min) / (2**n - 1), z = round(-min / s), q = round(x / s) + z."""
    if len(plane.scales) != 1 or not isinstance(plane.element, Integer):
        raise DesignError("quantize handles zero points of integers with one level of scales")
    level = plane.scales[0]
    if level.span != zero.span:
        raise DesignError("quantize handles zero points that span what their scale spans")
    cut = blocks(x, level.span)
    low, high = np.minimum(cut.min(axis=2), 0), np.maximum(cut.max(axis=2), 0)
    ideal = _at_least((high - low) / _steps(plane), level)
    scale = stored(np.where(ideal > 0, ideal, 1.0), level.format)  # a block of zeros has scale 1
    held = level.format.decode(scale)
    offset = zero.format.encode(np.rint(plane.element.low - low / held))
    shifted = x / spread(held, x.shape) + spread(zero.format.decode(offset), x.shape)
    codes = {plane.code: plane.element.encode(shifted, rounding)}
    return Quantized(operand, codes, {level.name: scale, zero.name: offset}, select)


def offset(x: Array, operand: Operand, rounding: Rounding) -> Quantized | None:
    """d = (max - min) / (2**n - 1), m = ±min, q = round((x ∓ m) / d); None for other operands."""
    if len(operand.planes) != 2 or not operand.planes[1].constant:
        return None
    plane, constant = operand.planes
    sign = float(constant.element.maximum)
    own = {level.name for level in plane.scales} & {level.name for level in constant.scales}
    if (
        own
        or abs(sign) != 1
        or not isinstance(plane.element, Integer)
        or [level.span for level in plane.scales] != [level.span for level in constant.scales]
        or not plane.scales
    ):
        raise DesignError(
            "quantize handles offsets of integers, a second plane of one or minus_one with scales "
            "of its own that span what the elements' scales span; build a Quantized from codes"
        )
    inner = plane.scales[0]
    cut = blocks(x, inner.span)
    low = cut.min(axis=2)
    if constant.scales[0].format.minimum >= 0:
        low = np.minimum(low, 0) if sign < 0 else np.maximum(low, 0)
    ideal = (np.maximum(cut.max(axis=2), low) - low) / _steps(plane)
    if len(plane.scales) == 1:
        ideal = _at_least(ideal, inner)
    least = sign * (low - plane.element.low * ideal)
    scales = stored_scales(x, plane, ideal) | stored_scales(x, constant, least, vanish=True)
    moved = np.full(x.shape, sign)
    for level in constant.scales:
        moved = moved * decoded(level, scales, x.shape)
    codes = plane.element.encode(divide(x - moved, plane, scales), rounding)
    return Quantized(operand, {plane.code: codes}, scales)


def _steps(plane: Plane) -> int:
    return plane.element.high - plane.element.low


def _at_least(ideal: Array, level: Level) -> Array:
    """Beside larger blocks, tiny ones lose what the format cannot hold."""
    least = float(np.ldexp(1.0, level.format.lsb))
    if not (ideal >= least).any():
        return ideal
    return np.where(ideal > 0, np.maximum(ideal, least), 0.0)
