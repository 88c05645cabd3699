"""Codes at random, of the kinds that find mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np
from macsmith.golden import Codebook, Format, Integer, Minifloat, Operand, Quantized

Array = np.ndarray[Any, np.dtype[Any]]

#: How elements are drawn, and how scales are.
ELEMENTS = ("any", "extreme", "cancelling", "zero")
SCALES = ("tame", "wild", "subnormal", "greatest", "zero", "special")


def elements(rng: np.random.Generator, fmt: Format, how: str, shape: tuple[int, ...]) -> Array:
    """Codes of an element format: any legal one, its extremes at random or in turn, or zeros."""
    legal = np.asarray(fmt.legal)
    values = fmt.decode(legal) if not isinstance(fmt, Codebook) else fmt.decode(legal, 0)
    finite = np.where(np.isfinite(values), values, 0)
    ends = legal[[finite.argmin(), finite.argmax()]]
    if how == "zero":
        return np.full(shape, legal[np.abs(finite).argmin()], fmt.dtype)
    if how == "cancelling":
        return np.resize(ends, shape)
    return rng.choice(ends if how == "extreme" else legal, shape)


def scales(rng: np.random.Generator, fmt: Format, how: str, shape: tuple[int, ...]) -> Array:
    """Codes of a scale. Integers and tables know the greatest, zero and anything."""
    return _scales(rng, fmt, how, shape).astype(fmt.dtype)


def _scales(rng: np.random.Generator, fmt: Format, how: str, shape: tuple[int, ...]) -> Array:
    if isinstance(fmt, Integer):
        choices = {"greatest": [fmt.low, fmt.high], "zero": [0]}.get(how)
        values = rng.choice(choices or np.arange(fmt.low, fmt.high + 1), shape)
        return values & ((1 << fmt.bits) - 1)
    if isinstance(fmt, Codebook):
        return elements(rng, fmt, {"greatest": "extreme", "zero": "zero"}.get(how, "any"), shape)
    assert isinstance(fmt, Minifloat)
    mantissa, top = fmt.mantissa_width, 1 << (fmt.bits - fmt.signed)
    sign = rng.integers(0, 1 + fmt.signed, shape) * top
    near_one = (fmt.bias << mantissa) + rng.integers(-4 << mantissa, 4 << mantissa, shape)
    near_one = np.clip(near_one, 0, fmt.max_code)
    if how == "wild":
        return rng.integers(0, top, shape) + sign
    if how == "special":
        odd = [fmt.nan_code] if fmt.has_nan else [fmt.max_code]
        odd += [fmt.inf_code] if fmt.has_inf else []
        return sign + np.where(rng.random(shape) < 0.2, rng.choice(odd, shape), near_one)
    magnitude = {
        "tame": near_one,
        "subnormal": rng.integers(0, 1 << mantissa, shape),
        "greatest": np.full(shape, fmt.max_code),
        "zero": np.zeros(shape, int),
    }[how]
    return magnitude + sign


def quantized(
    rng: np.random.Generator,
    operand: Operand,
    how: str = "any",
    how_scales: str = "tame",
    shape: tuple[int, int] = (3, 64),
) -> Quantized:
    """An operand with every array drawn."""
    codes = {name: elements(rng, fmt, how, shape) for name, fmt in operand.codes.items()}
    levels = {
        level.name: scales(rng, level.format, how_scales, level.span.shape(*shape))
        for level in operand.levels
    }
    select = None
    if operand.select is not None:
        shape = operand.select.span.shape(*shape)
        select = rng.integers(0, 1 << operand.select.width, shape)
    return Quantized(operand, codes, levels, select)


def listed(array: Array) -> list[Any]:
    """Plain Python numbers, for a second model."""
    found: list[Any] = array.tolist()
    return found


def agree(got: Array, wanted: Any, bits: int = 32) -> None:
    """Codes alike; or how many differ, and the first."""
    expected = np.array(wanted)
    assert got.shape == expected.shape
    wrong = np.argwhere(got != expected)
    if wrong.size:
        place, width = tuple(wrong[0]), -(-bits // 4)
        raise AssertionError(
            f"{len(wrong)} of {got.size} differ, first at {wrong[0].tolist()}: "
            f"got {got[place]:#0{width + 2}x}, wanted {expected[place]:#0{width + 2}x}"
        )
