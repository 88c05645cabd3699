"""What a group's sums amount to before their float scales: integer scales, zero points."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range, of_format
from ...golden.flags import Reachable
from ...golden.terms import Sided
from ..arith.blueprint import Blueprint
from ..arith.decoder import Decoder
from ..arith.product import FlaggedLayout, flag_names
from ..arith.shapes import member, shape_of, significands
from ..arith.timing import delayed
from ..fp.pipeline import Pipeline
from ..fp.rows import digits, multiply
from ..plan.layouts import SIDES
from ..plan.plan import Plan
from ..plan.terms import NO_FLAGS, PartPlan, TermPlan, scaled_flags

#: A part's value, its bounds and its flags by name.
Gathered = tuple[Value, Range, dict[str, Value]]


def scale_name(scale: Sided) -> str:
    """The member of a layout that carries a scale."""
    side, level = scale
    return f"{SIDES[side]}_{level.name}"


def scales_layout(scales: tuple[Sided, ...]) -> data.StructLayout:
    """One code of each scale, by name."""
    return data.StructLayout({scale_name(scale): scale[1].format.bits for scale in scales})


def sums_layout(plan: Plan) -> data.StructLayout:
    """The sums of one row and column, by number."""
    return data.StructLayout(
        {str(n): FlaggedLayout(item.total, item.flags) for n, item in enumerate(plan.sums)}
    )


class TermSum(Blueprint):
    """The sum of a term's parts, each times its integer scales: exact.

    Latency is ``latency`` cycles in which ``enable`` is high, throughput one term a cycle.

    Parameters
    ----------
    plan : :class:`Plan`
        The array's sums.
    term : :class:`TermPlan`
        Which of them, with which integer scales.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    sums : :py:`In(sums_layout(plan))`
        A group's sums for one row and column.
    scales : :py:`In(scales_layout(self.levels))`
        The integer scales' codes; only where there are any.
    o : :py:`Out(FlaggedLayout(term.range, term.flags))`
        The term.
    """

    def __init__(self, plan: Plan, term: TermPlan):
        self.plan, self.term = plan, term
        self.levels = tuple({scale_name(s): s for p in term.parts for s in p.scales}.values())
        self.depth = max(len(part.scales) for part in term.parts)
        ports = {
            "enable": In(1),
            "sums": In(sums_layout(plan)),
            "o": Out(FlaggedLayout(term.range, term.flags)),
        }
        if self.levels:
            ports["scales"] = In(scales_layout(self.levels))
        super().__init__(ports)

    def _cycles(self, index: int) -> int:
        """Registers of the products by the ``index``-th scale of every part: one a digit."""
        return max(
            _digits(part.scales[index]) for part in self.term.parts if index < len(part.scales)
        )

    @property
    def latency(self) -> int:
        """A register after each digit of an integer scale, and one where parts are added."""
        return sum(map(self._cycles, range(self.depth))) + (len(self.term.parts) > 1)

    def build(self, m: Module, io: Any) -> None:
        factors = {name: self._decode(m, io, name, scale) for name, scale in self._named()}
        parts = [self._part(m, io, number, factors) for number in range(len(self.term.parts))]
        total = sum(value << (bounds.lsb - self.term.range.lsb) for value, bounds, _ in parts)
        flags = {
            name: _any([marks[name] for _, _, marks in parts if name in marks])
            for name in flag_names(self.term.flags)
        }
        if len(parts) == 1:
            m.d.comb += io.o.value.eq(total)
            m.d.comb += [io.o[name].eq(flag) for name, flag in flags.items()]
            return
        with m.If(io.enable):
            m.d.sync += io.o.value.eq(total)
            m.d.sync += [io.o[name].eq(flag) for name, flag in flags.items()]

    def _named(self) -> list[tuple[str, Sided]]:
        return [(scale_name(scale), scale) for scale in self.levels]

    def _decode(self, m: Module, io: Any, name: str, scale: Sided) -> Value:
        m.submodules[f"{name}_decoder"] = decoder = Decoder(scale[1].format)
        m.d.comb += decoder.code.eq(io.scales[name])
        return decoder.o.significand

    def _part(self, m: Module, io: Any, number: int, factors: dict[str, Value]) -> Gathered:
        """A part's value, its bounds and flags, as late as its scales and those of others take."""
        part: PartPlan = self.term.parts[number]
        value, bounds, marks = self._gather(m, io, number, part)
        flags, late = part.sum_flags, 0
        for index in range(self.depth):
            cycles, label = self._cycles(index), f"part_{number}_{index}"
            waits, told = cycles, cycles
            if index < len(part.scales):
                scale = part.scales[index]
                factor = delayed(
                    m, io.enable, factors[scale_name(scale)], late, f"factor_{number}_{index}"
                )
                after = scaled_flags(flags, (scale,))
                marks = self._scaled_marks(m, io, marks, after, factor, label)
                flags, bounds = after, bounds * of_format(scale[1].format)
                value = self._product(m, io, value, factor, bounds, label)
                waits, told = cycles - _digits(scale), cycles - 1
            value = delayed(m, io.enable, value, waits, f"{label}_late")
            marks = {
                name: delayed(m, io.enable, flag, told, f"{label}_{name}_late")
                for name, flag in marks.items()
            }
            late += cycles
        return value, bounds, marks

    def _product(
        self, m: Module, io: Any, value: Value, factor: Value, bounds: Range, name: str
    ) -> Value:
        """The product, a cycle later for each digit of the factor."""
        count = digits(len(factor), factor.shape().signed)
        pipe = Pipeline(m, io.enable, frozenset(range(count)))
        found = multiply(m, pipe, SimpleNamespace(product=value, factor=factor), "factor")
        product = Signal(shape_of(bounds), name=name)
        m.d.comb += product.eq(found.product)
        return product

    def _gather(self, m: Module, io: Any, number: int, part: PartPlan) -> Gathered:
        """The sum of a part's sums."""
        items = [(self.plan.sums[n], io.sums[str(n)]) for n in part.sums]
        bounds: Range = items[0][0].total
        for item, _ in items[1:]:
            bounds = bounds + item.total
        value = Signal(shape_of(bounds), name=f"gathered_{number}")
        m.d.comb += value.eq(sum(o.value << (item.total.lsb - bounds.lsb) for item, o in items))
        marks = {
            name: _any([member(o, name) for _, o in items]) for name in flag_names(part.sum_flags)
        }
        return value, bounds, marks

    def _scaled_marks(
        self,
        m: Module,
        io: Any,
        marks: dict[str, Value],
        after: Reachable,
        factor: Value,
        name: str,
    ) -> dict[str, Value]:
        """Flags times a finite integer: infinity times zero is NaN, a minus swaps.

        What is NaN already, or infinite of both signs, is NaN alone.
        """
        if after == NO_FLAGS:
            return {}
        found = {"nan": marks.get("nan", 0)}
        if "positive" in marks:
            zero, minus = factor == 0, factor < 0
            positive, negative = marks["positive"], marks["negative"]
            found["nan"] |= (positive & negative) | (zero & (positive | negative))
            alone = ~found["nan"]
            found["positive"] = alone & Mux(minus, negative, positive)
            found["negative"] = alone & Mux(minus, positive, negative)
        if not after.nan:
            del found["nan"]
        result = {}
        for flag, value in found.items():
            result[flag] = Signal(name=f"{name}_{flag}", reset_less=True)
            with m.If(io.enable):
                m.d.sync += result[flag].eq(value)
        return result


def _digits(scale: Sided) -> int:
    """Digits of an integer scale."""
    values = significands(scale[1].format)
    return digits(values.width, values.signed)


def _any(flags: list[Value]) -> Value:
    value: Value = flags[0] if flags else 0
    for other in flags[1:]:
        value = value | other
    return value
