"""Rows of a product, and how they stand in chains. Plain Python, but for the bits themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from amaranth.hdl import Value

from ...golden.bounds import Range

#: Places in a chain: longer ones need fewer LUTs, and more registers for the lanes that wait.
LENGTH = 4


def chains(slots: int) -> list[list[int]]:
    """The slots of each chain, in order; the longest first."""
    count = -(-slots // LENGTH)
    return [list(range(slots))[start::count] for start in range(count)]


def chain_sites(digits: Sequence[Digit], slots: int) -> float:
    """Sites of a slot's rows and its part of the tree: carries come in blocks of four."""
    lengths = [len(chain) for chain in chains(slots)]
    total = 0
    for digit in digits:
        for length in lengths:
            grown = (digit.row.times(count).width + 1 for count in range(2, length + 1))
            total += digit.bits.width + sum(map(_blocks, grown))
        total += (len(lengths) - 1) * _blocks(digit.row.times(2 * LENGTH).width + 1)
        total += _blocks(digit.row.times(slots).width + 2)
    total -= _blocks(digits[0].row.times(slots).width + 2)  # the tree has one adder less
    return total / slots


def _blocks(width: int) -> int:
    return -(-width // 4) * 4


class Row(NamedTuple):
    """``bits + carry``: two's complement if the digit's bounds are signed, as wide as they are.

    Each bit is a function of few registers, the carry a register or 0.
    """

    bits: Value
    carry: Value


@dataclass(frozen=True)
class Digit:
    """Rows of one weight.

    Parameters
    ----------
    bits : bounds of a row without its carry; ``lsb`` counts from that of the product.
    row : bounds of a row.
    carries : whether any row has a carry.
    """

    bits: Range
    row: Range
    carries: bool

    @property
    def bias(self) -> int:
        """What inverting the top bit adds to a row: unsigned then, it is added unextended."""
        return 1 << (self.bits.width - 1) if self.bits.signed else 0
