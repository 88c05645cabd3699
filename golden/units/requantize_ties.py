"""Multipliers that bring a product next to a tie, where its lowest bits decide the result.

A product of a 32-bit sum and a 32-bit multiplier loses most of its bits; unless it is next to a
tie, a wrong one among them is lost, too. For a sum s and a tie t, the multiplier t / s, rounded,
misses the tie by at most s / 2: the smaller the sum, the nearer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..formats import Format, Integer, Minifloat

if TYPE_CHECKING:
    from .requantize import Requantize

Array = npt.NDArray[Any]

#: Ties among which the nearest is taken.
_TIES = 16


def beside_ties(
    unit: Requantize, held: dict[str, Array], codes: Array, group: Array, rng: np.random.Generator
) -> None:
    """Change multipliers and shifts in ``held``, (groups, holders), and a sum of each in ``codes``,
    (beats, rows, lanes), so that their products stand next to ties."""
    if "multiplier" not in held:
        return
    for number, first in enumerate(np.unique(group, return_index=True)[1].tolist()):
        for holder in range(unit.holders):
            at = number, holder
            row = holder if unit.holders == unit.rows else int(rng.integers(unit.rows))
            if unit.floats:
                _of_floats(unit, held, codes, at, (first, row), rng)
                continue
            size = int(rng.integers(1, unit.sums.bits - 1))
            value = _sum(unit, size, rng) * int(rng.choice([-1, 1]))
            bias = _value(unit.bias, held, "bias", at)
            if not unit.sums.low <= value - bias <= unit.sums.high:
                continue
            if isinstance(unit.multiplier, Integer):
                _integer(unit, held, at, value, rng)
            else:
                _float(unit, held, at, value, rng)
            mask = (1 << unit.sums.bits) - 1
            codes[first, row, :] = np.asarray((value - bias) & mask, object).astype(codes.dtype)


def _sum(unit: Requantize, size: int, rng: np.random.Generator) -> int:
    """A positive sum of ``size`` bits; where it is rounded before it is multiplied, often a tie, or
    next to one."""
    value = int(rng.integers(1 << size - 1, 1 << size))
    if not isinstance(unit.multiplier, Minifloat):
        return value
    lost = size - unit.multiplier.significand_width
    if lost < 1 or rng.random() < 0.3:
        return value
    return (value >> lost << lost) + (1 << lost >> 1) + int(rng.integers(-1, 2))


def _value(fmt: Any, held: dict[str, Array], name: str, at: tuple[int, int]) -> int:
    return 0 if fmt is None else int(fmt.decode(held[name][at].reshape(1))[0])


def _integer(
    unit: Requantize,
    held: dict[str, Array],
    at: tuple[int, int],
    value: int,
    rng: np.random.Generator,
) -> None:
    """The multiplier that comes nearest to one of some ties, and a shift for which it is long."""
    multiplier, result = unit.multiplier, unit.result
    assert isinstance(multiplier, Integer) and isinstance(result, Integer)
    assert unit.distance is not None
    low, high = unit.ends_of_result
    target = 2 * int(rng.integers(max(abs(low - unit.zero), abs(high - unit.zero), 1) + 1)) + 1
    distance = unit.distance
    if unit.shift is not None:
        top = multiplier.high.bit_length()
        wanted = top + abs(value).bit_length() - target.bit_length() + 1 - unit.distance
        shift = int(np.clip(wanted, unit.shift.low, unit.shift.high))
        held["shift"][at] = shift & (1 << unit.shift.bits) - 1
        distance += shift
    if distance < 1:
        return
    found = []
    for tie in range(max(target - _TIES, 1) | 1, target + _TIES, 2):
        product = tie << distance - 1
        factor = (product + abs(value) // 2) // abs(value)
        if 0 < factor <= multiplier.high:
            found.append((abs(factor * abs(value) - product), factor))
    if found:
        factor = min(found)[1] if rng.random() < 0.7 else found[int(rng.integers(len(found)))][1]
        held["multiplier"][at] = factor & (1 << multiplier.bits) - 1


def _float(
    unit: Requantize,
    held: dict[str, Array],
    at: tuple[int, int],
    value: int,
    rng: np.random.Generator,
) -> None:
    """A multiplier whose product with ``value`` is next to a tie of the result's format."""
    assert isinstance(unit.multiplier, Minifloat)
    tie = np.asarray([_tie(unit, rng) / abs(value)])
    held["multiplier"][at] = unit.multiplier.encode(tie, saturate=True)[0]


def _tie(unit: Requantize, rng: np.random.Generator) -> float:
    """A positive tie of the result's format."""
    result = unit.result
    if isinstance(result, Integer):
        low, high = unit.ends_of_result
        return float(rng.integers(max(abs(low - unit.zero), abs(high - unit.zero), 1) + 1)) + 0.5
    return float(halfway(result, (1,), rng)[0])


def halfway(result: Format, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Positive numbers halfway between two of a float result."""
    assert isinstance(result, Minifloat)
    greatest = int(np.frexp(float(result.maximum))[1]) - 1
    least, most = max(result.lsb - 1, -60), min(greatest, 60)
    exponent = rng.integers(least, most, shape, endpoint=True)
    # Subnormals have fewer places; below the least one stands half of it.
    places = np.minimum(exponent - result.lsb, result.mantissa_width)
    drawn = rng.integers(0, 1 << result.mantissa_width, shape) % (1 << np.maximum(places, 0))
    kept = np.where(places >= 0, (1 << np.maximum(places, 0)) + drawn, 0)
    return np.ldexp(kept + 0.5, exponent - np.maximum(places, -1))


def _of_floats(
    unit: Requantize,
    held: dict[str, Array],
    codes: Array,
    at: tuple[int, int],
    place: tuple[int, int],
    rng: np.random.Generator,
) -> None:
    """A float sum without a bias, and the multiplier whose product with it is next to a tie."""
    sums, multiplier = unit.sums, unit.multiplier
    assert isinstance(sums, Minifloat) and isinstance(multiplier, Minifloat)
    if "bias" in held:
        held["bias"][at] = 0
    value = np.asarray([np.exp2(rng.uniform(-8, 8)) * rng.choice([-1, 1])])
    code = sums.encode(value, saturate=True)[0]
    tie = _tie(unit, rng) / np.abs(sums.decode(np.asarray([code])))
    held["multiplier"][at] = multiplier.encode(tie, saturate=True)[0]
    codes[(*place, slice(None))] = code
