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


class Amounts(NamedTuple):
    """LUTs, sites of carries, which come in blocks of four, and flip-flops."""

    luts: int
    carries: int
    flip_flops: int


def chain_amounts(digits: Sequence[Digit], slots: int, every: int) -> Amounts:
    """About what a dot product's chains and tree take, with a register behind every so many
    additions. Rows are made in the LUTs that add them, the first of a chain in LUTs of its own."""
    found = chains(slots)
    rows, adders, held = 0, [], 0
    for digit in digits:
        for chain in found:
            rows += digit.bits.width
            late = len(found[0]) - len(chain)
            for count in range(1, len(chain) + 1):
                total = digit.bits.width if count == 1 else digit.row.times(count).width
                adders += [total] * (count > 1)
                if count == len(chain) or (late + count) % every == 0:
                    held += total + digit.carries
    # A carry that no adder of the tree takes has one of its own.
    adders += [digits[0].row.width] * digits[0].carries

    # The tree adds the chains of each digit, then the digits.
    nodes = [[digit.row.times(len(chain)) for chain in found] for digit in digits]
    levels = (len(found) - 1).bit_length() + (len(digits) - 1).bit_length()
    for level in range(1, levels + 1):
        if all(len(each) == 1 for each in nodes):
            nodes = [[node for [node] in nodes]]
        before, nodes = nodes, [_added(each) for each in nodes]
        for many, sums in zip(before, nodes, strict=True):
            adders += [node.width for node in sums[: len(many) // 2]]
        if level % every == 0 or level == levels:
            held += sum(node.width for each in nodes for node in each)
    return Amounts(rows + sum(adders), sum(map(_blocks, adders)), held)


def _added(nodes: list[Range]) -> list[Range]:
    """The sums of neighbours; an odd one stays."""
    pairs = zip(nodes[::2], nodes[1::2], strict=False)
    return [a + b for a, b in pairs] + nodes[len(nodes) - len(nodes) % 2 :]


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
