"""Counts a bit of each word a cycle, and shifts the count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amaranth.hdl import Const, Module, Mux, Signal, Value, signed

from ..arith.heap import Heap, added, compressed, levels
from ..arith.rows import plus
from ..arith.timing import delayed, select
from .base import Dot
from .recoded import inverted, moved

if TYPE_CHECKING:
    from .plane_serial import PlaneSerial


class PlaneSerialDot(Dot):
    """Bits counted, the count's sign, then its shift: each registered."""

    plan: PlaneSerial

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan = self.plan
        mixed = len(plan.agreeing) > 1
        agree = self._told(m, "agree", 0) if mixed else Const(int(plan.agreeing[0]), 1)
        slots = zip(self.weight.slots, self.activation.slots, strict=True)
        heap: Heap = {0: [self._product(agree, *pair) for pair in slots]}
        count = levels({0: plan.lanes}, plan.first)
        for level in range(1, count + 1):
            heap = compressed(m, heap, f"level_{level}", plan.first if level == 1 else 6)
            if level % plan.pipeline == 0 or level == count:
                heap = {
                    column: [self.held(m, bit, 1, f"level_{level}_{column}_{n}")
                             for n, bit in enumerate(held)]
                    for column, held in heap.items()
                }  # fmt: skip
        width = plan.lanes.bit_length()
        total = self.held(m, added(heap, width), width, "count")
        late = delayed(m, self.enable, agree, plan.count_latency, "agree_late", reset=True)
        value = self._signed(m, total, late)
        for bit in range(0, plan.shifts, 2):
            late = plan.count_latency + 1 + bit // 2
            shift = self._told(m, "shift", late, bit, bit + 2)
            width = min(len(value) + (((1 << len(shift)) - 1) << bit), plan.range.width)
            entries = [moved(value, n << bit, width) for n in range(1 << len(shift))]
            found = select(m, entries, shift, f"shifted_{bit}").as_signed()
            value = self.held(m, found, signed(width), f"moved_{bit}")
        m.d.comb += self.o.value.eq(value)
        return m

    def _told(self, m: Module, name: str, late: int, start: int = 0, stop: int = 1) -> Value:
        """What the sum is told, as it was so many cycles ago."""
        bits = Value.cast(self.weight[name])[start:stop]
        return delayed(m, self.enable, bits, self.plan.stages + late, f"{name}_{start}", reset=True)

    def _product(self, agree: Value, weight: Value, activation: Value) -> Value:
        """Whether both bits are set, or agree."""
        return Mux(agree, ~(weight ^ activation), weight & activation)

    def _signed(self, m: Module, total: Value, agree: Value) -> Value:
        """The count, or twice the count less all, or its negative: a cycle later."""
        plan, late = self.plan, self.plan.count_latency
        shape = signed(plan.lanes.bit_length() + 1)
        negative = self._told(m, "negative", late) if plan.negative else Const(0, 1)
        less = Mux(agree, plan.lanes, 0)
        counted = Signal(shape, name="counted")
        m.d.comb += counted.eq(inverted(Mux(agree, total << 1, total), negative))
        offset = Signal(shape, name="offset")
        m.d.comb += offset.eq(Mux(negative, less, -less))
        value = plus(offset, counted, negative, width=shape.width)
        return self.held(m, value.as_signed(), shape, "signed")
