"""Reductions whose results are subnormal, ties, next to ties, overflows, zeros by cancellation.

Codes and scales are drawn so that results come to lie at the ends of the formats that they pass;
factors at the end of a reduction are computed to hit a class. The golden model tells what is met,
and only such reductions are kept as meet a class that those before met too seldom.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.description import Engine
from ..golden.formats import Format, Integer, Minifloat
from ..golden.tensor import Quantized
from .aim import AIM_OF, AIMS
from .aimed_groups import KINDS, digits_of
from .aimed_sums import NAMES, aimed_sums, can_aim, steps_to_reach, steps_to_round
from .classes import CLASSES, Class, counted
from .codes import MAKERS, Generator, by_magnitude, finite_codes
from .late_aims import NEAREST, carried, passed, with_aims
from .making import Codes, Maker, Sided
from .scaling import ends_of
from .stimuli import Tile

Array = npt.NDArray[Any]

#: Reductions that are tried, at most, and in vain one after another.
TRIES, IN_VAIN = 112, 40

#: Steps that are tried, at most. Where products align, the golden model takes them one by one.
_STEPS, _ALIGNED_STEPS = 12_000, 1_000


#: Steps beyond which a reduction is long: only ``wanted`` of them are sent.
_LONG = 300

#: Classes that factors can be computed for.
_AIMED = [
    (step, name, 0)
    for step in (*(f"scale {place}" for place in range(4)), "addend")
    for name in CLASSES
    if AIM_OF.get(name, name) in AIMS
]

#: Classes that sums of plain products can be chosen for.
_OF_SUMS = [(step, name, 0) for step in ("sum", "output") for name in NAMES]

#: How often scales are spread over so many binades up and down: 0, 2, 12, 28.
_SPREAD = [0.4, 0.3, 0.15, 0.15]

#: Binades over which they are spread where sums are to have many bits.
_WIDE = 12.0

#: Classes that are wanted so many times as often as others.
_MORE = {"exact": 6, "odd": 3, "least above a tie": 3}


@lru_cache(maxsize=8)
def roundings(
    engine: Engine, seed: int, wanted: int, units: int = 1
) -> tuple[tuple[Tile, ...], Counter[Class]]:
    """Reductions that meet each class ``wanted`` times, if they are found; and what they meet.

    Exact results, which hide nothing, are wanted more often. Each of the ``units`` that share the
    first steps meets them all. Empty where nothing is rounded.
    """
    kept: list[Tile] = []
    total: Counter[Class] = Counter()
    if engine.arithmetic.output.format is None and engine.arithmetic.accumulate[-1].rule != "fp":
        return (), total
    make = Maker(engine, np.random.default_rng(seed))
    vain, steps = 0, _ALIGNED_STEPS if make.arithmetic.aligned else _STEPS
    for turn in range(TRIES):
        lacking = {item for item in _AIMED if total[item] < wanted * _MORE.get(item[1], 1)}
        lacking |= {item for item in _OF_SUMS if total[item] < wanted}
        most = wanted + wanted * (("scale 0", NEAREST, 0) in lacking)  # which all bits of sums take
        long = sum(tile.k > _LONG * make.step for tile in kept) < most
        weight, activation = _drawn(make, long, lacking, turn)
        tile, counts = counted(partial(make.tile, "rounding", weight, activation), units)
        new = [item for item in counts if total[item] < wanted * _MORE.get(item[1], 1)]
        vain = 0 if new else vain + 1
        if new:
            total += counts
            words = ", ".join(sorted({name for _, name, _ in new}))
            kept.append(replace(tile, kind=f"directed at {words}"))
        steps -= tile.k // make.step
        if vain == IN_VAIN or steps < 0:
            break
    return tuple(kept), total


def _drawn(make: Maker, long: bool, lacking: set[Class], turn: int) -> tuple[Quantized, Quantized]:
    """Operands with scales at the end of the reduction that are aimed, now and then.

    ``long`` says whether they may be as long as it takes until narrow products are rounded;
    ``lacking`` are classes that were met too seldom.
    """
    rng, late = make.rng, [item for item in make.floats if item[1].when == "end"]
    if ("scale 0", "carry", 0) in lacking and turn % 4 == 3:
        digits = digits_of(make)
        if (found := digits.carried() if digits else carried(make, late)) is not None:
            return found
    if (turn < 2 * KINDS or rng.random() < 0.4) and (digits := digits_of(make)) is not None:
        if turn < KINDS or (turn > 2 * KINDS and rng.random() < 0.5):
            found = digits.tile_sides(turn)
        else:
            found = digits.addends(sorted({name for step, name, _ in lacking if step == "addend"}))
        if found is not None:
            return found
    k = make.length(int(2.0 ** rng.uniform(0, 7)))
    if make.shared.group:
        k = min(int(2.0 ** rng.uniform(0, 2.4)), make.most) * make.unit
    codes: Sequence[Codes] = [_codes(make, side) for side in range(2)]
    if can_aim(make) and rng.random() < 0.5:
        target, names = passed(make)[-1 if not late else 0], []
        if long and rng.random() < 0.5:
            if steps := steps_to_round(make, target):
                step = "sum" if late else "output"
                names = [name for where, name, _ in sorted(lacking) if where == step]
            elif late and isinstance(late[0][1].format, Minifloat):
                # Not sums are rounded, but what they are by a scale of some bits.
                bits = max(target.significand_width + 2 - late[0][1].format.significand_width, 2)
                if steps := steps_to_reach(make, bits + 1):
                    target = Integer("sum", bits + 1)
            k = max(k, make.length(steps))
        codes = aimed_sums(make, target, k, names)
    # Sums of groups of many sizes have all the bits that a result next to a tie takes.
    full = ("scale 0", NEAREST, 0) in lacking and rng.random() < 0.3
    scales = _scales(make, k, _WIDE if full else None)
    clear = rng.random() < 0.2
    sides = [make.side(side, k, codes[side], scales, clear=clear) for side in range(2)]
    if late and rng.random() < 0.75:
        sides = with_aims(make, sides, late, lacking)
    return sides[0], sides[1]


def _codes(make: Maker, side: int) -> Codes:
    """A way to draw elements: how many are not zero, and how large they are."""
    rng = make.rng
    size = rng.choice(["any", "small", "large", "cancelling"], p=[0.4, 0.3, 0.15, 0.15])
    rare = rng.random() < 0.5

    def codes(name: str, fmt: Format, shape: tuple[int, int]) -> Array:
        if size == "cancelling":
            return MAKERS["cancelling"](fmt, shape, rng) if not side else _alike(fmt, shape, rng)
        found = finite_codes(fmt, shape, rng)
        if size != "any" and fmt.bits <= 16:
            pool = by_magnitude(fmt)
            part = max(len(pool) // 4, 2)
            found = rng.choice(pool[:part] if size == "small" else pool[-part:], shape)
        if rare and fmt.has_zero:
            share = 2.0 ** -rng.uniform(0, np.log2(shape[1]) + 1e-9)
            found = np.where(rng.random(shape) < share, found, fmt.encode(0.0))
        return found.astype(fmt.dtype)

    return codes


def _alike(fmt: Format, shape: tuple[int, int], rng: Generator) -> Array:
    """Pairs of the same code, so that opposite weights cancel."""
    half = finite_codes(fmt, (shape[0], -(-shape[1] // 2)), rng)
    return np.repeat(half, 2, axis=1)[:, : shape[1]]


# Scales.


def _scales(make: Maker, k: int, spread: float | None = None) -> dict[Sided, Array]:
    """Codes of all float scales, of magnitudes whose product lies where results are rounded, spread
    over so many binades up and down."""
    rng, levels = make.rng, make.floats
    # What is not scaled has some magnitude: 2 ** 8, say.
    left = _magnitude(make) - rng.uniform(0, 16)
    found: dict[Sided, Array] = {}
    for place in rng.permutation(len(levels)).tolist():
        side, level = levels[place]
        low, high = ends_of(level.format)
        rest = [ends_of(item.format) for _, item in levels if (_, item) not in found]
        final = len(rest) == 1
        centre = left if final else rng.uniform(max(low, -40), min(high, 40))
        if not final and rng.random() < 0.5:
            centre = left / len(rest)
        centre = float(np.clip(centre, low, high))
        left -= centre
        found[side, level] = _around(make, (side, level), k, centre, spread)
    return found


def _magnitude(make: Maker) -> float:
    """The exponent of results: at an end of a format that they pass, or near one."""
    rng, formats = make.rng, passed(make)
    fmt = formats[int(rng.integers(len(formats)))]
    kind = rng.choice(["low", "high", "near one"], p=[0.45, 0.2, 0.35])
    if kind == "near one":
        return float(rng.uniform(-2, 12))
    if isinstance(fmt, Minifloat) and kind == "low":
        return 8 + 1 - fmt.bias - float(rng.uniform(-2, fmt.mantissa_width + 2))
    return 8 + float(np.log2(float(fmt.maximum))) + float(rng.uniform(-2, 1))


def _around(make: Maker, item: Sided, k: int, centre: float, spread: float | None) -> Array:
    """Codes of scales around ``2**centre``: as wide, unless ``spread`` says so, and with as many
    bits, as is drawn."""
    rng, (side, level) = make.rng, item
    shape = make.shape(side, level, k)
    often = [0.2, 0.2, 0.3, 0.3] if make.arithmetic.accumulate[-1].rule == "fp" else _SPREAD
    if spread is None:
        spread = float(rng.choice([0, 2, 12, 28], p=often))
    exponents = np.round(centre + rng.uniform(-spread, spread, shape))
    bits = int(rng.choice([0, 2, 4, 24]))
    mantissas = 1 + rng.integers(0, 1 << bits, shape) / 2.0**bits
    signs = rng.choice([1, -1], shape, p=[0.7, 0.3]) if level.format.low < 0 else 1
    low, high = ends_of(level.format)
    values = np.ldexp(mantissas * signs, np.clip(exponents, low, high).astype(np.int32))
    return level.format.encode(values)
