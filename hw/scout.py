"""Which digits of a step are worth a cycle: found ahead of the array, while steps wait."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from .array_plan import ANY, ArrayPlan
from .datapaths import Making
from .pe import SIDES
from .scale.timing import delayed


class Scout(wiring.Component):
    """Hands on an operand's steps ``plan.scouting(side).cycles`` later, and tells their parts.

    A part is to do if any element of the step has it and it has not been served.

    Parameters
    ----------
    plan : :class:`ArrayPlan`
        Formats and shape.
    side : 0 for weights, 1 for activations.
    layout : what a step's payload is.

    Members
    -------
    i, o : :py:`In(stream.Signature(layout))`, :py:`Out(stream.Signature(layout))`
        Steps; one leaves with its last part.
    todo : :py:`Out(plan.cycles)`
        The parts that are left of the step that leaves next.
    served : :py:`In(plan.cycles)`
        Those that are taken in this cycle.
    """

    def __init__(self, plan: ArrayPlan, side: int, layout):
        self.plan, self.side = plan, side
        signature = stream.Signature(layout)
        super().__init__(
            {
                "i": In(signature),
                "o": Out(signature),
                "todo": Out(plan.cycles),
                "served": In(plan.cycles),
            }
        )

    def elaborate(self, platform):
        m = Module()
        enable, cycles = Signal(), self.plan.scouting(self.side).cycles
        m.d.comb += [enable.eq(~self.o.valid | self.o.ready), self.i.ready.eq(enable)]
        m.d.comb += [
            self.o.valid.eq(delayed(m, enable, self.i.valid, cycles, "valid", reset=True)),
            self.o.payload.eq(delayed(m, enable, self.i.payload, cycles, "step", reset=True)),
        ]
        todo = Signal(self.plan.cycles)
        with m.If(enable):
            m.d.sync += todo.eq(Cat(self._any(m, enable, bits) for bits in self._seen(m, enable)))
        with m.Else():
            m.d.sync += todo.eq(todo & ~self.served)
        m.d.comb += self.todo.eq(todo)
        return m

    def _seen(self, m: Module, enable: Signal) -> list[list[Value]]:
        """For each part, whether each element has it, all equally late."""
        codes = self.i.payload.data if self.side else self.i.payload
        latest = self.plan.scouting(self.side).stages
        found: list[list[Value]] = [[] for _ in range(self.plan.cycles)]
        for key, item in self.plan.serial_inputs(self.side).items():
            for vector in range((self.plan.rows, self.plan.cols)[self.side]):
                held = {name: codes[name][vector] for name in codes.shape().members}
                table = held.get("select")
                for lane in range(item.lanes):
                    at = f"{key}_{vector}_{lane}"
                    making = Making(enable, SIDES[self.side], at, table)
                    bits = item.form.seen(m, [item.code(held, lane)], making)
                    waits = latest - item.form.stages
                    for part, bit in enumerate(bits):
                        name = f"seen_{at}_{part}"
                        found[part].append(delayed(m, enable, bit, waits, name))
        return found

    def _any(self, m: Module, enable: Signal, bits: list[Value]) -> Value:
        """Whether any bit is set."""
        for _ in range(self.plan.scouting(self.side).rounds - 1):
            found = []
            for start in range(0, len(bits), ANY):
                register = Signal(name="any", reset_less=True)
                with m.If(enable):
                    m.d.sync += register.eq(Cat(bits[start : start + ANY]).any())
                found.append(register)
            bits = found
        return Cat(bits).any()
