"""What the sums of an engine are by definition: codes at its ports, and tables of their values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...golden.formats import Format
from ...golden.streams import Field, Stream
from ...hw.arith.sums import Sum
from ...hw.array.steps import SUM_NAMES
from ...hw.design import Hardware
from ...hw.engine.hardware import EngineHardware
from ...hw.plan.plan import Plan

#: Bits of the widest code of which a table is written.
WIDEST = 8


@dataclass(frozen=True)
class Factor:
    """One side of a product.

    Parameters
    ----------
    stream : whose beats hold the codes; empty for a constant.
    vectors, lanes, bits : of the field; vector 0, lane 0 lies lowest.
    low : where the field begins in the payload.
    values : of each code in units of the format's last place, as golden decodes it.
    """

    stream: str
    vectors: int
    lanes: int
    bits: int
    low: int
    values: tuple[int, ...]

    @property
    def zero(self) -> int:
        """A code that stands for 0; else 0."""
        return self.values.index(0) if 0 in self.values else 0

    @property
    def width(self) -> int:
        """Bits of a value, two's complement."""
        return max(v.bit_length() + 1 for v in self.values)

    def slice(self, vector: int, lane: int) -> tuple[int, int]:
        """The highest and the lowest bit of a code in the payload."""
        low = self.low + (vector * self.lanes + lane) * self.bits
        return low + self.bits - 1, low


@dataclass(frozen=True)
class Product:
    """A product of two factors, which enters the sum with a sign."""

    weight: Factor
    activation: Factor
    sign: int

    @property
    def width(self) -> int:
        """Bits of the product and of its factors, two's complement."""
        low, high = self.bounds
        own = max(low.bit_length(), high.bit_length()) + 1
        return max(own, self.weight.width, self.activation.width)

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the greatest product, with its sign."""
        ends = [
            self.sign * w * a
            for w in (min(self.weight.values), max(self.weight.values))
            for a in (min(self.activation.values), max(self.activation.values))
        ]
        return min(ends), max(ends)


@dataclass(frozen=True)
class Sums:
    """Sums of one kind: one for each row and column, or for each of one of them.

    Parameters
    ----------
    name, number : of their modules, and which sum of the plan.
    places : row and column of each.
    products : which meet in a lane.
    lanes : products of each kind in a step.
    count : elements of K that a sum may have, as the arithmetic declares.
    width, addend : bits of the accumulator, and of what a step adds.
    latency : cycles from a step's codes to the accumulator that has them.
    order : how a step's products are best added up; see ORDERS.
    wraps : whether sums wrap around by declaration.
    """

    name: str
    number: int
    places: tuple[tuple[int, int], ...]
    products: tuple[Product, ...]
    lanes: int
    count: int
    width: int
    addend: int
    latency: int
    order: str
    wraps: bool

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the greatest sum of as many elements as are declared."""
        found = [product.bounds for product in self.products]
        return (
            self.count * sum(low for low, _ in found),
            self.count * sum(high for _, high in found),
        )


#: Datapaths, and the order in which they add a step's products; see the template ``values.v.j2``.
ORDERS = {"table": "planes", "multiply": "pairs"}


def sums_of(hardware: Hardware) -> tuple[list[Sums], str]:
    """The sums of a design that can be compared with tables; or none, and why."""
    engine = hardware.alone
    if not isinstance(engine, EngineHardware):
        return [], "it is no engine"
    plan = engine.plan
    if not isinstance(plan, Plan):
        return [], "it has several modes"
    if plan.flow != "broadcast":
        return [], f"its flow is {plan.flow}"
    if plan.structure is not None or any(map(plan.blocks, plan.sums)):
        return [], "its sums are made in DSP blocks, or of sparse weights"
    if plan.cycles > 1 or plan.aligned or plan.segment or plan.apart or plan.carry_save:
        return [], "its sums take several cycles"
    found = [_sums(plan, number, engine.streams) for number in range(len(plan.sums))]
    whole = [sums for sums in found if sums is not None]
    return (whole, "") if len(whole) == len(found) else ([], "it has wide or special codes")


def _sums(plan: Plan, number: int, streams: tuple[Stream, ...]) -> Sums | None:
    """One kind of sums; None where codes are wide, several tables hold, or products are no exact
    ones of finite numbers."""
    item = plan.sums[number]
    if item.initial is not None or item.stage.saturates or item.flags.nan or item.flags.infinite:
        return None
    products = []
    for pair in item.pairs:
        factors = [_factor(plan, side, pair.planes[side], streams) for side in range(2)]
        if pair.rule != "exact" or None in factors:
            return None
        weight, activation = factors
        assert weight is not None and activation is not None
        products.append(Product(weight, activation, pair.sign))
    return Sums(
        SUM_NAMES[item.per_row, item.per_col],
        number,
        _places(plan, item),
        tuple(products),
        plan.lanes,
        item.count,
        item.total.width,
        plan.addend(item).width,
        plan.sum_latency,
        ORDERS.get(plan.dot(item.pairs[0]).name, "chain") if len(products) == 1 else "pairs",
        item.stage.rule == "int",
    )


def _places(plan: Plan, item: Sum) -> tuple[tuple[int, int], ...]:
    rows = range(plan.rows if item.per_row else 1)
    cols = range(plan.cols if item.per_col else 1)
    return tuple((row, col) for row in rows for col in cols)


def _factor(plan: Plan, side: int, plane: int, streams: tuple[Stream, ...]) -> Factor | None:
    """A side of a product; None where its codes are wide, or have several tables."""
    chosen = plan.operand(side).planes[plane]
    fmt: Format = chosen.element
    if fmt.bits > WIDEST or fmt.select_width:
        return None
    values = tuple(int(value) for value in fmt.integers(np.arange(1 << fmt.bits)))
    if not fmt.bits:
        return Factor("", 1, plan.lanes, 0, 0, values)
    stream = next(s for s in streams if s.name == ("weight", "activation")[side])
    low = 0
    for field in stream.fields:
        if field.name == chosen.code:
            return _placed(stream, field, low, values)
        low += field.data_bits
    return None


def _placed(stream: Stream, field: Field, low: int, values: tuple[int, ...]) -> Factor | None:
    if field.kind != "codes" or 1 << field.bits != len(values):
        return None
    return Factor(stream.name, field.vectors, field.lanes, field.bits, low, values)
