"""Values of channels, shifted and scaled before they are quantized."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import DesignError
from ..formats import Format, Minifloat
from ..streams import Beats
from .grouped_trials import anything

if TYPE_CHECKING:
    from .quantize import Quantize

Array = npt.NDArray[Any]


def moved(unit: Quantize, codes: Array, beside: Mapping[str, Array]) -> Array:
    """Codes of values and, of the same shape, of their channels' shifts and factors -> codes in
    ``inner``: x - shift, rounded to nearest even, times factor, rounded again.

    float64 gives the same bits: of numbers of p bits it rounds sums so that rounding them again to
    p bits does no harm, up to p = 25, and products of two of them are exact. Source: Figueroa, When
    is double rounding innocuous?, 1995.
    """
    x = np.asarray(unit.values.decode(codes))
    with np.errstate(invalid="ignore", over="ignore"):
        if unit.shift:
            less = x - unit.shift.decode(beside["shift"])
            x = unit.inner.decode(unit.inner.encode(less, saturate=False))
        if unit.factor:
            x = x * unit.factor.decode(beside["factor"])
    return unit.inner.encode(x, saturate=False)


def check(unit: Quantize) -> None:
    """Raise DesignError, or TypeError for what is no format."""
    for what in ("shift", "factor", "inner"):
        fmt = getattr(unit, what)
        if fmt is not None and not isinstance(fmt, Format):
            raise TypeError(f"{what} must be a format, such as lookup('fp32'), got {fmt!r}")
    for what, fmt in unit.channel.items():
        if not isinstance(fmt, Minifloat) or not (fmt.has_zero or what == "factor"):
            more = " or e8m0" if what == "factor" else ""
            raise DesignError(
                f"the {what} of a channel is a float, such as bf16, fp16, fp32{more}, got "
                f"{fmt.name}"
            )
        if what == "shift" and not fmt.signed:
            raise DesignError(f"the shift of a channel has a sign, got {fmt.name}")
        if fmt.significand_width > unit.inner.significand_width:
            raise DesignError(
                f"inner has at least the significand of a channel's {what}, {fmt.name}, got "
                f"{unit.inner.name}"
            )
    if unit.channel and unit.values.significand_width > unit.inner.significand_width:
        raise DesignError(
            f"inner has at least the significand of values, {unit.values.name}, got "
            f"{unit.inner.name}"
        )


def drawn(unit: Quantize, codes: Array, rng: np.random.Generator | None) -> Beats:
    """Shifts and factors beside values (beats, lanes): ordinary ones, powers of two, anything."""
    found, shape = [], codes.shape
    for what, fmt in unit.channel.items():
        assert isinstance(fmt, Minifloat)
        plain = np.zeros(shape) if what == "shift" else np.ones(shape)
        if rng is None:
            found.append(fmt.encode(plain))
            continue
        kind = rng.integers(5)
        if what == "shift":
            # Next to the value, so that most of it is cancelled, or to another's.
            x = np.asarray(unit.values.decode(codes))
            x = np.where(np.isfinite(x), x, 1.0)
            near = np.where(rng.random(shape) < 0.3, x * rng.uniform(0.9, 1.1, shape),
                            rng.permutation(x.ravel()).reshape(shape))  # fmt: skip
            made = plain if kind < 2 else near
        else:
            power = np.exp2(rng.integers(-6, 7, shape))
            made = plain if not kind else power * (1 if kind == 1 else rng.uniform(0.5, 2, shape))
        held = fmt.encode(made)
        if kind == 4:
            held = np.where(rng.random(shape) < 0.02, anything(fmt, shape, rng), held)
        found.append(held)
    return Beats(tuple(found), (None,) * len(found), np.zeros(len(codes), bool))
