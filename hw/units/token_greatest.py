"""The greatest number of each token."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value

from ..arith.greatest import greater, greatest, levels
from ..arith.rows import plus
from ..arith.timing import delayed


def cycles(lanes: int) -> int:
    """From a token's last beat to its greatest number."""
    return levels(lanes) + 1


def of_token(m: Module, numbers: Sequence[Value], taken: Value, ends: Value) -> tuple[Value, Value]:
    """The greatest of a token's unsigned numbers, of beats that are ``taken``, :func:`cycles`
    later; and a cycle before that, whether it will be there."""
    always, late = Const(1, 1), levels(len(numbers))
    key = greatest(m, always, numbers, "token_greatest")
    there = delayed(m, always, taken, late, "token_taken", reset=True)
    ends = delayed(m, always, ends, late, "token_ends")
    first = Signal(name="token_first", init=1)
    total = Signal(len(key), name="token_total", reset_less=True)
    with m.If(there):
        m.d.sync += [first.eq(ends), total.eq(Mux(first, key, greater(key, total)))]
    return total, there & ends


def keys(lanes: Sequence[Value]) -> list[Value]:
    """Two's complement integers as unsigned ones in the same order."""
    return [Cat(lane[:-1], ~lane[-1]) for lane in lanes]


def found(m: Module, lanes: Sequence[Value], taken: Value, ends: Value) -> tuple[Value, Value]:
    """The key of the greatest integer of a token, and a mark beside it; :func:`cycles` later."""
    key, mark = of_token(m, keys(lanes), taken, ends)
    return key, delayed(m, Const(1, 1), mark, 1, "token_found", reset=True)


def below(m: Module, enable: Value, most: Value, lanes: Sequence[Value]) -> list[Value]:
    """How far below the greatest key integers are, a cycle later."""
    width = len(most)
    return [
        delayed(m, enable, plus(most, ~key, 1, width=width), 1, f"below_{number}")
        for number, key in enumerate(keys(lanes))
    ]
