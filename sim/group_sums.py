"""Groups whose sums are chosen: elements for a sum, and what else must not disturb it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.description import Level, Operand
from ..golden.formats import Format
from ..golden.tensor import Quantized
from .aimed_sums import positive
from .making import Codes, Maker, Sided

Array = npt.NDArray[Any]

#: Bits of a sum at most: more are not needed.
_WIDEST = 40


class GroupSums:
    """Groups of an engine whose sums are positive integers, in units of products.

    Parameters
    ----------
    make : the engine's tiles.
    levels : the scales that the groups' scaled sums are chosen through.
    group : elements of a group that is summed.
    lsb : the exponent of a product's unit.
    bits, greatest : bits that any sum may have, and the greatest of these sums.
    full : a sum of more bits, maybe: all products are the greatest, but one that is the least.
    """

    def __init__(self, make: Maker, levels: list[Sided]):
        self.make, self.levels = make, levels
        assert make.arithmetic.group is not None
        self.group = make.arithmetic.group
        self.lsb = sum(element(side).lsb for side in make.operands)
        sizes = [positive(element(side))[0] for side in make.operands]
        # What the weights can add up to beside the greatest activations.
        many = self.group - len(self._small())
        greatest = many * int(sizes[1][-1]) * int(sizes[0][-1])
        self.greatest = min(max(greatest, 1), (1 << _WIDEST) - 1)
        self.bits = max(self.greatest.bit_length() - 1, 1)
        ends = [[int(size[end]) for size in sizes] for end in (0, -1)]
        least, most = (first * second for first, second in ends)
        self.full = min((self.group - 1) * most + least, (1 << _WIDEST) - 1)

    def _small(self) -> list[int]:
        """The activations of a group that are not the greatest, by their places among positive
        ones: as many of the least as fill up what the greatest leave, or if these are too many,
        those at each doubling from the least to the greatest."""
        sizes = [positive(element(side))[0].tolist() for side in self.make.operands]
        few = -(-sizes[1][-1] // (sizes[0][-1] * sizes[1][0])) + 1
        # A weight takes as many bits off what is left as it has significant ones.
        width = max(element(self.make.operands[0]).significand_width, 1)
        few += -(-sizes[1][-1].bit_length() // width)
        if few <= self.group // 2:
            return [0] * few
        found, wanted = [0], 2 * sizes[1][0]
        while wanted < sizes[1][-1] and len(found) < self.group // 2:
            found.append(bisect_right(sizes[1], wanted) - 1)
            wanted *= 2
        return found

    def made(
        self, sums: list[int], k: int, scales: dict[Sided, Array]
    ) -> tuple[Quantized, Quantized]:
        """Operands whose groups have these sums before they are scaled, in every vector."""
        make = self.make
        weights, activations = self._codes(sums, k)

        def codes_of(array: Array) -> Codes:
            return lambda name, fmt, shape: np.tile(array, (shape[0], 1)).astype(fmt.dtype)

        sides = [
            make.side(place, k, codes_of(array), scales)
            for place, array in enumerate((weights, activations))
        ]
        return _plain(sides[0], 0, self.levels), _plain(sides[1], 1, self.levels)

    def _codes(self, sums: list[int], k: int) -> tuple[Array, Array]:
        """Codes of weights and activations of one vector each, whose groups have these sums."""
        elements = [element(operand) for operand in self.make.operands]
        sizes, codes = positive(elements[0])
        beside, made_of = positive(elements[1])
        small = self._small() if max(sums) <= self.greatest else [0]
        places = small + [-1] * (self.group - len(small))
        factors = [int(beside[place]) for place in places]
        row = [made_of[place] for place in places]
        weights = np.full(k, elements[0].encode(0.0))
        for number, rest in enumerate(sums):
            for place in range(self.group - 1, -1, -1):
                index = int(np.searchsorted(sizes, rest // factors[place], "right")) - 1
                if index >= 0:
                    weights[number * self.group + place] = codes[index]
                    rest -= int(sizes[index]) * factors[place]
        return weights, np.tile(np.asarray(row), k // self.group)


def element(operand: Any) -> Format:
    found: Format = next(plane.element for plane in operand.planes if not plane.constant)
    return found


def own_scales(operand: Operand) -> set[str]:
    """The names of the scales of the plane that is not constant."""
    main = next(plane for plane in operand.planes if not plane.constant)
    return {level.name for level in main.scales}


def has_zero(level: Level) -> bool:
    return bool(level.format.has_zero)


def _plain(side: Quantized, number: int, kept: Sequence[Sided]) -> Quantized:
    """The same with integer scales of one, but for those ``kept``, with the first of all tables,
    and without what constant planes add."""
    operand, held = side.operand, dict(side.scales)
    own = own_scales(operand)
    names = {level.name for place, level in kept if place == number}
    for level in operand.levels:
        if level.name in names:
            continue
        values = None
        if level.name not in own and has_zero(level):
            values = 0.0
        elif level.integer:
            values = float(np.ldexp(1.0, level.format.lsb))
        if values is not None:
            shape = np.asarray(held[level.name]).shape
            held[level.name] = level.format.encode(np.full(shape, values))
    select = None if side.select is None else np.zeros_like(np.asarray(side.select))
    return replace(side, scales=held, select=select)
