"""What enters a tail: which row and column it is of, and whether the next may follow."""

from __future__ import annotations

from types import SimpleNamespace

from amaranth.hdl import Const, Module, Mux, Signal, Value

from ..plan.path import Sharing
from ..plan.plan import Plan


def busy(m: Module, shared: Sharing, enable: Value, begins: Value) -> Value:
    """Whether what is made of the sum before still takes its time."""
    pace = shared.pace
    if pace <= shared.partials:
        return Const(0, 1)
    left = Signal(range(pace), name="left")
    with m.If(enable & (left != 0)):
        m.d.sync += left.eq(left - 1)
    with m.If(begins):
        m.d.sync += left.eq(pace - 1)
    return left != 0


def counted(
    m: Module, plan: Plan, shared: Sharing, enters: Value, whole: Value, last: Value
) -> SimpleNamespace:
    """What enters: its ``row``, which ``beat`` of it, and which ``partial`` sum of that."""
    rows, beats = plan.rows, plan.cols // plan.results
    sizes = {"row": rows, "beat": beats, "partial": shared.partials}
    found = SimpleNamespace(
        **{name: Signal(range(max(size, 2)), name=name) for name, size in sizes.items()}
    )
    m.d.comb += [
        whole.eq(found.partial == shared.partials - 1),
        last.eq((found.row == rows - 1) & (found.beat == beats - 1)),
    ]
    with m.If(enters):
        m.d.sync += found.partial.eq(Mux(whole, 0, found.partial + 1))
    with m.If(enters & whole):
        m.d.sync += found.beat.eq(found.beat + 1)
        with m.If(found.beat == beats - 1):
            m.d.sync += [found.beat.eq(0), found.row.eq(found.row + 1)]
        with m.If(last):
            m.d.sync += found.row.eq(0)
    return found
