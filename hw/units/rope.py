"""Rotary position embedding as a design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from amaranth.hdl import Cat, Module, Value
from amaranth.lib import wiring

from ...golden.formats import Minifloat, lookup
from ...golden.units import Rope
from ..arith.shared import instance
from ..design import StageRow
from ..fp import FloatAdd, FloatMultiply
from ..fp.pipeline import Pipelined
from .every_element import EveryElement
from .grouped import GroupedHardware


class RopeElements:
    """Four products and two sums for each pair of values.

    Parameters
    ----------
    unit : :class:`Rope`
        What is computed.
    """

    def __init__(self, unit: Rope):
        self.unit = unit
        fmt, angle, single = unit.format, unit.turned, lookup("fp32")
        assert isinstance(fmt, Minifloat) and isinstance(angle, Minifloat)
        assert isinstance(single, Minifloat)
        rows = unit.build.policy == "lut"
        self.product = FloatMultiply(fmt, angle, single, rows=rows, short=True).staged()
        self.sum = FloatAdd(single, single, fmt, short=True).staged()

    @property
    def latency(self) -> int:
        return self.product.latency + self.sum.latency

    def write(
        self, m: Module, enable: Value, codes: Sequence[Value], held: Mapping[str, Value], name: str
    ) -> list[Value]:
        """Codes of results, ``latency`` cycles with ``enable`` after ``codes``; ``held`` are the
        codes of cosines and sines of all pairs."""
        found = list(codes)
        for pair, (first, second) in enumerate(self.unit.places):
            a, b = codes[first], codes[second]
            cos, sin = held["cos"][pair], held["sin"][pair]
            factors = {"ac": (a, cos), "bs": (b, sin), "bc": (b, cos), "as": (a, sin)}
            made = {
                what: _placed(m, enable, self.product, "product", f"{name}_{pair}_{what}", *both)
                for what, both in factors.items()
            }
            minus = Cat(made["bs"][:-1], ~made["bs"][-1])
            sums = {first: (made["ac"], minus), second: (made["bc"], made["as"])}
            for lane, both in sums.items():
                found[lane] = _placed(m, enable, self.sum, "sum", f"{name}_{lane}", *both)
        return found


def _placed(
    m: Module, enable: Value, block: Pipelined, kind: str, name: str, a: Value, b: Value
) -> Value:
    """The result of a block of two operands."""
    part = instance(m, f"{kind}_{name}", kind, block.component)
    m.d.comb += [part.enable.eq(enable), part.a.eq(a), part.b.eq(b)]
    return Value.cast(part.o)


class RopeHardware(GroupedHardware):
    """Rotary position embedding as a design.

    Parameters
    ----------
    design : :class:`Rope`
    """

    work = "value"
    unit: Rope

    def __init__(self, design: Rope):
        super().__init__(design)
        self.elements = RopeElements(design)

    def component(self) -> wiring.Component:
        return EveryElement(self.unit, self.elements)

    @property
    def latency(self) -> int:
        return self.elements.latency + self.entry

    @property
    def summary(self) -> str:
        unit = self.unit
        return (
            f"rotary position embedding of {unit.format.name}, {unit.turned.name} cosines and "
            f"sines, {unit.rows} x {unit.lanes} values per beat, latency {self.latency} cycles"
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        unit = self.unit
        which = "lanes 2i and 2i + 1"
        if unit.pairs == "halves":
            which = f"lanes i and i + {unit.lanes // 2}"
        return (
            f"pairs of {which}: a cos - b sin, b cos + a sin",
            f"products in fp32, exact unless they are subnormal or too large there; their sum is "
            f"rounded once, to {unit.format.name}",
        )

    @property
    def notes(self) -> Mapping[str, str]:
        fmt = self.unit.turned.name
        told = f"from the low bits: cosines ({fmt}; pair by pair), then sines; a beat for each of "
        return {**super().notes, "scale": f"{told}values, for all rows"}

    @property
    def facts(self) -> Mapping[str, Any]:
        return self.unit.facts

    @property
    def rows(self) -> tuple[StageRow, ...]:
        unit, form = self.unit, self.unit.format.name
        return (
            StageRow("values", unit.format.bits, None, form, 1, "taken into a buffer", "values"),
            StageRow("products", 32, None, "fp32", self.elements.product.latency, "four a pair"),
            StageRow(
                "result", unit.format.bits, None, form, self.elements.sum.latency,
                "two sums a pair, rounded",
            ),
        )  # fmt: skip
