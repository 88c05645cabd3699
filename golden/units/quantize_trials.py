"""What quantizers are tried with: blocks of all sizes, ties, specials, blocks that end early."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..formats import Minifloat
from ..quantize.rules import reach
from ..streams import Beats
from . import lfsr
from . import quantize_channels as channels
from . import quantize_range_trials as ranges
from . import quantize_tokens as tokens
from .grouped_trials import anything, special

if TYPE_CHECKING:
    from .quantize import Quantize

Array = npt.NDArray[Any]

#: What the values of a trial are like; and where there is a zero point.
KINDS = ("usual", "ties", "edges", "any", "tiny", "special")
RANGE_KINDS = ("steps", "ends")

#: Blocks of a trial, and its beats at the least; one is enough where blocks have so many beats.
BLOCKS, LEAST, LONG = 3, 8, 256


def beats(unit: Quantize) -> int:
    """Beats of every trial."""
    blocks = BLOCKS if unit.beats < LONG else 1
    count = unit.beats * max(blocks, -(-LEAST // unit.beats))
    token = unit.token // unit.lanes  # and some of the one after
    return max(count, token + unit.beats * (token < LONG) if token else 0)


def kinds(unit: Quantize) -> tuple[str, ...]:
    """What the values of a unit's trials are like."""
    return KINDS + RANGE_KINDS * bool(unit.zero)


def drawn(unit: Quantize, index: int, kind: int, rng: np.random.Generator) -> dict[str, Beats]:
    """A trial of a ``kind``; one ``index`` in four ends blocks early."""
    count = beats(unit)
    last = np.zeros(count, bool)
    cuts = index % 4 == 3
    if cuts:
        last[rng.integers(0, count, 2)] = True
    last[-1] = cuts or unit.waits or rng.random() < 0.5
    return trial(unit, values(unit, kind, count, rng), last, rng)


def values(unit: Quantize, kind: int, count: int, rng: np.random.Generator) -> Array:
    """Codes of values (beats, lanes of all vectors) of a ``kind``."""
    make = {
        "usual": _usual, "ties": _ties, "edges": _edges, "tiny": _tiny, "steps": ranges.steps,
        "ends": ranges.ends,
    }  # fmt: skip
    names = kinds(unit)
    name = names[kind % len(names)]
    shape = count * unit.vectors, unit.lanes  # one vector after the other
    if name in make:
        codes = unit.values.encode(make[name](unit, shape, rng))
    else:
        codes = anything(unit.values, shape, rng)
        if name == "special":  # in one value of few
            calm = unit.values.encode(_usual(unit, shape, rng))
            odd = rng.choice(special(unit.source), shape)
            codes = np.where(rng.random(shape) < 1 / (2 * unit.block), odd, calm)
    codes = codes.reshape(unit.vectors, count, unit.lanes).transpose(1, 0, 2)
    return codes.reshape(count, unit.width)


def trial(
    unit: Quantize, codes: Array, last: Array, rng: np.random.Generator | None
) -> dict[str, Beats]:
    """The beats of values; and of tensors' scales, by which most blocks' scales are of use."""
    found = {"values": Beats((codes,), (None,), last)}
    if unit.channel:
        found["channel"] = channels.drawn(unit, codes, rng)
    if unit.random_bits:
        shape = int(tokens.marks(unit, last).sum()), 1
        seeds = np.zeros(shape) if rng is None else rng.integers(0, 1 << lfsr.SEED, shape)
        found["seed"] = Beats((seeds.astype(np.uint32),), (None,), np.zeros(len(seeds), bool))
    if unit.tensor is not None and not unit.token:
        count, fmt = int(last.sum()), unit.tensor
        assert isinstance(fmt, Minifloat)
        held = np.full((count, 1), fmt.encode(1.0), fmt.dtype)
        if rng is not None:
            x = np.abs(unit.values.decode(codes))
            size = np.max(x, where=np.isfinite(x) & (x > 0), initial=2.0**-100)
            size = size / reach(unit.element) * np.exp2(rng.uniform(-9, 9, held.shape))
            held = fmt.encode(np.clip(size, 2.0**-125, 2.0**125))
            odd = rng.choice(special(fmt), held.shape)
            held = np.where(rng.random(held.shape) < 0.1, odd, held)
        found["tensor"] = Beats((held,), (None,), np.zeros(count, bool))
    return found


