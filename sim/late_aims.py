"""Scales at the end of a reduction that bring its sums to where rounding is easily wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.description import Level, Output
from ..golden.formats import Format
from ..golden.matmul import matmul
from ..golden.tensor import Quantized
from .aim import AIM_OF, AIMS, aimed, below_power, bits_of
from .aimed_sums import PlainSums, can_aim
from .classes import Class, met
from .codes import Generator
from .making import Maker, Sided

Array = npt.NDArray[Any]

#: The class that takes numbers with all their bits.
NEAREST = "least above a tie"

#: Factors that are computed for a scale until one hits what is wanted.
_SHOTS = 8

#: Steps of a reduction whose sum is chosen.
_STEPS = 300


def passed(make: Maker) -> list[Format]:
    """The formats to which something is rounded."""
    working, output = make.arithmetic.working, make.arithmetic.output.format
    return [working, output] if output is not None and output != working else [working]


def carried(make: Maker, late: list[Sided]) -> tuple[Quantized, Quantized] | None:
    """Plain sums that come next below a power of two by the first scale at the end, which has fewer
    bits than what is kept: rounding carries. None if there is no such scale, or no such sum."""
    kept, k = make.arithmetic.working.significand_width, make.length(_STEPS)
    if (
        not late
        or not can_aim(make)
        or not 2 < (width := late[0][1].format.significand_width) < kept
    ):
        return None
    sums, (side, level) = PlainSums(make, k), late[0]
    found = below_power(kept, width, sums.most * 3 // (4 * sums.grain), make.rng)
    if found is None:
        return None
    codes = sums.codes(lambda: found[0] * sums.grain)
    held = make.held(side, level, k, np.full(1, np.ldexp(float(found[1]), 1 - width)))
    first, second = (make.side(each, k, codes[each], {(side, level): held}) for each in range(2))
    return first, second


def with_aims(
    make: Maker, sides: list[Quantized], late: list[Sided], lacking: set[Class]
) -> list[Quantized]:
    """The same with the scales of one late level computed so that a class is hit."""
    rng, working = make.rng, make.arithmetic.working
    places = [n for n in range(len(late)) if any(step == f"scale {n}" for step, _, _ in lacking)]
    place = int(rng.choice(places or range(len(late))))
    names = sorted(name for step, name, _ in lacking if step == f"scale {place}")
    if place and NEAREST in names and rng.random() < 0.5:
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
    target = passed(make)[-1] if place == len(late) - 1 and rng.random() < 0.5 else working
    # Few values have the bits that it takes: where they do, that is tried often.
    able = NEAREST in names and bits_of(values).max() >= working.significand_width
    open_ones = list(range(len(codes)))
    for _ in range(_SHOTS):
        wanted = [
            NEAREST if able and rng.random() < 0.5 else str(rng.choice(names or AIMS))
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
    if name == NEAREST:
        values = values[bits_of(values) == bits_of(values).max()]
    return float(rng.choice(values))
