"""Hardware shapes of what the golden model describes."""

from __future__ import annotations

from amaranth.hdl import Const, Shape, Value, signed, unsigned
from amaranth.lib import data

from ...golden.bounds import Range
from ...golden.formats import Format, Minifloat, Posit


def shape_of(values: Range) -> Shape:
    """The narrowest shape that holds every value of ``values``."""
    return signed(values.width) if values.signed else unsigned(values.width)


def significands(fmt: Format) -> Range:
    """Signed significands that a decoder of ``fmt`` gives, in units of ``2**fmt.lsb``.

    The exponent comes beside; without one, these are the element's values. Those of a posit have
    ``fraction_below(fmt)`` more places.
    """
    if isinstance(fmt, Minifloat | Posit):
        highest = (1 << fmt.significand_width) - 1
        return Range(fmt.lsb, -highest if fmt.low < 0 else 0, highest)
    return Range(fmt.lsb, fmt.low, fmt.high)


def fraction_below(fmt: Format) -> int:
    """Places of a decoded significand below ``2**fmt.lsb``: zero wherever the exponent is least.

    The least posits have no fraction, the greatest significand has ``fraction_width`` bits of it.
    """
    return fmt.fraction_width if isinstance(fmt, Posit) else 0


def least_exponent(fmt: Format) -> int:
    """The exponent field of the least numbers: that of subnormals counts as one."""
    return int(isinstance(fmt, Minifloat) and fmt.has_zero and fmt.exponent_span > 0)


class DecodedLayout(data.StructLayout):
    """A decoded element: ``significand * 2**(exponent + lsb - fraction_below)``.

    Flags only where reachable. Members: ``significand``; ``exponent``, ``nan``, ``inf`` where the
    format has them. NaN and infinity have the significand 0. Where ``infinite`` (this element or
    its partner can be), also ``sign``, and ``zero`` for what makes an infinity vanish: zero and
    NaN.

    With ``apart``, sign and magnitude stand apart, and the exponent is larger by
    ``least_exponent``, but may be anything for NaN and infinity.

    ``zero`` is the exponent of a zero, else 0, before it is enlarged.
    """

    def __init__(self, fmt: Format, *, infinite: bool = False, apart: bool = False, zero: int = 0):
        members = {"significand": shape_of(significands(fmt))}
        if apart:
            bounds = significands(fmt)
            members["significand"] = unsigned(max(bounds.high, -bounds.low).bit_length())
        if fmt.exponent_span or zero:
            more = least_exponent(fmt) if apart else 0
            exponents = Range(0, min(zero + more, 0), max(zero, fmt.exponent_span) + more)
            members["exponent"] = shape_of(exponents)
        if fmt.has_nan:
            members["nan"] = unsigned(1)
        if fmt.has_inf:
            members["inf"] = unsigned(1)
        if (infinite or apart) and fmt.low < 0:
            members["sign"] = unsigned(1)
        if infinite and (fmt.has_zero or fmt.has_nan):
            members["zero"] = unsigned(1)
        super().__init__(members)


def member(view: data.View, name: str) -> Value:
    """A member of a view, or the constant 0 where the layout leaves it out, or there is none."""
    members = getattr(view.shape(), "members", ())
    return view[name] if name in members else Const(0, 1)
