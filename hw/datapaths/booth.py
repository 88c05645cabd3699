"""``booth``: one operand recoded to radix-4 digits, a row of one LUT a bit for each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from amaranth.hdl import Const, Module, Mux, Value

from ...golden.formats import Format
from ..arith.digits import Digit, Row
from .recoded import Recoded, Recoding, digit, gated, inverted, is_fixed, moved, number, width_of


class Booth(Recoded):
    """A digit is -2…2 times the other operand: ones' complement where negative, and a carry.

    Recoding takes no logic of its own: digit i is a function of the raw bits 2i+1, 2i and 2i-1,
    which stand, with two bits of the other operand and the sum so far, at each LUT of a row.
    """

    name = "booth"
    scope = "fixed-point numbers of 2 to 16 bits, times fixed-point numbers of up to 64"

    @classmethod
    def recoding(cls, fmt: Format) -> Radix4 | None:
        return Radix4(fmt) if is_fixed(fmt) and width_of(fmt) >= 2 else None


@dataclass(frozen=True)
class Radix4(Recoding):
    """Digits of two bits each, of a two's complement or unsigned number."""

    def digits(self, other: Format) -> tuple[Digit, ...]:
        return tuple(digit(2 * i, terms, other) for i, terms in enumerate(self.terms))

    def rows(
        self, m: Module, element: Value, other: Value, fmt: Format, digits: tuple[Digit, ...]
    ) -> list[Row]:
        element, other = number(element, self.format), number(other, fmt)
        return [
            Row(multiple(bits, other, item.bits.width), bits[2])
            for item, bits in zip(digits, self.triples(element), strict=True)
        ]

    def triples(self, value: Value) -> list[tuple[Value, Value, Value]]:
        """The bits 2i-1, 2i and 2i+1 of each digit."""
        top = value[-1] if self.format.low < 0 else Const(0, 1)
        bits = [Const(0, 1), *value, top, top]
        count = len(self.terms)
        return [(bits[2 * i], bits[2 * i + 1], bits[2 * i + 2]) for i in range(count)]

    @cached_property
    def terms(self) -> list[list[tuple[int, int]]]:
        """The (digit, carry) that each position can have."""
        fmt, width = self.format, width_of(self.format)
        found: list[list[tuple[int, int]]] = []
        for i in range((width + (fmt.low >= 0) + 1) // 2):
            seen: set[tuple[int, int]] = set()
            for code in range(8):
                # Bits beyond the top are its copies, or zeros.
                bits = {2 * i - 1 + bit: code >> bit & 1 for bit in range(3)}
                top = bits.get(width - 1, 0) if fmt.low < 0 else 0
                beyond = all(bits[j] == top for j in bits if j >= width)
                if beyond and not bits.get(-1, 0):
                    low, middle, high = bits.values()
                    seen.add((low + middle - 2 * high, high))
            found.append(sorted(seen))
        return found


def multiple(bits: tuple[Value, Value, Value], other: Value, width: int) -> Value:
    """0, 1 or 2 times the other operand, inverted if the digit is negative."""
    low, middle, high = bits
    two = (high & ~middle & ~low) | (~high & middle & low)
    once, twice = (moved(other, shift, width) for shift in range(2))
    found = Mux(low ^ middle, once, gated(twice, two))
    return inverted(found, high)
