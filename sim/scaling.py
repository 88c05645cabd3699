"""Scales, zero points and biases that are worth trying."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.description import Level, Operand
from ..golden.formats import Format, Minifloat
from ..golden.tensor import spread
from .codes import (
    Generator,
    Shape,
    by_magnitude,
    finite_codes,
    finite_corners,
    random_codes,
    special_codes,
)

Array = npt.NDArray[Any]

#: Kinds of scales and how often they come: near one, of all magnitudes, the ends of the format, a
#: NaN or infinity among usual ones, all equal.
KINDS = {"usual": 0.45, "wide": 0.2, "ends": 0.15, "special": 0.1, "ones": 0.1}


@cache
def ends_of(fmt: Format) -> tuple[float, float]:
    """The exponents of the least and of the greatest magnitude of a scale format."""
    if isinstance(fmt, Minifloat):
        least = fmt.lsb if fmt.has_zero else 1 - fmt.bias - (not fmt.has_zero)
        return float(least), float(np.log2(float(fmt.maximum)))
    values = np.abs(fmt.decode(by_magnitude(fmt)))
    values = values[values > 0]
    return float(np.log2(values.min())), float(np.log2(values.max()))


def draw(rng: Generator) -> str:
    """A kind of scales."""
    return str(rng.choice(list(KINDS), p=list(KINDS.values())))


def scales(level: Level, shape: Shape, kind: str, rng: Generator) -> Array:
    """Codes of a level's scales. Zero points and other integers are never all equal."""
    fmt = level.format
    if level.integer:
        return _integers(fmt, shape, kind, rng)
    return _MAKERS[kind](fmt, shape, rng)


def biases(fmt: Format, count: int, kind: str, rng: Generator) -> Array:
    """Codes of biases, of the magnitude of sums."""
    if kind == "ends":
        return _ends(fmt, (count,), rng)
    magnitude = np.exp2(rng.uniform(-4, 16, count))
    codes = fmt.encode(magnitude * rng.choice([-1, 1, 0], count, p=[0.45, 0.45, 0.1]))
    return _with_special(fmt, codes, rng) if kind == "special" else codes


def _integers(fmt: Format, shape: Shape, kind: str, rng: Generator) -> Array:
    if kind == "ends":
        return _ends(fmt, shape, rng)
    return random_codes(fmt, shape, rng)


def _usual(fmt: Format, shape: Shape, rng: Generator) -> Array:
    """Near one; some negative where there is a sign."""
    sign = rng.choice([1, -1], shape, p=[0.8, 0.2]) if fmt.low < 0 else 1
    return fmt.encode(np.exp2(rng.uniform(-4, 4, shape)) * sign)


def _ends(fmt: Format, shape: Shape, rng: Generator) -> Array:
    """The least and greatest magnitudes, zeros, subnormals."""
    return rng.choice(finite_corners(fmt), shape).astype(fmt.dtype)


def _special(fmt: Format, shape: Shape, rng: Generator) -> Array:
    return _with_special(fmt, _usual(fmt, shape, rng), rng)


def _ones(fmt: Format, shape: Shape, rng: Generator) -> Array:
    return fmt.encode(np.ones(shape))


_MAKERS = {
    "usual": _usual,
    "wide": finite_codes,
    "ends": _ends,
    "special": _special,
    "ones": _ones,
}


def _with_special(fmt: Format, codes: Array, rng: Generator) -> Array:
    """One code in two arrays becomes NaN or infinity."""
    if special_codes(fmt).size and rng.random() < 0.5:
        codes.reshape(-1)[rng.integers(codes.size)] = rng.choice(special_codes(fmt))
    return codes


def clear_groups(
    operand: Operand, codes: dict[str, Array], held: dict[str, Array], rng: Generator
) -> None:
    """Make some groups of every operand zero: codes of zero, or of the zero point."""
    group, (rows, k) = operand.group, next(iter(codes.values())).shape
    if group and operand.structure is not None:
        group = operand.structure.compressed(group, "a group")
    size = group or k
    empty = np.repeat(rng.random((rows, k // size)) < 0.3, size, axis=1)
    for name, fmt in operand.codes.items():
        if fmt.has_zero:
            zero = fmt.encode(-_offset(operand, held, (rows, k)))
            codes[name] = np.where(empty, zero, codes[name]).astype(fmt.dtype)


def _offset(operand: Operand, held: dict[str, Array], shape: tuple[int, int]) -> Array:
    """What constant planes with integer scales add to an element: minus its zero point."""
    total = np.zeros(shape)
    for plane in operand.planes:
        integers = [level for level in plane.scales if level.integer]
        if plane.constant and integers:
            value = np.broadcast_to(plane.element.decode(np.zeros(shape, np.uint8)), shape)
            for level in integers:
                value = value * spread(level.format.decode(held[level.name]), level.span, shape)
            total = total + value
    return total
