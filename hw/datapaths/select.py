"""``select``: codes of a few bits choose shifted copies of the other operand; additions only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product

from amaranth.hdl import Cat, Const, Module, Mux, Value

from ...golden.formats import Format
from ..arith.digits import Digit, Row
from ..arith.table import look_up
from .recode import Control, Pick, recode
from .recoded import Recoded, Recoding, digit, gated, inverted, moved, number

#: Bits of a code that is recoded.
CODE_BITS = 6

#: A typical other operand, for which the cheapest rows are looked for.
OTHER_BITS = 8


class Select(Recoded):
    """Values that are signed sums of up to three powers of two, as tables of their codes say.

    Binary, ternary, powers of two and sums of them, small minifloats: recoding takes a LUT or none
    for each row.
    """

    name = "select"
    scope = (
        "codes of up to 6 bits, times fixed-point numbers: up to three shifts and additions "
        "(powers of two, APoT, k-hot, DenseShift, MixPE)"
    )

    @classmethod
    def recoding(cls, fmt: Format) -> ByCode | None:
        return by_code(fmt)


def by_code(fmt: Format) -> ByCode | None:
    """The recoding of a format; None if it has special values or too many codes."""
    if not fmt.bits or fmt.has_nan or fmt.has_inf or fmt.bits + fmt.select_width > CODE_BITS:
        return None
    found = ByCode(fmt)
    return found if found.picks else None


@dataclass(frozen=True)
class ByCode(Recoding):
    """Each row's shift, whether it is zero, and its sign, as functions of the code."""

    @property
    def raw(self) -> bool:
        return True

    @cached_property
    def picks(self) -> tuple[Pick, ...]:
        fmt = self.format
        values: list[int | None] = []
        legal = set(fmt.legal.tolist())
        for table, code in product(range(1 << fmt.select_width), range(1 << fmt.bits)):
            values.append(int(fmt.integers([code], table)[0]) if code in legal else None)
        return recode(tuple(values), OTHER_BITS) or ()

    @property
    def controls(self) -> int:
        return sum(pick.cost for pick in self.picks)

    def digits(self, other: Format) -> tuple[Digit, ...]:
        return tuple(digit(pick.shifts[0], terms_of(pick), other) for pick in self.picks)

    def rows(
        self, m: Module, element: Value, other: Value, fmt: Format, digits: tuple[Digit, ...]
    ) -> list[Row]:
        element, other = number(element, self.format), number(other, fmt)
        return [
            self._row(m, pick, element, other, item.bits.width, number)
            for number, (pick, item) in enumerate(zip(self.picks, digits, strict=True))
        ]

    def _row(self, m: Module, pick: Pick, code: Value, other: Value, width: int, n: int) -> Row:
        nonzero, negative = (
            signal(m, code, item, f"row_{n}_{what}")
            for item, what in ((pick.nonzero, "nonzero"), (pick.negative, "negative"))
        )
        chosen = [
            signal(m, code, item, f"row_{n}_shift_{bit}") for bit, item in enumerate(pick.chosen)
        ]
        data = [moved(other, shift - pick.shifts[0], width) for shift in pick.shifts]
        return Row(inverted(gated(one_of(data, chosen), nonzero), negative), negative)


def terms_of(pick: Pick) -> list[tuple[int, int]]:
    """What each code multiplies by, in units of the least shift, and its carry."""
    negative = pick.negative
    return [
        (
            term >> pick.shifts[0] if term >= 0 else -(-term >> pick.shifts[0]),
            _value(negative, code),
        )
        for code, term in enumerate(pick.terms)
        if term is not None
    ]


def _value(item: Control, code: int) -> int:
    """The bit for a code."""
    return item.table[sum((code >> position & 1) << n for n, position in enumerate(item.positions))]


def signal(m: Module, code: Value, item: Control, name: str) -> Value:
    index = Cat(code[position] for position in item.positions)
    if not item.positions:
        return Const(item.table[0], 1)
    if item.table == (0, 1):
        return index[0]
    return look_up(m, index, item.table, 1, name)


def one_of(data: list[Value], chosen: list[Value]) -> Value:
    """The entry that the bits of an index choose, the last one for those beyond."""
    if len(data) == 1:
        return data[0]
    half = 1 << (len(chosen) - 1)
    if len(data) <= half:
        return one_of(data, chosen[:-1])
    return Mux(chosen[-1], one_of(data[half:], chosen[:-1]), one_of(data[:half], chosen[:-1]))
