"""Which classes of roundings a step can meet, and why it cannot meet the others."""

from __future__ import annotations

from fractions import Fraction

from ...golden.formats import Format, Integer, Minifloat
from ..classes import CLASSES
from .values import Values

#: Places of the exact value, beyond those that are kept, that a class takes.
_LOST = {
    "tie to even below": 1,
    "tie to even above": 1,
    "just below a tie": 7,
    "just above a tie": 7,
    "least above a tie": 24,
    "carry": 1,
    "least overflow": 1,
}

#: Significant bits of the least integer and fraction of a class: of 1.5, say, or of 63/128.
_BITS = {
    "tie to even above": 2,
    "just below a tie": 6,
    "just above a tie": 7,
    "least above a tie": 24,
    "carry": 2,
}

_SMALL = ("subnormal", "inexact subnormal", "subnormal tie", "underflow", "least normal")


def unreachable(fmt: Format, values: Values) -> dict[str, str]:
    """For each class that ``values`` cannot meet when they are rounded to ``fmt``: why."""
    found = {}
    for name in CLASSES:
        why = _why(name, fmt, values)
        if why:
            found[name] = why
    return found


def _why(name: str, fmt: Format, values: Values) -> str:
    kept = fmt.mantissa_width + 1 if isinstance(fmt, Minifloat) else fmt.bits - (fmt.low < 0)
    if name == "zero":
        return ""
    if isinstance(fmt, Integer):
        return _of_integers(name, fmt, values, kept)
    assert isinstance(fmt, Minifloat)
    if name in _SMALL:
        return _of_small(name, fmt, values, kept)
    if name in ("greatest", "overflow", "least overflow"):
        edge = Fraction(float(fmt.maximum)) + _half(fmt) * (name != "greatest")
        if values.most < edge:
            return f"at most {float(values.most):.4g} in magnitude, less than {float(edge):.6g}"
    if name == "greatest" and values.span < kept:
        return f"{values.span} significant bits, {fmt.name} keeps {kept}"
    if name == "exact" and values.span < kept - kept // 2 + 1:
        return f"{values.span} significant bits reach no low place of {fmt.name}"
    if name == "odd" and values.span < kept:
        return f"{values.span} significant bits, {fmt.name} keeps {kept}"
    lost = _LOST.get(name, 0)
    # Where subnormals end, all places may be lost but the first.
    small = "a tie" in name and values.lsb <= fmt.lsb - lost
    if small and values.bits >= lost:
        return ""
    if lost and values.span < kept + lost:
        return f"{values.span} significant bits, {fmt.name} keeps {kept} and {lost} more decide"
    return ""


def _of_small(name: str, fmt: Minifloat, values: Values, kept: int) -> str:
    least = 1 - fmt.bias
    if values.lsb >= least:
        return f"multiples of 2^{values.lsb}, the least normal number is 2^{least}"
    if name != "subnormal" and values.lsb >= fmt.lsb:
        return f"multiples of 2^{values.lsb}, of which {fmt.name} loses none"
    if name == "least normal" and values.bits < kept:
        return f"{values.bits} significant bits are never just below 2^{least}"
    return ""


def _of_integers(name: str, fmt: Integer, values: Values, kept: int) -> str:
    if name in _SMALL:
        return f"{fmt.name} has no subnormals"
    lost, need = fmt.lsb - values.lsb, _LOST.get(name, 0)
    if need and lost < need:
        return f"{max(lost, 0)} places are lost, {need} decide"
    if values.bits < _BITS.get(name, 1):
        return f"{values.bits} significant bits, it takes {_BITS[name]}"
    edge = Fraction(float(fmt.maximum)) + (Fraction(2) ** fmt.lsb if "overflow" in name else 0)
    if name in ("greatest", "overflow", "least overflow") and values.most < edge:
        return f"at most {float(values.most):.6g} in magnitude, less than {float(edge):.6g}"
    return ""


def _half(fmt: Minifloat) -> Fraction:
    """Half of the last place of the greatest number."""
    most = Fraction(float(fmt.maximum))
    exponent = most.numerator.bit_length() - most.denominator.bit_length()
    return Fraction(2) ** (exponent - fmt.mantissa_width - 1)
