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

from ..golden.description import Engine, Level, Output
from ..golden.formats import Format, Minifloat
from ..golden.matmul import matmul
from ..golden.tensor import Quantized
from .aim import AIM_OF, AIMS, aimed, bits_of
from .aimed_groups import KINDS, digits_of
from .aimed_sums import aimed_sums, can_aim, steps_to_round
from .classes import CLASSES, Class, counted, met
from .codes import MAKERS, Generator, by_magnitude, finite_codes
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

#: Factors that are computed for a scale until one hits what is wanted.
_SHOTS = 8

#: How often scales are spread over so many binades up and down: 0, 2, 12, 28.
_SPREAD = [0.4, 0.3, 0.15, 0.15]

#: Binades over which they are spread where sums are to have many bits.
_WIDE = 12.0

#: Classes that are wanted so many times as often as others.
_MORE = {"exact": 6, "odd": 3, "least above a tie": 3}

#: The class that takes numbers with all their bits.
_NEAREST = "least above a tie"


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
        long = sum(tile.k > _LONG * make.step for tile in kept) < wanted
        lacking = {item for item in _AIMED if total[item] < wanted * _MORE.get(item[1], 1)}
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
        target = _passed(make)[-1 if not late else 0]
        if long and rng.random() < 0.5:
            k = max(k, make.length(steps_to_round(make, target)))
        codes = aimed_sums(make, target, k)
    # Sums of groups of many sizes have all the bits that a result next to a tie takes.
    full = ("scale 0", _NEAREST, 0) in lacking and rng.random() < 0.3
    scales = _scales(make, k, _WIDE if full else None)
    clear = rng.random() < 0.2
    sides = [make.side(side, k, codes[side], scales, clear=clear) for side in range(2)]
    if late and rng.random() < 0.75:
        sides = _with_aims(make, sides, late, lacking)
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
    rng, formats = make.rng, _passed(make)
    fmt = formats[int(rng.integers(len(formats)))]
    kind = rng.choice(["low", "high", "near one"], p=[0.45, 0.2, 0.35])
    if kind == "near one":
        return float(rng.uniform(-2, 12))
    if isinstance(fmt, Minifloat) and kind == "low":
        return 8 + 1 - fmt.bias - float(rng.uniform(-2, fmt.mantissa_width + 2))
    return 8 + float(np.log2(float(fmt.maximum))) + float(rng.uniform(-2, 1))


def _passed(make: Maker) -> list[Format]:
    """The formats to which something is rounded."""
    working, output = make.arithmetic.working, make.arithmetic.output.format
    return [working, output] if output is not None and output != working else [working]


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


# Aims.


def _with_aims(
    make: Maker, sides: list[Quantized], late: list[Sided], lacking: set[Class]
) -> list[Quantized]:
    """The same with the scales of one late level computed so that a class is hit."""
    rng, working = make.rng, make.arithmetic.working
    places = [n for n in range(len(late)) if any(step == f"scale {n}" for step, _, _ in lacking)]
    place = int(rng.choice(places or range(len(late))))
    names = sorted(name for step, name, _ in lacking if step == f"scale {place}")
    if place and _NEAREST in names and rng.random() < 0.5:
        # Only a number with all its bits comes so near to a tie.
        side, level = late[place - 1]
        full = 1 + rng.random(make.shape(side, level, sides[0].shape[1]))
        sides[side] = _given(make, sides[side], level, level.format.encode(full))
    for side, level in late[place:]:
        sides[side] = _given(make, sides[side], level, make.held(side, level, sides[0].shape[1],
                                                                 np.ones(1)))  # fmt: skip
    values = _before(make, sides)
    if values is None:
        return sides
    side, level = late[place]
    codes = np.asarray(sides[side].scales[level.name]).copy()
    # Behind the last scale the output's format rounds, too.
    target = _passed(make)[-1] if place == len(late) - 1 and rng.random() < 0.5 else working
    # Few values have the bits that it takes: where they do, that is tried often.
    able = _NEAREST in names and bits_of(values).max() >= working.significand_width
    open_ones = list(range(len(codes)))
    for _ in range(_SHOTS):
        wanted = [
            _NEAREST if able and rng.random() < 0.5 else str(rng.choice(names or AIMS))
            for _ in open_ones
        ]
        own = [_own(values, side, vector, len(codes)) for vector in open_ones]
        hit = [_one_of(each, name, rng) for each, name in zip(own, wanted, strict=True)]
        found = [
            aimed(value, target, level.format, AIM_OF.get(name, name), rng) or 1.0
            for value, name in zip(hit, wanted, strict=True)
        ]
        codes[open_ones, 0] = level.format.encode(found)
        marks = met("scale", target, np.asarray(hit) * np.asarray(found))
        open_ones = [
            vector
            for index, (vector, name) in enumerate(zip(open_ones, wanted, strict=True))
            if name not in marks or not marks[name][index]
        ]
        if not open_ones:
            break
    sides[side] = _given(make, sides[side], level, codes)
    return sides


def _given(make: Maker, operand: Quantized, level: Level, codes: Array) -> Quantized:
    scales = {**operand.scales, level.name: make.alike(level, codes)}
    return replace(operand, scales=scales)


def _before(make: Maker, sides: list[Quantized]) -> Array | None:
    """The values (N, M) that an aimed level meets; None where several sums are added behind."""
    arithmetic = make.arithmetic
    output = Output(arithmetic.working)
    if arithmetic.outputs > 1:
        return None
    plain = replace(make.engine, modes=(replace(arithmetic, output=output),))
    return matmul(plain, sides[0], sides[1]).decode()


def _own(values: Array, side: int, vector: int, vectors: int) -> Array:
    """The values that the scale of a vector multiplies; of a tensor's scale, all."""
    if vectors == 1:
        return values.ravel()
    return values[:, vector] if side else values[vector]


def _one_of(values: Array, name: str, rng: Generator) -> float:
    """A value that a class can be hit with: next to ties come those with the most bits alone."""
    if name == _NEAREST:
        values = values[bits_of(values) == bits_of(values).max()]
    return float(rng.choice(values))
