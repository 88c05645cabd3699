"""Which digits of a step are worth a cycle: found ahead of the array, while steps wait."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ..arith.timing import delayed
from ..datapaths import Making
from ..plan.array_plan import ArrayPlan
from ..plan.inputs import ANY, Scouting, seen
from ..plan.layouts import SIDES


class Scout(wiring.Component):
    """Hands on an operand's steps ``plan.scouting(side).cycles`` later, and tells their parts.

    A part is to do if any element of the step has it and it has not been served.

    Parameters
    ----------
    plan : :class:`ArrayPlan`
        Formats and shape.
    side : 0 for weights, 1 for activations.
    arriving, leaving : the payloads of steps; what was looked at leaves as ``plan.fed`` has it.

    Members
    -------
    i, o : :py:`In(stream.Signature(arriving))`, :py:`Out(stream.Signature(leaving))`
        Steps; one leaves with its last part.
    todo : :py:`Out(plan.cycles)`
        The parts that are left of the step that leaves next.
    served : :py:`In(plan.cycles)`
        Those that are taken in this cycle.
    """

    def __init__(
        self,
        plan: ArrayPlan,
        side: int,
        arriving: data.StructLayout,
        leaving: data.StructLayout,
    ):
        self.plan, self.side = plan, side
        super().__init__(
            {
                "i": In(stream.Signature(arriving)),
                "o": Out(stream.Signature(leaving)),
                "todo": Out(plan.cycles),
                "served": In(plan.cycles),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        found, self._enable = self._scouting, Signal(name="enable")
        valid = self._late(m, self.i.valid, found.cycles, "valid")
        m.d.comb += [
            self._enable.eq(~self.o.valid | self.o.ready),
            self.i.ready.eq(self._enable),
            self.o.valid.eq(valid),
        ]
        arrives, leaves = self.i.payload, self.o.payload
        if self.side:
            for name in arrives.shape().members:
                if name != "data":
                    late = self._late(m, arrives[name], found.cycles, name)
                    m.d.comb += leaves[name].eq(late)
            arrives, leaves = arrives.data, leaves.data
        for name in arrives.shape().members:
            if name in leaves.shape().members:
                m.d.comb += leaves[name].eq(self._late(m, arrives[name], found.cycles, name))
        parts = self._look(m, arrives, leaves)
        todo = Signal(self.plan.cycles)
        with m.If(self._enable):
            m.d.sync += todo.eq(Cat(self._any(m, bits) for bits in parts))
        with m.Else():
            m.d.sync += todo.eq(todo & ~self.served)
        m.d.comb += self.todo.eq(todo)
        return m

    @property
    def _scouting(self) -> Scouting:
        found = self.plan.scouting(self.side)
        assert found is not None
        return found

    def _late(self, m: Module, value: Value, cycles: int, name: str) -> Value:
        """With a reset, or tools would spend a LUT on what only passes through."""
        return delayed(m, self._enable, value, cycles, name, reset=True)

    def _look(self, m: Module, arrives: data.View, leaves: data.View) -> list[list[Value]]:
        """For each part, whether each element has it, all equally late."""
        scouting = self._scouting
        found: list[list[Value]] = [[] for _ in range(self.plan.cycles)]
        for key, item in self.plan.serial_inputs(self.side).items():
            for vector in range((self.plan.rows, self.plan.cols)[self.side]):
                held = {name: arrives[name][vector] for name in arrives.shape().members}
                for lane in range(item.lanes):
                    at = f"{key}_{vector}_{lane}"
                    making = Making(self._enable, SIDES[self.side], at, held.get("select"))
                    value, bits = item.form.seen(m, item.code(held, lane), making)
                    waits = scouting.stages - item.form.ahead
                    value = self._late(m, value, waits + scouting.rounds, f"looked_{at}")
                    m.d.comb += leaves[seen(key)][vector][lane].eq(value)
                    for part, bit in enumerate(bits):
                        found[part].append(self._late(m, bit, waits, f"seen_{at}_{part}"))
        return found

    def _any(self, m: Module, bits: list[Value]) -> Value:
        """Whether any bit is set."""
        for _ in range(self._scouting.rounds - 1):
            groups = [bits[start : start + ANY] for start in range(0, len(bits), ANY)]
            bits = [self._late(m, Cat(group).any(), 1, "any") for group in groups]
        return Cat(bits).any()
