"""Tensor-core accumulation: align to the greatest exponent, truncate, add, truncate."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .exact import to_float
from .formats import Fields, Format, Kind, Minifloat
from .products import RULES, Exact, Factors

Array = npt.NDArray[Any]

#: The exponent of a zero, whatever its format.
ZERO_EXPONENT = -126


def leading(fmt: Format) -> int:
    """What to add to a field's exponent to get the exponent of a full significand's leading bit."""
    return fmt.significand_width - 1


def accumulate(
    weight: Fields,
    activation: Fields,
    formats: tuple[Format, Format],
    accumulator: Minifloat,
    fraction: int,
    terms: int,
    *,
    partials: int = 1,
    product: Exact = RULES["exact"],
) -> Array:
    """Codes (N, M) of ``accumulator`` after all K products, ``terms`` of them a step.

    Each step adds the accumulator and ``terms`` products. Every addend is a significand product
    with the sum of its operands' exponents, not normalised (subnormal and fixed-point numbers keep
    their least exponent). A zero operand, or a zero in the accumulator, has the exponent -126,
    whatever its format. All are shifted to the greatest exponent among them and truncated toward
    zero to ``fraction`` fractional bits; the integer sum is truncated toward zero to the
    accumulator's format; an overflow gives infinity. A NaN, infinity times zero, or infinities of
    both signs give NaN.

    A product of E4M3 or FP16 with a zero therefore never has the greatest exponent; BF16's 0 *
    2**127 has the exponent 1 and hides what is below 2**(1 - fraction). Zeros of integers, code
    books and posits count alike: a zero has no leading bit, and how it is coded should not hide
    more. What counts as zero for the product rule does so here.

    Of several partial sums, step i adds to number i mod ``partials``; all start from +0, and one
    more step adds them up, see :func:`joined`.

    Source: the rule read from microsoft/MMA-Sim (tensor cores of Volta to Blackwell), which has
    floats alone; zeros of other formats, and overflow to infinity, are this project's choice.
    """
    weight, activation = (
        _counted(fmt.full(fields), fmt)
        for fmt, fields in zip(formats, (weight, activation), strict=True)
    )
    (n, k), m = weight.significand.shape, activation.significand.shape[0]
    sums = [np.zeros((n, m), np.int64) for _ in range(partials)]
    top = product.leading(*formats)
    for index, start in enumerate(range(0, k, terms)):
        w = Fields(*(field[:, None, start : start + terms] for field in weight))
        a = Fields(*(field[None, :, start : start + terms] for field in activation))
        products = product.factors(w, a, formats)
        place = index % partials
        sums[place] = _step(sums[place], products, w, a, top, accumulator, fraction)
    codes = joined(np.stack(sums, axis=2), accumulator, fraction) if partials > 1 else sums[0]
    return np.asarray(codes).astype(accumulator.dtype)


def joined(codes: Array, fmt: Minifloat, fraction: int) -> Array:
    """Codes (N, M) of the sum of the partial sums along the last axis, (N, M, P).

    It is a step like any other, whose addends are the partial sums: all are shifted to the greatest
    exponent among them, where a zero has -126, truncated toward zero to ``fraction`` fractional
    bits, and added; the sum is truncated to the format. So their order does not matter.
    """
    held = _counted(fmt.fields(codes), fmt)
    lsb = held.exponent.astype(np.int64)
    unit = lsb.max(axis=2) + leading(fmt) - fraction
    own = np.where(held.sign, -held.significand, held.significand)
    total = _aligned(own, lsb - unit[:, :, None]).sum(axis=2)
    infinite = held.kind == Kind.INFINITE
    nan = (held.kind == Kind.NAN).any(axis=2)
    plus, minus = ((infinite & (held.sign == sign)).any(axis=2) for sign in (False, True))
    return _rounded(total, unit, nan, plus, minus, fmt)


def _counted(fields: Fields, fmt: Format) -> Fields:
    """The same numbers, zeros with the exponent that they count with."""
    exponent = np.where(fields.significand == 0, ZERO_EXPONENT - leading(fmt), fields.exponent)
    return fields._replace(exponent=exponent)


def _step(
    codes: Array,
    products: Factors,
    w: Fields,
    a: Fields,
    top: int,
    fmt: Minifloat,
    fraction: int,
) -> Array:
    held = _counted(fmt.fields(codes), fmt)

    # Signed significands and leading exponents of the products, then of the accumulator.
    product = np.where(products.sign, -products.significand, products.significand)
    product_lsb = products.exponent
    own = np.where(held.sign, -held.significand, held.significand)
    own_lsb = held.exponent.astype(np.int64)
    greatest = np.maximum((product_lsb + top).max(axis=2), own_lsb + leading(fmt))

    unit = greatest - fraction
    total = _aligned(own, own_lsb - unit)
    total = total + _aligned(product, product_lsb - unit[:, :, None]).sum(axis=2)
    return _rounded(total, unit, *_special(w, a, held), fmt)


def _rounded(
    total: Array, unit: Array, nan: Array, plus: Array, minus: Array, fmt: Minifloat
) -> Array:
    """Codes of sums truncated to the format, or of what NaN and infinities make of them."""
    result = fmt.encode(to_float(total, unit), "toward_zero", saturate=True).astype(np.int64)
    over = np.abs(total) >> np.clip(_overflow(fmt) - unit, 0, 62) > 0
    negative = (total < 0).astype(np.int64)
    result = np.where(over, fmt.inf_code | (negative << (fmt.bits - 1)), result)
    result = np.where(plus, fmt.inf_code, result)
    result = np.where(minus, fmt.inf_code | 1 << (fmt.bits - 1), result)
    return np.asarray(np.where(nan | (plus & minus), fmt.nan_code, result))


def _aligned(value: Array, shift: Array) -> Array:
    """``value * 2**shift``, truncated toward zero."""
    magnitude = np.abs(value)
    up = magnitude << np.clip(shift, 0, 62)
    down = magnitude >> np.clip(-shift, 0, 62)
    moved = np.where(shift >= 0, up, down)
    return np.asarray(np.where(value < 0, -moved, moved))


def _overflow(fmt: Minifloat) -> int:
    """The exponent of the first power of two that the format cannot hold."""
    return fmt.lsb + fmt.high.bit_length()


def _special(w: Fields, a: Fields, held: Fields) -> tuple[Array, Array, Array]:
    """Where a step meets NaN, +infinity, -infinity."""
    infinite = (w.kind == Kind.INFINITE) | (a.kind == Kind.INFINITE)
    zero = (w.significand == 0) | (a.significand == 0)
    nan = (w.kind == Kind.NAN) | (a.kind == Kind.NAN)
    # An infinity's significand is not zero, so only a true zero meets it here.
    nan = (nan | (infinite & zero)).any(axis=2) | (held.kind == Kind.NAN)
    sign = w.sign ^ a.sign
    plus = (infinite & ~sign).any(axis=2) | ((held.kind == Kind.INFINITE) & ~held.sign)
    minus = (infinite & sign).any(axis=2) | ((held.kind == Kind.INFINITE) & held.sign)
    return nan, plus, minus
