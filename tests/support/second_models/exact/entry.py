"""One result's elements: its pairs of planes, their products, their scales."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import gcd
from typing import NamedTuple

from . import lmul
from .description import Arithmetic, Level, Name, Plane
from .formats import Book, Format, Integer, named, step
from .minifloats import Minifloat
from .numbers import NOUGHT, Number, negated, product
from .sums import Sum, added

#: A level of scales, and the row of its operand that is read.
Placed = tuple[Level, int]


class Pair(NamedTuple):
    """A weight's plane and an activation's, whose products enter a sum with a sign."""

    sign: int
    left: Plane
    right: Plane


def format_of(name: Name) -> Format:
    return name if isinstance(name, Book) else named(name)


def read(level: Level, row: int, k: int) -> Number:
    """The scale of an element."""
    return format_of(level.format).number(level.at(row, k))


def whole(level: Level) -> bool:
    """Whether a scale is an integer, which multiplies inside the exact sum of a group."""
    return isinstance(format_of(level.format), Integer | Book)


@dataclass(frozen=True)
class Entry:
    """The result of a row of the weight and a row of the activation."""

    arithmetic: Arithmetic
    row: int
    column: int

    @property
    def length(self) -> int:
        """K."""
        return len(self.arithmetic.weight.planes[0].codes[self.row])

    @property
    def group(self) -> int:
        """How many elements share one set of scales: the gcd of all; 0 if it is all of K."""
        levels = self.arithmetic.weight.levels + self.arithmetic.activation.levels
        return gcd(*(level.length or 0 for level in levels))

    # Pairs of planes

    def pairs(self, table: tuple[tuple[int, ...], ...]) -> list[Pair]:
        """The pairs that enter an output."""
        return [
            Pair(sign, left, right)
            for left, signs in zip(self.arithmetic.weight.planes, table, strict=True)
            for right, sign in zip(self.arithmetic.activation.planes, signs, strict=True)
            if sign
        ]

    def ends(self, pair: Pair) -> list[Placed]:
        """Scales of all of K that act at the end, one after the other."""
        return [placed for placed in self._scales(pair) if placed[0].when == "end"]

    def rounded(self, pair: Pair) -> list[Placed]:
        """Scales that act on a group's sum: a rule in floating point rounds once behind them."""
        return [each for each in self._scales(pair) if each[0].when != "end" and not whole(each[0])]

    def whole(self, pair: Pair) -> list[Placed]:
        """Scales that act inside a group's exact sum."""
        return [each for each in self._scales(pair) if each[0].when != "end" and whole(each[0])]

    def _scales(self, pair: Pair) -> list[Placed]:
        """The weight's levels as declared, then the activation's."""
        return [
            *((level, self.row) for level in pair.left.scales),
            *((level, self.column) for level in pair.right.scales),
        ]

    def lsb(self, pairs: list[Pair], scaled: bool) -> int:
        """The exponent of the unit of sums of pairs, with their whole scales, or with all."""
        return min(self._lsb(pair, scaled) for pair in pairs)

    def _lsb(self, pair: Pair, scaled: bool) -> int:
        forms = [self.forms(plane) for plane in (pair.left, pair.right)]
        unit = sum(min(map(step, several)) for several in forms)
        if self.arithmetic.product == "lmul":
            unit = lmul.lsb(self.minifloat(pair))
        scales = [*self.whole(pair), *(self.rounded(pair) if scaled else [])]
        return unit + sum(step(format_of(level.format)) for level, _ in scales)

    # Elements

    @staticmethod
    def forms(plane: Plane) -> tuple[Format, ...]:
        """The formats that a plane's elements may have."""
        return plane.format if isinstance(plane.format, tuple) else (format_of(plane.format),)

    def form(self, plane: Plane, row: int, k: int) -> Format:
        return self.forms(plane)[plane.select.at(row, k) if plane.select else 0]

    def minifloat(self, pair: Pair) -> Minifloat:
        """The format of both sides of L-Mul."""
        (form,) = self.forms(pair.left)
        assert isinstance(form, Minifloat)
        return form

    def codes(self, pair: Pair, k: int) -> tuple[int, int]:
        return pair.left.codes[self.row][k], pair.right.codes[self.column][k]

    def product(self, pair: Pair, k: int) -> Number:
        """A product, without scales."""
        codes, rows = self.codes(pair, k), (self.row, self.column)
        if self.arithmetic.product == "lmul":
            number = lmul.product(*codes, self.minifloat(pair))
        else:
            sides = zip((pair.left, pair.right), rows, codes, strict=True)
            number = product(*(self.form(plane, row, k).number(c) for plane, row, c in sides))
        return negated(number) if pair.sign < 0 else number

    def exponent(self, pair: Pair, k: int) -> int:
        """The exponent of a product in a sum that aligns: a zero's is -126 whatever its format."""
        codes, rows = self.codes(pair, k), (self.row, self.column)
        if self.arithmetic.product == "lmul":
            return lmul.exponent(*codes, self.minifloat(pair))
        total = 0
        for plane, row, code in zip((pair.left, pair.right), rows, codes, strict=True):
            number = self.form(plane, row, k).number(code)
            nought = number.kind == "finite" and not number.magnitude
            # A choice of tables changes no exponent: it is that of the greatest in any.
            own = max(form.least_exponent(code) for form in self.forms(plane))
            total += NOUGHT if nought else own
        return total

    def dot(self, pairs: list[Pair], places: range) -> Sum:
        """The exact sum of products of some elements."""
        return added([self.product(pair, k) for pair in pairs for k in places])


def together(pairs: list[Pair], scales: Callable[[Pair], list[Placed]]) -> list[list[Pair]]:
    """Pairs whose scales are the same, in the order of the first of each."""
    found: dict[tuple[Placed, ...], list[Pair]] = {}
    for pair in pairs:
        found.setdefault(tuple(scales(pair)), []).append(pair)
    return list(found.values())
