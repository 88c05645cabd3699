"""What requantizers are tried with: sums about ties and ends, multipliers of all kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..formats import Format, Integer, Minifloat
from ..streams import Beats
from .grouped_trials import anything, marks, special, trial
from .requantize_ties import beside_ties, halfway

if TYPE_CHECKING:
    from .requantize import Requantize

Array = npt.NDArray[Any]

#: Kinds of multipliers: any, usual ones, powers of two (which meet ties), such as bring a product
#: next to a tie, tiny or huge, specials.
_KINDS = ("any", "ties", "usual", "power", "ties", "extreme", "special")
KINDS = len(_KINDS)


def drawn(unit: Requantize, index: int, kind: int, rng: np.random.Generator) -> dict[str, Beats]:
    """Sums that aim at results, with multipliers of a ``kind``."""
    last = marks(unit, index, rng)
    ends = unit.ends(last)
    shape = int(ends.sum()), unit.holders
    chosen = _KINDS[kind % len(_KINDS)]
    held = _held(unit, "usual" if chosen == "ties" else chosen, shape, rng)
    group = np.minimum(np.cumsum(ends) - ends, max(shape[0] - 1, 0))
    sums = _sums(unit, held, group, rng)
    if chosen == "ties":
        beside_ties(unit, held, sums, group, rng)
    return trial(unit, sums.reshape(len(group), -1), held, last)


def _held(
    unit: Requantize, kind: str, shape: tuple[int, int], rng: np.random.Generator
) -> dict[str, Array]:
    """Codes of what groups hold."""
    found = {}
    for name, fmt in unit.held.items():
        if name != "multiplier":
            found[name] = anything(fmt, shape, rng)
            if name == "bias" and kind in ("usual", "power"):
                found[name] = fmt.encode(np.rint(rng.normal(0, 100, shape)), saturate=True)
        elif isinstance(fmt, Minifloat):
            found[name] = _floats(unit, fmt, kind, shape, rng)
        else:
            found[name] = _integers(fmt, kind, shape, rng)
    return found


def _integers(fmt: Format, kind: str, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Integer multipliers: the usual ones have their top bit set, as fractions in 1/2 … 1."""
    assert isinstance(fmt, Integer)
    top = fmt.high.bit_length()
    if kind == "usual":
        return np.asarray(rng.integers(1 << top - 1, fmt.high, shape, endpoint=True), fmt.dtype)
    if kind == "power":
        return (1 << rng.integers(0, top, shape)).astype(fmt.dtype)
    if kind == "special":
        ends = [fmt.low, -1 if fmt.signed else 0, 0, 1, fmt.high]
        return fmt.encode(rng.choice(ends, shape).astype(float), saturate=True)
    return anything(fmt, shape, rng)


def _floats(
    unit: Requantize, fmt: Minifloat, kind: str, shape: tuple[int, int], rng: np.random.Generator
) -> Array:
    if kind == "any":
        return anything(fmt, shape, rng)
    if kind == "special":
        return rng.choice(special(fmt), shape)
    bits = 8 if unit.floats else unit.sums.bits
    exponents = rng.uniform(-bits, 4, shape)
    if kind == "extreme":
        ends = [float(unit.result.lsb) - bits, float(np.frexp(float(unit.result.maximum))[1])]
        exponents = rng.choice(ends, shape) + rng.uniform(-3, 3, shape)
    if kind == "power":
        exponents = np.rint(exponents)
    return fmt.encode(np.exp2(np.clip(exponents, -140, 120)), saturate=True)


def _sums(
    unit: Requantize, held: dict[str, Array], group: Array, rng: np.random.Generator
) -> Array:
    """Codes of sums (beats, rows, lanes) whose results lie about ties and ends."""
    shape = len(group), unit.rows, unit.lanes
    others = anything(unit.sums, shape, rng).reshape(shape)
    factor = np.ones((len(group), unit.holders, 1))
    if "multiplier" in held:
        assert unit.multiplier is not None
        factor = np.abs(unit.multiplier.decode(held["multiplier"]))[group][:, :, None]
    distance = np.full(factor.shape, float(unit.constant))
    if unit.shift is not None:
        distance = distance + unit.shift.decode(held["shift"])[group][:, :, None]
    factor = factor * np.exp2(-distance)
    if isinstance(unit.result, Integer):
        low, high = unit.ends_of_result
        aimed = rng.integers(low - 3, high + 4, shape) - unit.zero
        aimed = aimed + rng.choice([0.0, 0.5, -0.5, 0.25], shape)
    else:
        span = float(np.frexp(float(unit.result.maximum))[1]), float(unit.result.lsb)
        aimed = np.exp2(rng.uniform(span[1] - 3, span[0] + 2, shape)) * rng.choice([-1, 1], shape)
    bias = np.zeros(factor.shape)
    if unit.bias is not None:
        bias = unit.bias.decode(held["bias"])[group][:, :, None]
    if unit.floats:
        return _floating(unit, aimed, factor, bias, others, rng)
    sums = unit.sums
    assert isinstance(sums, Integer)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        wanted = np.rint(aimed / factor - bias)
        reached = np.isfinite(wanted) & (wanted >= sums.low) & (wanted <= sums.high)
    codes = np.where(reached, wanted, 0.0).astype(np.int64).astype(np.uint64)
    mask = np.uint64((1 << sums.bits) - 1)
    codes = (codes & mask).astype(sums.dtype)
    chosen = reached & (rng.random(shape) < 0.9)
    return np.where(chosen, codes, others)


def _floating(
    unit: Requantize,
    aimed: Array,
    factor: Array,
    bias: Array,
    others: Array,
    rng: np.random.Generator,
) -> Array:
    """Codes of float sums whose results are about ``aimed``, half of them about ties of a float
    result; and ``others``, among which are NaN, infinities and zeros."""
    assert isinstance(unit.sums, Minifloat)
    if isinstance(unit.result, Minifloat):
        near = 1 + rng.choice([0, 0, 1, -1], aimed.shape) * 2.0 ** (1 - unit.sums.significand_width)
        ties = halfway(unit.result, aimed.shape, rng) * near * np.sign(aimed)
        aimed = np.where(rng.random(aimed.shape) < 0.5, ties, aimed)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        wanted = aimed / factor - bias
    codes = unit.sums.encode(np.where(np.isfinite(wanted), wanted, 0.0), saturate=True)
    odd = rng.choice(special(unit.sums), aimed.shape)
    kind = rng.random(aimed.shape)
    return np.where(kind < 0.85, codes, np.where(kind < 0.95, others, odd))
