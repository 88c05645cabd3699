"""Sums of many single bits: columns are compressed level by level, then two rows are added.

Six bits of a column make a number of three with one LUT6 each, three bits one of two. A level takes
one LUT; between levels, or every few, stand registers.
"""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Value

from .rows import plus
from .table import look_up

#: column -> its bits.
Heap = dict[int, list[Value]]


def levels(heights: dict[int, int], first: int = 6) -> int:
    """Levels of compressors until no column has more than two bits.

    ``first`` is how many bits a compressor of the first level takes.
    """
    count = 0
    while max(heights.values(), default=0) > 2:
        heights = _next(heights, _groups(heights, first if count == 0 else 6))
        count += 1
    return count


def compressed(m: Module, heap: Heap, name: str, first: int = 6) -> Heap:
    """A level: the heap of what the compressors give."""
    found: Heap = {}
    groups = _groups({column: len(bits) for column, bits in heap.items()}, first)
    for column, bits in sorted(heap.items()):
        at = 0
        for index, size in enumerate(groups[column]):
            taken, at = bits[at : at + size], at + size
            count: Sequence[Value] = taken
            if size > 1:
                ones = [code.bit_count() for code in range(1 << size)]
                label = f"{name}_{column}_{index}"
                count = list(look_up(m, Cat(*taken), ones, size.bit_length(), label))
            for position, bit in enumerate(count):
                found.setdefault(column + position, []).append(bit)
    return found


def added(heap: Heap, width: int) -> Value:
    """The sum of the two rows that are left, modulo ``2**width``."""
    rows = [Cat(*(_bit(heap.get(column, []), row) for column in range(width))) for row in range(2)]
    return plus(rows[0], rows[1], width=width)


def _bit(bits: Sequence[Value], row: int) -> Value:
    return bits[row] if row < len(bits) else Const(0, 1)


def _groups(heights: dict[int, int], first: int) -> dict[int, list[int]]:
    """How many bits of each column go into each compressor of a level; one alone passes.

    Where no column has more than three, all come down to two at once: also pairs are compressed
    then, if a carry comes into their column.
    """
    if max(heights.values()) <= 3:
        return _last(heights)
    found = {}
    for column, height in heights.items():
        rest = height % first
        whole = [first] * (height // first)
        found[column] = whole + ([1] * rest if rest < 3 else [rest])
    return found


def _last(heights: dict[int, int]) -> dict[int, list[int]]:
    found, carry = {}, 0
    for column in range(min(heights), max(heights) + 1):
        height = heights.get(column, 0)
        over = height + carry > 2
        found[column] = [height] if over and height > 1 else [1] * height
        carry = int(over and height > 1)
    return found


def _next(heights: dict[int, int], groups: dict[int, list[int]]) -> dict[int, int]:
    """The heights after a level."""
    found: dict[int, int] = {}
    for column, sizes in groups.items():
        for size in sizes:
            for position in range(size.bit_length()):
                found[column + position] = found.get(column + position, 0) + 1
    return found
