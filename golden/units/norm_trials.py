"""What normalizations are tried with: tokens of all sizes, a few great values, wide ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..formats import Minifloat
from ..streams import Beats
from .grouped_trials import anything, special
from .square_sum import SPAN_BITS

if TYPE_CHECKING:
    from .normalization import Normalization

Array = npt.NDArray[Any]

#: What the values of a trial's tokens are like.
KINDS = ("usual", "outliers", "wide", "small", "equal", "any", "special", "shifted")

#: Tokens of a trial, and its beats at the least; one is enough where tokens have so many beats.
TOKENS, LEAST, LONG = 3, 8, 256


def beats(unit: Normalization) -> int:
    """Beats of every trial, whole tokens."""
    tokens = TOKENS if unit.beats < LONG else 1
    return unit.beats * max(tokens, -(-LEAST // unit.beats))


def drawn(unit: Normalization, kind: int, rng: np.random.Generator) -> dict[str, Beats]:
    """A trial of a ``kind``."""
    name, fmt = KINDS[kind % len(KINDS)], unit.values
    assert isinstance(fmt, Minifloat)
    shape = beats(unit) // unit.beats * unit.vectors, unit.token
    low, high = 1 - fmt.bias, fmt.max_exponent - fmt.bias
    size = np.exp2(rng.uniform(max(low, -20), min(high, 20), (shape[0], 1)))
    x = rng.standard_t(3, shape) * size
    if name == "outliers":
        great = rng.random(shape) < 2 / unit.token
        x = np.where(great, np.sign(x) * np.exp2(rng.uniform(low, high, shape)), x)
    elif name == "wide":  # windows next to each other and far apart
        near = rng.choice(np.asarray(unit.windows), (shape[0], 1))
        step = 1 << SPAN_BITS
        place = near * step + rng.integers(-step, 2 * step, shape)
        place = np.clip(place, 1, fmt.max_exponent) - fmt.bias
        x = np.sign(x) * rng.uniform(1, 2, shape) * np.exp2(place)
    elif name == "small":  # beside eps, and subnormal
        x = np.sign(x) * np.exp2(rng.uniform(fmt.lsb - 1, max(low + 8, -16), shape))
        x = np.where(rng.random((shape[0], 1)) < 0.2, x * 0.0, x)
    elif name == "equal":
        x = np.sign(x) * size * np.ones(shape)
    elif name == "shifted":  # near a mean far from zero, or all but a few the same
        size = size * np.where(rng.random((shape[0], 1)) < 0.5, 2.0**-fmt.mantissa_width, 0.1)
        x = size * np.exp2(rng.integers(2, 8, (shape[0], 1))) + np.trunc(x / size) * size / 4
    codes = fmt.encode(x, saturate=True)
    if name == "any":
        codes = anything(fmt, shape, rng)
        finite = codes & (1 << fmt.bits - 1) - 1 <= fmt.max_code
        codes = np.where(finite, codes, 0).astype(fmt.dtype)
    if name == "special":
        odd = rng.choice(special(fmt), shape)
        codes = np.where(rng.random(shape) < 1 / (2 * unit.token), odd, codes)
    return trial(unit, codes, rng)


def trial(unit: Normalization, codes: Array, rng: np.random.Generator | None) -> dict[str, Beats]:
    """The beats of tokens (tokens, token), those side by side one after the other."""
    tokens = codes.reshape(-1, unit.vectors, unit.beats, unit.lanes)
    x = tokens.transpose(0, 2, 1, 3).reshape(-1, unit.vectors * unit.lanes)
    last = np.arange(len(x)) % unit.beats == unit.beats - 1
    if rng is not None and rng.random() < 0.3:  # it is not looked at
        last = rng.random(len(x)) < 0.3
    found = {"values": Beats((x,), (None,), last)}
    if unit.channel:
        fields = tuple(_beside(fmt, (len(x), unit.lanes), rng) for fmt in unit.channel.values())
        found["channel"] = Beats(fields, (None,) * len(fields), np.zeros(len(x), bool))
    return found


def _beside(fmt: Any, shape: tuple[int, int], rng: np.random.Generator | None) -> Array:
    """What channels have: about one, anything, a few specials."""
    assert isinstance(fmt, Minifloat)
    kind = 0 if rng is None else int(rng.integers(4))
    if rng is None or kind == 0:
        return fmt.encode(np.ones(shape))
    usual = fmt.encode(rng.normal(1, 0.5, shape))
    if kind == 1:
        return usual
    if kind == 2:
        return np.where(rng.random(shape) < 0.05, rng.choice(special(fmt), shape), usual)
    return anything(fmt, shape, rng)


def extremes(unit: Normalization) -> list[dict[str, Beats]]:
    """All values of a trial the same: the greatest, the greatest of each window that counts, the
    least and zero; the greatest of two windows by turns."""
    fmt = unit.values
    assert isinstance(fmt, Minifloat)
    shape = beats(unit) // unit.beats * unit.vectors, unit.token
    sign, full = 1 << fmt.bits - 1, (1 << fmt.mantissa_width) - 1
    tops = [
        ((window + 1 << SPAN_BITS) - 1 << fmt.mantissa_width) + full for window in unit.windows[:-1]
    ]
    found = [
        trial(unit, np.full(shape, code, fmt.dtype), None)
        for code in (fmt.max_code, fmt.max_code | sign, *tops, 1, 0, sign)
    ]
    turns = np.arange(unit.token) & 1 == 0
    for low, high in zip(tops, [*tops[1:], fmt.max_code], strict=True):
        found.append(trial(unit, np.full(shape, np.where(turns, low, high), fmt.dtype), None))
    return found
