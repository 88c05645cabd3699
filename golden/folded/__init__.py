"""The golden model's short way: sums by BLAS, exact because floats hold every sum of products.

Scales are folded into the elements, planes that meet the same ones are added up, and what is left
is multiplied as matrices of floats. Bounds of all sums of some of the products, from the formats
and from the greatest and least numbers at hand, say which type holds them; elements that are too
wide are cut into slices. Where that does not do, and where NaN or infinity is about, the answer
here is None, and the long way gives it.
"""

from ..description import Arithmetic
from ..products import RULES
from ..terms import Accumulator
from ..watch import watching
from . import groups, whole
from .side import Array, Side
from .whole import raw

__all__ = ["Side", "foldable", "raw", "value"]


def foldable(arithmetic: Arithmetic) -> bool:
    """Whether the short way may be tried: nobody watches what is rounded on the long one."""
    if RULES[arithmetic.product].approximate or watching():
        return False
    last = arithmetic.accumulate[-1]
    return groups.fits(arithmetic) or (last.rule in ("exact", "int") and not last.saturates)


def value(
    item: Accumulator, arithmetic: Arithmetic, weight: Side, activation: Side
) -> Array | None:
    """An accumulator's sums as float64: exactly, or rounded to odd where 53 bits do not hold them.
    None where this way does not lead there."""
    if arithmetic.accumulate[-1].rule == "fp":
        return groups.value(item, arithmetic, weight, activation)
    return whole.value(item, arithmetic, weight, activation)
