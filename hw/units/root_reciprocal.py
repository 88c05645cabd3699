"""Reciprocal square roots from a table of lines, in hardware."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib.wiring import In, Out

from ...golden.units.normalization import Normalization
from ...golden.units.root_table import BELOW
from ...golden.units.square_sum import SPAN_BITS
from ..arith.table import look_up
from ..fp.pipeline import Pipeline, Pipelined
from ..fp.rows import digits, multiply


class RootReciprocal(Pipelined):
    """r of :class:`.Normalization`, from V as a float and w.

    Pipeline as :class:`Pipelined`: one root a cycle, ``latency`` cycles with ``enable``.

    Parameters
    ----------
    unit : :class:`Normalization`
    stages : :class:`int`
        Registers on the way, up to ``len(levels)``.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    total : :py:`In(unit.sum.bits)`
        The code of V.
    window : :py:`In(…)`
        w.
    bad : :py:`In(1)`
        The root is NaN.
    o : :py:`Out(unit.root.bits)`
        The code of r.
    """

    def __init__(self, unit: Normalization, stages: int = 0):
        self.unit = unit
        ports = {
            "total": In(unit.sum.bits),
            "window": In(range(max(unit.squares.windows - 1, 2))),
            "bad": In(1),
            "o": Out(unit.root.bits),
        }
        super().__init__(ports, (2, *[2] * digits(unit.table.rest), 2, 2), stages)

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        table, root, total = self.unit.table, self.unit.root, self.unit.sum
        mantissa = io.total[: total.mantissa_width]
        field = io.total[total.mantissa_width : -1]
        address = Cat(mantissa[table.rest :], field[0])
        firsts, slopes = table.lines
        live = SimpleNamespace(
            first=look_up(m, address, firsts, max(firsts).bit_length(), "first"),
            product=look_up(m, address, slopes, max(slopes).bit_length(), "slope"),
            factor=mantissa[: table.rest],
            bad=io.bad,
        )
        # The exponent of a root of 1 or more, less one.
        base = table.half + self.unit.squares.origin // 2 + total.bias // 2 + root.bias - 1
        bases = [base - (window << SPAN_BITS) for window in range(1 << len(io.window))]
        live.exponent = Signal(root.exponent_width, name="exponent")
        above = look_up(m, io.window, bases, root.exponent_width, "base")
        m.d.comb += live.exponent.eq(above - field[1:])
        live = multiply(m, pipe, pipe.cut(live), "factor")

        # The line, cut to one bit more than a significand has.
        value = Signal(table.bits + 1 + BELOW, name="value")
        m.d.comb += value.eq(live.first - live.product[table.cut :])
        live.value = value[BELOW:]
        del live.first, live.product
        live = pipe.cut(live)
        great, bits = live.value[-1], table.bits
        fraction = Mux(great, live.value[1:bits], live.value[: bits - 1])
        whole, code = Signal(root.bits - 1, name="whole"), Signal(root.bits, name="code")
        exponent = Signal(root.exponent_width, name="grown")
        m.d.comb += [
            exponent.eq(live.exponent + great),
            whole.eq(Cat(fraction, exponent)),
            code.eq(Mux(live.bad, root.nan_code, whole)),
        ]
        m.d.comb += io.o.eq(pipe.cut(SimpleNamespace(code=code)).code)
