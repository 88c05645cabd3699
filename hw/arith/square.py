"""Squares of few bits: tables, and a product between them."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal, Value

from .table import look_up
from .timing import delayed

#: Bits below a leading one whose square a table of two LUTs a bit has.
TABLED = 7


def cycles(width: int, leading: bool) -> int:
    """Registers on the way of the square of ``width`` bits."""
    if leading and width - 1 <= TABLED:
        return 1
    return 1 + (width // 2 + 1) // 2


def square(m: Module, enable: Value, value: Value, leading: bool, name: str) -> Value:
    """``value * value``, :func:`cycles` later; ``leading`` promises that the top bit is set.

    Of two halves the squares are looked up and stand side by side; their product is added.
    """
    width = len(value)
    if leading and width - 1 <= TABLED:
        top = 1 << width - 1
        results = [(top + number) ** 2 for number in range(top)]
        found = look_up(m, value[:-1], results, 2 * width, f"{name}_square")
        return delayed(m, enable, found, 1, f"{name}_squared")
    low_width = width // 2
    low, high = value[:low_width], value[low_width:]
    parts = [
        look_up(m, part, [n * n for n in range(1 << len(part))], 2 * len(part), f"{name}_{side}")
        for side, part in (("low", low), ("high", high))
    ]

    # Two bits of the low half choose among 0, 1, 2 and 3 times the high one.
    rows = []
    for index in range(0, low_width, 2):
        digit = low[index : index + 2]
        row = Signal(len(high) + len(digit), name=f"{name}_row_{index}")
        twice = Mux(digit[1], high, 0) << 1 if len(digit) > 1 else 0
        m.d.comb += row.eq(Mux(digit[0], high, 0) + twice)
        rows.append(delayed(m, enable, row, 1, f"{name}_kept_{index}"))
    total = rows[0]
    for index, row in enumerate(rows[1:], 1):
        late = delayed(m, enable, row, index - 1, f"{name}_late_{index}")
        added = Signal(len(high) + min(2 * index + 2, low_width), name=f"{name}_added_{index}")
        m.d.comb += added.eq(total + (late << 2 * index))
        total = delayed(m, enable, added, 1, f"{name}_sum_{index}")
    both = delayed(m, enable, Cat(*parts), len(rows), f"{name}_halves")
    found = Signal(2 * width, name=f"{name}_square")
    m.d.comb += found.eq(both + (total << low_width + 1))
    return delayed(m, enable, found, 1, f"{name}_squared")
