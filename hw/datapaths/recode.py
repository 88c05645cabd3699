"""Codes as sums of a few signed powers of two, one a row, and the signals that pick them.

A row is 0 or ± the other operand, shifted. Its sign inverts the bits and adds a carry, so a zero
may come with either sign; ``None`` marks what is free. Plain Python, without hardware.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product

#: Rows of a recoded code at most.
MAX_ROWS = 3

#: Bits of the greatest magnitude.
MAX_BITS = 9

#: Shifts that a row chooses from at most.
MAX_SHIFTS = 4


@dataclass(frozen=True)
class Control:
    """A bit as a function of few bits of the code: ``table[index]``, index from ``positions``."""

    positions: tuple[int, ...]
    table: tuple[int, ...]


@dataclass(frozen=True)
class Pick:
    """What one row adds for each code: ``term`` times the other operand.

    Parameters
    ----------
    shifts : the exponents to choose from, ascending.
    terms : for each code 0 or ``±2**shift``; None for a code that may not occur.
    """

    shifts: tuple[int, ...]
    terms: tuple[int | None, ...]

    @property
    def chosen(self) -> list[Control]:
        """The bits of the index of the shift."""
        return self.index([shift - self.shifts[0] for shift in self.shifts])

    def index(self, steps: Sequence[int]) -> list[Control]:
        """The bits of the shift's index among ``steps``, which count from the least."""
        indices = [
            steps.index(abs(term).bit_length() - 1 - self.shifts[0]) if term else None
            for term in self.terms
        ]
        return [
            control([None if i is None else i >> bit & 1 for i in indices])
            for bit in range((len(steps) - 1).bit_length())
        ]

    @property
    def nonzero(self) -> Control:
        return control([None if t is None else int(t != 0) for t in self.terms])

    @property
    def negative(self) -> Control:
        return control([int(t < 0) if t else None for t in self.terms])

    @property
    def cost(self) -> int:
        """LUTs for the controls."""
        return sum(len(c.positions) > 1 for c in (*self.chosen, self.nonzero, self.negative))


@cache
def _control(wanted: tuple[int | None, ...]) -> Control:
    positions = range((len(wanted) - 1).bit_length())
    for count in range(len(positions) + 1):
        for subset in combinations(positions, count):
            table: list[int | None] = [None] * (1 << count)
            for code, bit in enumerate(wanted):
                index = sum((code >> position & 1) << n for n, position in enumerate(subset))
                if bit is not None:
                    if table[index] not in (None, bit):
                        break
                    table[index] = bit
            else:
                return Control(subset, tuple(bit or 0 for bit in table))
    raise AssertionError("all bits of a code tell any two codes apart")


def control(wanted: Sequence[int | None]) -> Control:
    """The bit ``wanted`` of each code, a function of as few of its bits as may be."""
    return _control(tuple(wanted))


@cache
def recode(values: tuple[int | None, ...], width: int) -> tuple[Pick, ...] | None:
    """Rows whose terms sum up to ``values``, one for each code; None if three do not suffice.

    The cheapest in LUTs for another operand of ``width`` bits, each bit one LUT, another where it
    has three or four shifts to choose from. All terms of a code have its value's sign.
    """
    magnitudes = sorted({abs(v) for v in values if v})
    if not magnitudes or magnitudes[-1] >> MAX_BITS:
        return None
    best: tuple[int, tuple[Pick, ...]] | None = None
    for count in range(1, MAX_ROWS + 1):
        for sets in _sets(max(magnitudes).bit_length(), count):
            size = sum(_bits(shifts, width) for shifts in sets)
            if best is not None and size >= best[0]:
                continue
            rows = _rows(values, sets)
            if rows is None:
                continue
            size += sum(row.cost for row in rows)
            if best is None or size < best[0]:
                best = size, rows
    return best[1] if best else None


def _bits(shifts: tuple[int, ...], width: int) -> int:
    """LUTs of a row."""
    return (width + 1 + shifts[-1] - shifts[0]) * (1 if len(shifts) <= 2 else 2)


@cache
def _sets(width: int, count: int) -> list[tuple[tuple[int, ...], ...]]:
    """Ways to give each of ``count`` rows its shifts, below ``width``, none in two rows."""
    pairs = [shifts for size in (1, 2) for shifts in combinations(range(width), size)]
    runs = [
        tuple(range(start, start + size * step, step))
        for size, step in product(range(3, MAX_SHIFTS + 1), (1, 2))
        for start in range(width - (size - 1) * step)
    ]
    single = sorted([*pairs, *runs])
    if count == 1:
        return [(shifts,) for shifts in single]
    found = []
    for shifts in single:
        for rest in _sets(width, count - 1):
            if shifts < rest[0] and not any(set(shifts) & set(other) for other in rest):
                found.append((shifts, *rest))
    return found


def _rows(
    values: tuple[int | None, ...], sets: tuple[tuple[int, ...], ...]
) -> tuple[Pick, ...] | None:
    """One term of each set for every value, of few terms; None if a value is no such sum."""
    sums: dict[int, tuple[int, ...]] = {}
    for terms in product(*([0, *(1 << s for s in shifts)] for shifts in sets)):
        total = sum(terms)
        if total not in sums or sum(map(bool, terms)) < sum(map(bool, sums[total])):
            sums[total] = terms
    if any(v is not None and abs(v) not in sums for v in values):
        return None
    rows = []
    for number, shifts in enumerate(sets):
        picked = [
            None if v is None else sums[abs(v)][number] * (-1 if v < 0 else 1) for v in values
        ]
        rows.append(Pick(shifts, tuple(picked)))
    return tuple(rows)
