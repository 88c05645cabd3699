"""The processing element whose sum is a float: products of its own, aligned."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ..arith.aligned_sum import AlignedSum, SumAlignment
from ..arith.partial_sums import PartialSums, places
from ..arith.partial_word import PartialWord
from ..arith.product import FlaggedLayout, raise_flags
from ..arith.sums import Sum
from ..arith.timing import delayed
from ..plan.joining import loop_of
from ..plan.plan import Plan
from .pe import elements, operand_ports


class AlignedElement(wiring.Component):
    """``lanes`` products a step, registered, and their :class:`AlignedSum`.

    Same ports as :class:`ProcessingElement`; ``o.value`` is the accumulator's code.
    """

    def __init__(self, plan: Plan, total: Sum):
        self.plan, self.total = plan, total
        self.alignment = SumAlignment(plan.dot(total.pairs[0]), total)
        super().__init__(
            {
                "enable": In(1),
                "accumulate": In(1),
                "first": In(1),
                **operand_ports(plan, total),
                "o": Out(FlaggedLayout(total.total, total.flags)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m, plan, pair = Module(), self.alignment, self.total.pairs[0]
        m.submodules.sum = found = AlignedSum(plan)
        m.d.comb += [
            found.enable.eq(self.enable),
            found.accumulate.eq(self.accumulate),
            found.first.eq(self.first),
            self.o.value.eq(found.o),
        ]
        weights, activations = (elements(m, self, self.plan, pair, side) for side in (0, 1))
        for lane, (w, a) in enumerate(zip(weights, activations, strict=True)):
            product = plan.datapath.factors(m, w, a)
            term = Signal(plan.term, name=f"term_{lane}")
            mark = Signal(plan.marks, name=f"mark_{lane}", reset_less=True)
            raised = Signal.like(mark, name=f"raised_{lane}")
            raise_flags(m, plan.datapath.flags, w, a, raised)
            with m.If(self.enable):
                m.d.sync += [
                    term.sign.eq(product.negative),
                    term.magnitude.eq(product.magnitude),
                    term.exponent.eq(product.exponent),
                    mark.eq(raised),
                ]
            # Sums whose products are blocks' take longer, and all go on together.
            waits = self.plan.dot_latency - 1
            late = delayed(m, self.enable, Value.cast(term), waits, f"term_{lane}")
            marked = delayed(m, self.enable, Value.cast(mark), waits, f"mark_{lane}")
            m.d.comb += [found.terms[lane].eq(late), found.marks[lane].eq(marked)]
        return m


class PartialElement(wiring.Component):
    """``lanes`` products a step, registered, and their :class:`PartialSums`.

    Same ports as :class:`AlignedElement`; but ``o`` is the part at ``read_address``.
    """

    def __init__(self, plan: Plan, total: Sum):
        self.plan, self.total, self.loop = plan, total, loop_of(plan, total)
        super().__init__(
            {
                "enable": In(1),
                "accumulate": In(1),
                "first": In(1),
                **operand_ports(plan, total),
                "read_address": In(range(self.loop.depth)),
                "o": Out(PartialWord(self.loop.plan)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m, loop, pair = Module(), self.loop, self.total.pairs[0]
        plan = loop.plan
        m.submodules.sum = found = PartialSums(loop, 0)
        m.d.comb += [
            found.enable.eq(self.enable),
            found.place.eq(places(m, self.enable, self.accumulate, self.first, loop)),
            found.read_address.eq(self.read_address),
            self.o.eq(found.o),
        ]
        # Sums whose products are blocks' take longer, and all go on together.
        waits = self.plan.dot_latency
        weights, activations = (elements(m, self, self.plan, pair, side) for side in (0, 1))
        for lane, (w, a) in enumerate(zip(weights, activations, strict=True)):
            product = plan.datapath.factors(m, w, a)
            raised = Signal(plan.marks, name=f"raised_{lane}")
            raise_flags(m, plan.datapath.flags, w, a, raised)
            exponent = Signal(plan.term.members["exponent"], name=f"exponent_{lane}")
            m.d.comb += exponent.eq(product.exponent)
            told = {"exponent": exponent, "mark": Value.cast(raised)}
            late = {
                name: delayed(m, self.enable, value, waits, f"{name}_{lane}")
                for name, value in told.items()
            }
            beside = {"magnitude": product.magnitude, "sign": product.negative}
            late |= {
                name: delayed(m, self.enable, value, waits + loop.magnitudes, f"{name}_{lane}")
                for name, value in beside.items()
            }
            again = delayed(
                m, self.enable, late["exponent"], loop.magnitudes - 1, f"late_exponent_{lane}"
            )
            m.d.comb += [
                found.late_exponents[lane].eq(again),
                found.exponents[lane].eq(late["exponent"]),
                found.marks[lane].eq(late["mark"]),
                found.magnitudes[lane].eq(late["magnitude"]),
                found.signs[lane].eq(late["sign"]),
            ]
        return m