def _sizes(unit: Quantize, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """A power of two for each value, the same in a block; what follows may be far smaller."""
    count = -(-shape[0] * shape[1] // unit.block) + 1
    power = rng.integers(-12, 13, count)
    return np.asarray(np.exp2(np.repeat(power, unit.block)[: shape[0] * shape[1]].reshape(shape)))


def _usual(unit: Quantize, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    return rng.standard_t(3, shape) * _sizes(unit, shape, rng)


def _ties(unit: Quantize, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Half-way between elements, or beside that; the greatest element stands in a block often."""
    held = np.unique(np.abs(unit.element.decode(unit.element.legal)))
    held = held[np.isfinite(held)]
    middle = (held[1:] + held[:-1]) / 2
    x = rng.choice(np.concatenate([middle, held]), shape)
    near = rng.integers(0, 4, shape)
    x = np.where(near == 1, np.nextafter(np.float32(x), np.float32(0)), x)
    codes = unit.values.encode(np.where(rng.random(shape) < 1.5 / unit.block, held[-1], x))
    # One last place more or less of the format that comes in.
    moved = np.where(near == 2, codes + 1, np.where((near == 3) & (codes > 0), codes - 1, codes))
    x = np.asarray(unit.values.decode(moved.astype(codes.dtype)))
    x = np.where(np.isfinite(x), x, 1.0)
    return x * np.where(rng.random(shape) < 0.5, -1, 1) * _sizes(unit, shape, rng)


def _edges(unit: Quantize, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Greatest magnitudes about those where the rule takes the next scale; the rest is small."""
    top = reach(unit.element)
    width = unit.element.significand_width
    near = np.array([1.0, 2 - 2.0**-width, 2 - 2.0 ** -(width + 1), 2.0, top, 1.5])
    step = 2.0**-unit.source.mantissa_width
    x = rng.choice(near, shape) * (1 + step * rng.integers(-1, 2, shape))
    small = rng.random(shape) > 1 / unit.block
    # What is greatest comes as the first or the last of its block more often than elsewhere.
    place = (np.arange(shape[0])[:, None] * shape[1] + np.arange(shape[1])) % unit.block
    small &= ~(((place == 0) | (place == unit.block - 1)) & (rng.random(shape) < 0.4))
    x = np.where(small, x * np.exp2(-rng.integers(1, 6, shape)), x)
    return np.asarray(x * np.where(rng.random(shape) < 0.5, -1, 1) * _sizes(unit, shape, rng))


def _tiny(unit: Quantize, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """Near the least normal value and below it, or zero."""
    low = unit.source.lsb
    x = np.exp2(rng.uniform(low - 1, low + unit.source.mantissa_width + 8, shape))
    x = x * np.where(rng.random(shape) < 0.5, -1, 1)
    return np.where(rng.random((shape[0], 1)) < 0.2, x * 0.0, x)


def extremes(unit: Quantize) -> list[dict[str, Beats]]:
    """Trials of :func:`extreme_values`."""
    last = np.zeros(beats(unit), bool)
    last[-1] = True
    return [trial(unit, codes, last, None) for codes in extreme_values(unit, len(last))]


def extreme_values(unit: Quantize, count: int) -> list[Array]:
    """All values of a trial the same: the greatest, the least, and the smallest ones; the greatest
    and the least by turns; and the greatest beside an infinity."""
    fmt, shape = unit.source, (count, unit.width)
    sign = 1 << (fmt.bits - 1)
    found = [
        np.full(shape, code, fmt.dtype) for code in (fmt.max_code, fmt.max_code | sign, 1, 0, sign)
    ]
    codes = np.full(shape, fmt.max_code, fmt.dtype)
    if unit.zero:
        turns = (np.arange(codes.size).reshape(shape) & 1).astype(bool)
        found.append(np.where(turns, codes | sign, codes))
    codes[0, 0] = fmt.inf_code
    return [*found, codes]
