"""What a quantizer can be: formats and rules that fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import DesignError, UnknownName
from ..formats import Format, Integer, Minifloat
from ..quantize.rules import reach
from . import quantize_channels as channels
from . import quantize_tokens as tokens

if TYPE_CHECKING:
    from .quantize import Quantize

#: The rules of scales that are powers of two, and of other floats.
POWER_RULES = ("floor", "even", "ceil", "rceil")
FLOAT_RULES = ("absmax", "nearest")

#: Mantissa bits of scales beside a tensor's scale, at the most.
_INNER = 3

#: Values of a block, and in a beat, at the most.
LONGEST, MOST_LANES = 1 << 12, 1 << 8

#: Bits of a random number, at the most: with them all quotients are decided exactly.
MOST_RANDOM = 16


def top_exponent(element: Format) -> int:
    """The exponent of an element's greatest value."""
    return int(np.frexp(reach(element))[1]) - 1


def check(unit: Quantize) -> None:
    """Raise DesignError, or TypeError for what is no format or number."""
    for what in ("values", "element", "scale"):
        if not isinstance(getattr(unit, what), Format):
            raise TypeError(
                f"{what} must be a format, such as lookup('bf16'), got {getattr(unit, what)!r}"
            )
    if not isinstance(unit.rule, str):
        raise TypeError(f"rule must be a name, got {unit.rule!r}")
    _check_shape(unit)
    channels.check(unit)
    _check_values(unit.values, "values")
    if unit.channel:
        _check_values(unit.inner, "values in between (inner)")
    if unit.zero is None:
        _check_element(unit.element, 16 if unit.power else 8)
    else:
        _check_zero(unit)
    _check_scale(unit)
    tokens.check(unit)


def _check_shape(unit: Quantize) -> None:
    unit.check_counts(
        ("block", 2, LONGEST),
        ("lanes", 1, MOST_LANES),
        ("vectors", 1, MOST_LANES),
        ("random_bits", 0, MOST_RANDOM),
        ("token", 0, tokens.LONGEST),
    )
    if unit.width > MOST_LANES:
        raise DesignError(
            f"vectors × lanes must be at most {MOST_LANES}, got {unit.vectors} × {unit.lanes}"
        )
    if unit.vectors > 1 and (unit.token or unit.random_bits or unit.channel):
        raise DesignError(
            "scales of tokens, random numbers and channels belong to one vector: vectors must be 1 "
            f"beside them, got {unit.vectors}"
        )
    if unit.block % unit.lanes and unit.lanes % unit.block:
        raise DesignError(
            f"lanes must divide a block of {unit.block} values or be a multiple of it, got "
            f"{unit.lanes}"
        )


def _check_values(fmt: Format, what: str) -> None:
    if not (
        isinstance(fmt, Minifloat)
        and fmt.signed
        and fmt.has_inf
        and fmt.has_zero
        and fmt.bias == (1 << (fmt.exponent_width - 1)) - 1
    ):
        raise DesignError(
            f"{what} are floats with infinity and NaN, such as bf16, fp16 or fp32, got {fmt.name}"
        )


def _check_element(fmt: Format, longest: int) -> None:
    """``longest``: bits of an integer at most; what is divided by a scale takes a row for each."""
    whole = isinstance(fmt, Integer) and fmt.signed and 2 <= fmt.bits <= longest
    floats = isinstance(fmt, Minifloat) and fmt.signed and fmt.has_zero and fmt.bits <= 8
    if isinstance(fmt, Integer) and not fmt.signed and 2 <= fmt.bits <= 8:
        raise DesignError(
            f"unsigned elements have a zero point: choose zero = {fmt.name}, or int{fmt.bits}_sym "
            f"elements, got {fmt.name} alone"
        )
    if not whole and not floats:
        raise DesignError(
            "elements are signed integers of 2 to 8 bits (16 with scales that are powers of two), "
            f"or signed floats of up to 8 bits with zero, got {fmt.name}"
        )
    if not 0 <= top_exponent(fmt) <= 64:
        raise DesignError(
            f"the greatest element must be at least 1 and below 2^65, got "
            f"2^{top_exponent(fmt)} in {fmt.name}"
        )


def _check_zero(unit: Quantize) -> None:
    fmt, zero = unit.element, unit.zero
    if not isinstance(zero, Format):
        raise TypeError(f"zero must be a format or None, got {zero!r}")
    if not isinstance(fmt, Integer) or fmt.signed or fmt.exponent or not 2 <= fmt.bits <= 8:
        raise DesignError(
            "beside a zero point elements are unsigned integers of 2 to 8 bits, such as uint8, got "
            f"{fmt.name}"
        )
    if zero != fmt:
        raise DesignError(
            f"a zero point has the format of its elements, {fmt.name}, got {zero.name}"
        )
    if unit.power or unit.tensor is not None:
        got = unit.scale.name if unit.power else "a tensor's scale"
        raise DesignError(
            f"beside a zero point stands one scale that is no power of two, such as bf16, fp16 or "
            f"fp32, got {got}"
        )


def _check_scale(unit: Quantize) -> None:
    fmt = unit.scale
    if not isinstance(fmt, Minifloat) or not fmt.has_nan or not (unit.power or fmt.has_zero):
        raise DesignError(
            f"scales are floats with NaN, such as e8m0, ue4m3, fp16, bf16 or fp32, got {fmt.name}"
        )
    rules, what = (POWER_RULES, "power-of-two") if unit.power else (FLOAT_RULES, fmt.name)
    if unit.rule not in rules:
        raise UnknownName(f"rule of {what} scales", unit.rule, rules)
    _check_tensor(unit)


def _check_tensor(unit: Quantize) -> None:
    fmt = unit.tensor
    if fmt is None:
        return
    if not isinstance(fmt, Format):
        raise TypeError(f"tensor must be a format or None, got {fmt!r}")
    if not isinstance(fmt, Minifloat) or not (fmt.has_inf and fmt.has_zero and fmt.has_nan):
        raise DesignError(
            f"a tensor's scale is a float with infinity and NaN, such as fp32, got {fmt.name}"
        )
    if unit.power or unit.scale.significand_width > _INNER + 1:
        raise DesignError(
            f"beside a tensor's scale, scales are floats of up to {_INNER} mantissa bits that are "
            f"no powers of two, such as ue4m3, got {unit.scale.name}"
        )
