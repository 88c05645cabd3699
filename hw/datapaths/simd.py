"""Several pairs of formats on the same rows: which one, a step's mode says.

The products of a word fall into rows, each a digit times the other operand: one product of wide
elements, or several of narrow ones. A row hardly knows the mode: digits and operands are chosen at
the edge of the array. What remains is the weight of a row's sum, chosen where sums are added, in
the LUTs that add them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any, NamedTuple

from amaranth.hdl import Const, Module, Value

from ...golden.bounds import Range
from ...golden.flags import Reachable
from ...golden.formats import Format, Integer
from ..arith.digits import Digit, chain_sites
from ..arith.digits import Row as Bits
from .booth import multiple
from .chain import Chained
from .forms import Form
from .numerals import CODE_BITS, Numeral, numerals
from .recode import Control
from .recoded import digit
from .simd_dot import SimdDot
from .words import Digits, Operands, times


class Mode(NamedTuple):
    """Elements of a word: ``count`` of them, each ``weight`` times ``activation``."""

    weight: Format
    activation: Format
    count: int  # type: ignore[assignment]  # a field, where tuples have a method


class ModeDigit(NamedTuple):
    """What a row holds in a mode: a digit of one of the word's elements."""

    element: int
    numeral: Numeral


def serves(mode: Mode) -> bool:
    """Whether a mode can share rows: small formats and integers, without NaN and infinity."""
    fmt = mode.activation
    plain = not (fmt.has_nan or fmt.has_inf or fmt.select_width)
    stands = plain and (isinstance(fmt, Integer) or 0 < fmt.bits <= CODE_BITS)
    return stands and numerals(mode.weight) is not None


