"""Elements as few digits from −2 to 2, whatever their format: plain Python, without hardware.

A digit picks a multiple of the other operand, which comes times a constant and with a shift of its
own: the two's complement of an integer in radix 4 (constants 1, every second bit), or any sum
``d0 * c0 + d1 * c1 + …`` that gives all values of a small format.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product

from ...golden.formats import Format, Integer
from .booth import Radix4
from .recode import Control, control
from .recoded import is_fixed

#: Bits of a code that is looked up in tables.
CODE_BITS = 8

#: Rows, and constants, of sums that are searched for.
_ROWS, _CONSTANTS = 3, 16

#: The bits 2i-1, 2i and 2i+1 of a number whose digit i is the key.
_BITS = {0: (0, 0, 0), 1: (1, 0, 0), 2: (1, 1, 0), -1: (1, 0, 1), -2: (0, 0, 1)}

#: A bit that is always 0.
ZERO = Control((), (0,))


@dataclass(frozen=True)
class Numeral:
    """One digit of each element.

    Parameters
    ----------
    constant, shift : the other operand comes times ``constant * 2**shift``.
    bits : the digit as three bits of a radix-4 number, functions of the code.
    terms : the (digit, carry) that occur.
    """

    constant: int
    shift: int
    bits: tuple[Control, Control, Control]
    terms: tuple[tuple[int, int], ...]


@cache
def numerals(fmt: Format) -> tuple[Numeral, ...] | None:
    """The fewest rows for elements of a format, the lowest shift first; None if there are none."""
    if not fmt.bits or fmt.has_nan or fmt.has_inf or fmt.select_width or not is_fixed(fmt):
        return None
    if isinstance(fmt, Integer):
        return _integer(fmt) if fmt.bits > 1 else None
    if fmt.bits > CODE_BITS:
        return None
    legal = fmt.legal.tolist()
    held = dict(zip(legal, map(int, fmt.integers(legal)), strict=True))
    values = tuple(held.get(code) for code in range(1 << fmt.bits))
    return next(_sums(values))


def _integer(fmt: Format) -> tuple[Numeral, ...]:
    """Radix 4, from the bits as they are."""

    def bit(index: int) -> Control:
        if index < 0 or (index >= fmt.bits and fmt.low >= 0):
            return ZERO
        return Control((min(index, fmt.bits - 1),), (0, 1))

    return tuple(
        Numeral(1, 2 * i, (bit(2 * i - 1), bit(2 * i), bit(2 * i + 1)), tuple(terms))
        for i, terms in enumerate(Radix4(fmt).terms)
    )


def _sums(values: tuple[int | None, ...]) -> Iterator[tuple[Numeral, ...]]:
    """Rows whose digits sum up to the values, fewest rows first."""
    digits = range(-2, 3)
    for count in range(1, _ROWS + 1):
        for more in combinations(range(2, _CONSTANTS + 1), count - 1):
            constants = (1, *more)
            found: dict[int, tuple[int, ...]] = {}
            for chosen in product(digits, repeat=count):
                total = sum(d * c for d, c in zip(chosen, constants, strict=True))
                if total not in found or _weight(chosen) < _weight(found[total]):
                    found[total] = chosen
            if all(value is None or value in found for value in values):
                yield _rows(values, constants, found)
                return
    radix = {v: _radix4(v) for v in values if v is not None}
    count = max(map(len, radix.values()))
    padded = {v: (*digits, *[0] * (count - len(digits))) for v, digits in radix.items()}
    yield _rows(values, tuple(4**i for i in range(count)), padded)


def _weight(digits: tuple[int, ...]) -> int:
    return sum(map(abs, digits))


def _radix4(value: int) -> tuple[int, ...]:
    """Digits from -2 to 1."""
    found = []
    while value:
        found.append((value + 2) % 4 - 2)
        value = (value - found[-1]) // 4
    return tuple(found)


def _rows(
    values: tuple[int | None, ...], constants: tuple[int, ...], found: dict[int, tuple[int, ...]]
) -> tuple[Numeral, ...]:
    """A row for each constant; powers of four become shifts."""
    rows, radix = [], all(c == 4**i for i, c in enumerate(constants))
    for index, constant in enumerate(constants):
        digits = [None if v is None else found[v][index] for v in values]
        coded = [(0, 0, 0) if d is None else _BITS[d] for d in digits]
        low, middle, high = (
            control([None if d is None else bits[n] for d, bits in zip(digits, coded, strict=True)])
            for n in range(3)
        )
        terms = {(d, _BITS[d][2]) for d in digits if d is not None}
        scale = (1, 2 * index) if radix else (constant, 0)
        rows.append(Numeral(*scale, (low, middle, high), tuple(sorted(terms))))
    return tuple(rows)
