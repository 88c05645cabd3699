"""Zero points folded into codes one bit wider: s (q − z) = s · (q − z), exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..golden.description import Level, Operand, Plane
from ..golden.formats import Format, Integer, lookup
from ..golden.tensor import Quantized, spread


def fold(given: Quantized) -> Quantized | None:
    """``given`` with codes q − z in place of q and z; None where that is not exact.

    It is for integer zero points; and for offsets m of d q + m where every m is a whole multiple
    of its d that the wider codes hold.
    """
    element = given.operand.planes[0].element
    if len(given.operand.planes) != 2 or not isinstance(element, Integer) or given.select:
        return None
    found = _zero_point(given) if given.operand.affine else _offset(given)
    if found is None:
        return None
    zeros, level = found
    width = element.width + 1
    codes = element.decode(given.codes[given.operand.planes[0].code]).astype(np.int64)
    differences = codes - zeros
    wider = lookup(f"int{width}")
    if differences.min(initial=0) < wider.low or differences.max(initial=0) > wider.high:
        return None
    scale = replace(level, name="scale")
    operand = Operand((Plane(wider, (scale,)),))
    return Quantized(
        operand, {"code": differences & ((1 << width) - 1)}, {"scale": given.scales[level.name]}
    )


def _zero_point(given: Quantized) -> tuple[np.ndarray, Level] | None:
    affine = given.operand.affine
    if affine is None or affine[1] is None or len(affine[0].scales) != 1:
        return None
    zero, [level] = affine[1], affine[0].scales
    values = zero.format.decode(given.scales[zero.name])
    return spread(values, zero.span, given.shape).astype(np.int64), level


def _offset(given: Quantized) -> tuple[np.ndarray, Level] | None:
    """−m / d, where it is whole."""
    first, second = given.operand.planes
    sign = _constant(second.element)
    if sign is None or len(first.scales) != 1 or len(second.scales) != 1:
        return None
    [scale], [offset] = first.scales, second.scales
    if scale.span != offset.span:
        return None
    d = scale.format.decode(given.scales[scale.name])
    m = sign * offset.format.decode(given.scales[offset.name])
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = np.rint(-m / d)
    # Products of so few bits are exact in float64.
    fits = np.isfinite(whole) & (np.abs(whole) < 1 << 16)
    if not (fits & (np.where(fits, whole, 0) * d == -m)).all():
        return None
    return spread(whole, scale.span, given.shape).astype(np.int64), scale


def _constant(element: Format) -> int | None:
    """1 or −1 of a plane of constants."""
    if element.bits or element.low != element.high:
        return None
    return element.low if element.lsb == 0 and abs(element.low) == 1 else None