@dataclass(frozen=True, kw_only=True)
class Simd(Chained):
    """The weights are recoded, the activations stand in the rows.

    ``weight`` and ``activation`` are the formats of its first mode, ``lanes`` the words of a step;
    ``modes`` are None where others make the products.
    """

    modes: tuple[Mode | None, ...] = ()

    name = "simd"
    scope = "several modes: integers, and small formats without NaN, on the same rows"

    staggers = False  # sums are shifted as a whole

    @property
    def bits(self) -> tuple[int, int]:
        """Bits of a word of weights, and of one of activations."""
        weight = max(mode.count * mode.weight.bits for mode in self.served)
        return weight, max(mode.count * mode.activation.bits for mode in self.served)

    @property
    def served(self) -> list[Mode]:
        """The modes of which it makes the products."""
        return [mode for mode in self.modes if mode is not None]

    @cached_property
    def table(self) -> tuple[tuple[ModeDigit | None, ...], ...]:
        """For each row, what it holds in each mode."""
        columns = [_held(mode) if mode else [] for mode in self.modes]
        return tuple(zip_longest(*columns))

    @property
    def weights(self) -> list[tuple[int | None, ...]]:
        """By how many bits each row's sum is shifted in each mode; None where there is none."""
        return [tuple(None if p is None else p.numeral.shift for p in row) for row in self.table]

    @property
    def range(self) -> Range:
        ranges = [(m.weight.low, m.weight.high, m.activation, m.count) for m in self.served]
        products = [
            self.lanes * count * w * a
            for *ends, other, count in ranges
            for w in ends
            for a in (other.low, other.high)
        ]
        return Range(0, min(0, *products), max(0, *products))

    @property
    def flags(self) -> Reachable:
        return Reachable(False, False)

    @cached_property
    def digits(self) -> tuple[Digit, ...]:
        found = []
        for row in self.table:
            each = [
                digit(0, list(held.numeral.terms), times(mode.activation, held.numeral.constant))
                for held, mode in zip(row, self.modes, strict=True)
                if held and mode
            ]
            bits, whole = (
                Range(0, min(0, *(r.low for r in side)), max(0, *(r.high for r in side)))
                for side in ([d.bits for d in each], [d.row for d in each])
            )
            found.append(Digit(bits, whole, any(d.carries for d in each)))
        return tuple(found)

    @property
    def made(self) -> tuple[Form, Form]:
        return Digits(self.weight, self.delays, self), Operands(self.activation, self.delays, self)

    def rows(self, m: Module, weight: Value, activation: Value, encoded: Any) -> list[Bits]:
        found = []
        for number, item in enumerate(self.digits):
            bits = tuple(_bit(weight, source) for source in self.sources[number])
            other = activation[f"operand_{self.operands[number]}"]
            found.append(Bits(multiple(bits, other, item.bits.width), bits[2]))
        return found

    # What is chosen at the edge.

    @cached_property
    def chosen(self) -> tuple[tuple[tuple[int, Control] | None, ...], ...]:
        """Every distinct bit of a digit: in each mode a function of an element's code."""
        found = dict.fromkeys(self._bit(row, n) for row in self.table for n in range(3))
        return tuple(bits for bits in found if any(bit is not None for bit in bits))

    @property
    def sources(self) -> list[list[int | None]]:
        """For each row, which of the ``chosen`` its three bits are; None for 0."""
        indices = {bits: n for n, bits in enumerate(self.chosen)}
        return [[indices.get(self._bit(row, n)) for n in range(3)] for row in self.table]

    def _bit(
        self, row: tuple[ModeDigit | None, ...], number: int
    ) -> tuple[tuple[int, Control] | None, ...]:
        found: list[tuple[int, Control] | None] = []
        for held, mode in zip(row, self.modes, strict=True):
            if not (held and mode and any(held.numeral.bits[number].table)):
                found.append(None)
                continue
            item, start = held.numeral.bits[number], held.element * mode.weight.bits
            if item.table == (0, 1):  # a bit of the word, whichever element it is in
                found.append((0, Control((start + item.positions[0],), item.table)))
            else:
                found.append((start, item))
        return tuple(found)

    @cached_property
    def _operands(self) -> tuple[list[list[tuple[int, int] | None]], list[int]]:
        """The distinct operands, each an (element, constant) a mode; and which a row takes."""
        distinct: list[list[tuple[int, int] | None]] = []
        taken = []
        for row in self.table:
            wanted = [None if p is None else (p.element, p.numeral.constant) for p in row]
            for index, held in enumerate(distinct):
                both = list(zip(wanted, held, strict=True))
                if all(a is None or b is None or a == b for a, b in both):
                    distinct[index] = [b if a is None else a for a, b in both]
                    break
            else:
                index = len(distinct)
                distinct.append(list(wanted))
            taken.append(index)
        return distinct, taken

    @property
    def operands(self) -> list[int]:
        """Which operand each row takes."""
        return self._operands[1]

    @property
    def operand_table(self) -> list[list[tuple[int, int] | None]]:
        """For each operand, (element, constant) in each mode, or None."""
        return self._operands[0]

    def sites(self, sharing: tuple[int, int]) -> float:
        """About how many sites a word takes, with its part of what ``sharing`` rows share."""
        rows = chain_sites(self.digits, self.slots)
        width = max(item.bits.width for item in self.digits)
        edge = len(self.operand_table) * width / sharing[0] + len(self.chosen) / sharing[1]
        return rows + edge

    def component(self) -> SimdDot:
        return SimdDot(self)


def _held(mode: Mode) -> list[ModeDigit | None]:
    """The rows of a mode, so that a sum's weight is never below that of its left neighbour."""
    rows = numerals(mode.weight)
    assert rows is not None
    by_element = [ModeDigit(element, row) for element in range(mode.count) for row in rows]
    by_digit = [ModeDigit(element, row) for row in rows for element in range(mode.count)]
    found = by_element if _rises([held.numeral.shift for held in by_element]) else by_digit
    return list(found)


def _rises(weights: Sequence[int]) -> bool:
    """Whether no neighbour to the right weighs less, on any level of a tree."""
    while len(weights) > 1:
        pairs = list(zip(weights[::2], weights[1::2], strict=False))
        if any(b < a for a, b in pairs):
            return False
        weights = [a for a, _ in pairs] + list(weights[len(weights) - len(weights) % 2 :])
    return True


def _bit(weight: Any, source: int | None) -> Value:
    return Const(0, 1) if source is None else weight.bits[source]
