"""Sums of the numbers of each token."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Const, Module, Mux, Signal, Value

from ...golden.bounds import Range
from ..arith.rows import plus
from ..arith.timing import delayed
from ..arith.tree import AdderTree, tree_levels


def cycles(lanes: int) -> int:
    """From a token's last beat to its sum."""
    return tree_levels(lanes) + 1


def of_token(
    m: Module, numbers: Sequence[Value], taken: Value, ends: Value, width: int, name: str
) -> tuple[Value, Value]:
    """The sum of a token's unsigned numbers of one width, in ``width`` bits, :func:`cycles` later,
    and a mark beside it; of beats that are ``taken``."""
    always, late = Const(1, 1), tree_levels(len(numbers))
    m.submodules[f"{name}_tree"] = tree = AdderTree(
        Range(0, 0, (1 << len(numbers[0])) - 1), len(numbers)
    )
    m.d.comb += [tree.enable.eq(1), *(tree.i[n].eq(value) for n, value in enumerate(numbers))]
    there = delayed(m, always, taken, late, f"{name}_taken", reset=True)
    ended = delayed(m, always, ends, late, f"{name}_ends")
    first = Signal(name=f"{name}_first", init=1)
    total = Signal(width, name=f"{name}_total", reset_less=True)
    with m.If(there):
        m.d.sync += [
            total.eq(plus(Value.cast(tree.o), Mux(first, 0, total), width=width)),
            first.eq(ended),
        ]
    return total, delayed(m, always, there & ended, 1, f"{name}_whole", reset=True)
