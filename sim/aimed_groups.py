"""Groups whose scaled sums are the digits of a number that is rounded where it is easily wrong.

A group's sum is chosen through its elements, its place through its scales, which are powers of two:
so the groups of a reduction add up to any number, and a running float sum meets any addend.
"""

from __future__ import annotations

from dataclasses import replace
from math import isinf, ldexp
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.description import Level
from ..golden.formats import Format, Integer, Minifloat
from ..golden.tensor import Quantized
from ..golden.terms import accumulators
from .aim import AIM_OF, AIMS, aimed, below_power
from .codes import Generator, by_magnitude
from .group_sums import GroupSums, has_zero, own_scales
from .making import Maker, Sided
from .scaling import ends_of

Array = npt.NDArray[Any]

#: Places below the last that is kept: few, those next to a tie, and those of the nearest.
_LOST = ((1, 6), (7, 10), (24, 24))

#: Digits at most: more groups are not needed for 48 places.
_DIGITS = 32

#: Kinds of numbers, in turn: all ones, or any number, then what is lost; and where they stand.
KINDS = 2 * len(_LOST) * 2


class Digits(GroupSums):
    """How numbers are written as groups of an engine.

    Parameters
    ----------
    make : the engine's tiles.
    levels : the float scales with the shortest groups, or where there are none the integer ones;
        their exponents add up.
    slot : elements of such a group; the first of the groups in it that are summed holds a digit.
    low, high : exponents of the least and the greatest digit's unit.
    apart : slots from one digit to the next that the same partial sum takes.
    most : digits that fit into the longest reduction, or are needed at most.
    """

    def __init__(self, make: Maker, levels: list[Sided]):
        super().__init__(make, levels)
        slot = levels[0][1].span.columns
        assert slot is not None
        self.slot = slot
        self.ends = [_whole(level) for _, level in levels]
        self.low, self.high = (
            self.lsb + sum(end[place] for end in self.ends) for place in range(2)
        )
        stage = make.arithmetic.accumulate[-1]
        self.apart = stage.partials if stage.rule == "fp" else 1
        self.most = min(make.arithmetic.k_max // (self.slot * self.apart), _DIGITS)

    def tile_sides(self, turn: int) -> tuple[Quantized, Quantized] | None:
        """Operands whose groups are the digits of a number to be rounded; None if none fits.

        Kinds of numbers take turns.
        """
        make, rng = self.make, self.make.rng
        target, low_first = make.arithmetic.working, rng.random() < 0.5
        kept, lost, rest = _number(target, turn, rng)
        if make.arithmetic.accumulate[-1].rule != "fp":
            digits = self._written((kept << lost) + rest)
        else:
            # One addend meets what the others have added up to before, which is exact.
            low_first = low_first or rest.bit_length() > self.bits
            if low_first:
                cut = max(kept.bit_length() - self.bits, 0)
                kept = kept >> cut << cut
            digits = [(digit, place + lost) for digit, place in self._written(kept)]
            digits += self._written(rest)
        if not 0 < len(digits) <= self.most:
            return None
        top = max(place + digit.bit_length() for digit, place in digits)
        low, high = self.low, self.high - max(place for _, place in digits)
        if high < low:
            return None
        base = int(rng.integers(max(low, -40), max(min(high, 40), max(low, -40)), endpoint=True))
        if isinstance(target, Minifloat) and turn // (2 * len(_LOST)) % 2:
            # The greatest numbers of the format.
            greatest = int(np.frexp(float(target.maximum))[1])
            base = int(np.clip(greatest - top, low, high))
        digits = sorted(digits, key=lambda item: item[1], reverse=not low_first)
        return self._sides(digits, base)

    def carried(self) -> tuple[Quantized, Quantized] | None:
        """Operands whose sum comes next below a power of two by the first scale at the end, which
        has fewer bits than sums: rounding carries. None if there is no such scale.

        """
        make, rng = self.make, self.make.rng
        late = [item for item in make.floats if item[1].when == "end"]
        kept = make.arithmetic.working.significand_width
        if not late or not 1 < (width := late[0][1].format.significand_width) < kept:
            return None
        if (found := below_power(kept, width, (1 << kept) - 1, rng)) is None:
            return None
        digits = self._written(found[0])
        high = self.high - max(place for _, place in digits)
        if len(digits) > self.most or high < self.low:
            return None
        low = max(self.low, -40)
        base = int(rng.integers(low, max(min(high, 40), low), endpoint=True))
        sides = list(self._sides(digits, base))
        side, level = late[0]
        values = np.full(1, ldexp(float(found[1]), 1 - width))
        held = make.held(side, level, sides[side].shape[1], values)
        sides[side] = replace(sides[side], scales={**sides[side].scales, level.name: held})
        return sides[0], sides[1]

    def addends(self, names: list[str]) -> tuple[Quantized, Quantized] | None:
        """Operands whose groups, scaled, each meet one of the classes ``names`` or any."""
        make, rng = self.make, self.make.rng
        stage = make.arithmetic.accumulate[-1]
        if stage.rule != "fp" or stage.format is None:
            return None
        k = self._length(_DIGITS // max(self.slot // 32, 1))
        slots = k // self.slot
        *others, (side, level) = self.levels
        scales: dict[Sided, Array] = {item: make.held(*item, k, np.ones(1)) for item in make.floats}
        codes = {
            item: rng.choice(by_magnitude(item[1].format)[1:], slots)
            if item[1].format.bits <= 16
            else item[1].format.encode(np.exp2(rng.uniform(-60, 60, slots)))
            for item in others
        }
        # Of few bits, only the greatest sums have some in low places.
        full = "exact" in names and rng.random() < 0.2
        sums, found = [0] * (k // self.group), []
        for slot in range(slots):
            digit = int(rng.integers(1 << self.bits - 1, self.greatest, endpoint=True)) | 1
            power = level.format.significand_width == 1 and rng.random() < 0.5 and not full
            if full:
                digit = max(self.full, digit)
            elif power:  # only the group's sum can be a tie, or next to one, of a subnormal number
                lost = int(rng.integers(1, self.bits, endpoint=True))
                digit = (digit >> lost << lost) + (1 << lost - 1) + int(rng.integers(-1, 2))
                digit = min(digit, self.greatest)
            sums[slot * self.slot // self.group] = digit
            value = ldexp(1.0, self.lsb)
            for item in others:
                value *= float(item[1].format.decode(codes[item][slot : slot + 1])[0])
            if not value or isinf(value):
                found.append(1.0)
                continue
            if power:
                found.append(ldexp(1.0, stage.format.lsb - lost) / abs(value))
                continue
            name = str(rng.choice(names or AIMS))
            aim = AIM_OF.get(name, name)
            found.append(aimed(abs(value) * digit, stage.format, level.format, aim, rng) or 1.0)
        codes[side, level] = level.format.encode(np.asarray(found), saturate=True)
        for item, row in codes.items():
            scales[item] = np.tile(row, (make.shape(*item, k)[0], 1)).astype(item[1].format.dtype)
        return self.made(sums, k, scales)

    def _written(self, number: int) -> list[tuple[int, int]]:
        """A number as digits and the places of their last bits, the first digit first; no zeros
        among them. More than fit are not looked for."""
        found: list[tuple[int, int]] = []
        while number and len(found) <= self.most:
            place = min(max(number.bit_length() - self.bits, 0), self.high - self.low)
            digit = min(number >> place, (1 << self.bits) - 1)
            found.append((digit, place))
            number -= digit << place
        return found

    def _sides(self, digits: list[tuple[int, int]], base: int) -> tuple[Quantized, Quantized]:
        make = self.make
        k = self._length(len(digits))
        slots = k // self.slot
        exponents = np.zeros(slots, int)
        sums = [0] * (k // self.group)
        for number, (digit, place) in enumerate(digits):
            at = number * self.apart
            exponents[at] = base + place - self.lsb
            sums[at * self.slot // self.group] = digit
        scales: dict[Sided, Array] = {item: make.held(*item, k, np.ones(1)) for item in make.floats}
        for item, (low, high) in zip(self.levels, self.ends, strict=True):
            part = np.clip(exponents, low, high)
            scales[item] = make.held(*item, k, np.exp2(part.astype(float))[None, :])
            exponents = exponents - part
        return self.made(sums, k, scales)

    def _length(self, digits: int) -> int:
        whole = self.slot * ((digits - 1) * self.apart + 1)
        unit = self.make.unit
        return min(-(-whole // unit), self.make.most) * unit


def digits_of(make: Maker) -> Digits | None:
    """How an engine's groups write numbers; None where they cannot."""
    both = [
        (side, level)
        for side, operand in enumerate((make.shared.weight, make.shared.activation))
        for level in operand.levels
        if level.when != "end"
        and level.span.columns
        and level.name in own_scales(make.operands[side])
    ]
    levels = [item for item in both if not item[1].integer] or both
    if not levels or make.shared.group is None or make.arithmetic.product != "exact":
        return None
    if make.arithmetic.accumulate[0].rule == "int" or make.arithmetic.aligned:
        return None
    for operand in make.operands:
        main = [plane for plane in operand.planes if not plane.constant]
        if len(main) > 1 or operand.structure or not main[0].element.has_zero:
            return None
        own = own_scales(operand)
        for plane in operand.planes:
            others = [level for level in plane.scales if level.name not in own]
            if plane.constant and not any(has_zero(level) for level in others):
                return None
    if len(list(accumulators(make.arithmetic))) > 1:
        return None
    shortest = min(item[1].span.columns or 0 for item in levels)
    finest = [item for item in levels if item[1].span.columns == shortest]
    return Digits(make, finest)


def _whole(level: Level) -> tuple[int, int]:
    """The exponents between which all positive powers of two are scales: of INT8, -128 is none."""
    low, high = ends_of(level.format)
    high = min(high, float(np.log2(float(level.format.maximum))))
    return int(np.ceil(low)), int(np.floor(high))


def _number(fmt: Format, turn: int, rng: Generator) -> tuple[int, int, int]:
    """A number with the places that ``fmt`` keeps and some more: a tie, next to one, or held.

    What is kept, how many places are lost, and what stands in these.
    """
    places = fmt.mantissa_width + 1 if isinstance(fmt, Minifloat) else fmt.bits - 1
    assert not isinstance(fmt, Integer) or places > 0
    low, high = _LOST[turn // 2 % len(_LOST)]
    lost = int(rng.integers(low, high, endpoint=True))
    kept = int(rng.integers(1 << places - 1, 1 << places))
    if turn % 2:
        kept = (1 << places) - 1  # rounding up carries
    if rng.random() < 0.1:
        return kept | 1, 0, 0
    beside = int(rng.integers(-1, 2))
    if lost == 24:
        kept, beside = kept & ~1, 1
    elif turn % 2 and rng.random() < 0.5:
        beside = -1  # the greatest number
    return kept, lost, (1 << lost - 1) + beside
