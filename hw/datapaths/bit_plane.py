"""``bit_plane``: products of single bits, counted; one plane of bits with each of the other's.

The way of ABQ-LLM, bipolar-INT and FlexQ: a product of two bits is an AND, of two signs an XNOR.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import ceil
from typing import Any, NamedTuple

from amaranth.hdl import Const, Module, Value

from ...golden.formats import Format
from ..arith.heap import Heap, added, compressed, levels
from ..arith.shapes import shape_of
from .base import SETTING, Datapath, Dot, Setting
from .forms import Codes, Form
from .planes import Planes, planes

#: Products of bits that a lane may have.
WIDEST = 64

#: Bits that a compressor of the first level takes: products of two bits each.
FIRST = 3


@dataclass(frozen=True)
class BitPlane(Datapath):
    """Every bit of a weight with every bit of an activation, in a heap of bits."""

    name = "bit_plane"
    scope = "codes whose bits have place values, with up to 64 products of bits per product"

    @classmethod
    def serves(cls, weight: Format, activation: Format) -> bool:
        if not (weight.bits and activation.bits) or weight.bits * activation.bits > WIDEST:
            return False
        return planes(weight) is not None and planes(activation) is not None

    @classmethod
    def estimate(cls, weight: Format, activation: Format, setting: Setting = SETTING) -> float:
        return 1.25 * len(cls(weight, activation, lanes=1).terms) + 1

    @cached_property
    def _planes(self) -> tuple[Planes, Planes]:
        weight, activation = planes(self.weight), planes(self.activation)
        assert weight is not None and activation is not None
        return weight, activation

    @cached_property
    def terms(self) -> tuple[PlaneProduct, ...]:
        """A product, but for ``constant``."""
        w, a = self._planes
        pairs = product(enumerate(w.weights), enumerate(a.weights))
        if w.signs and a.signs:
            # Each a power of two or its negative, which is twice whether they agree, less one.
            return tuple(PlaneProduct(x * y // 2, i, j, agree=True) for (i, x), (j, y) in pairs)
        found = [PlaneProduct(x * y, i, j) for (i, x), (j, y) in pairs]
        for n in powers(a.constant):
            found += [PlaneProduct(n * x, i, None) for i, x in enumerate(w.weights)]
        for n in powers(w.constant):
            found += [PlaneProduct(n * y, None, j) for j, y in enumerate(a.weights)]
        return tuple(found)

    @cached_property
    def constant(self) -> int:
        """What a product is when all ``terms`` are false, and these are counted from below."""
        w, a = self._planes
        if w.signs and a.signs:
            whole = -sum(term.weight for term in self.terms) // 2
        else:
            whole = w.constant * a.constant
        return whole + sum(term.weight for term in self.terms if term.weight < 0)

    @property
    def heights(self) -> dict[int, int]:
        """Bits in each column at the start."""
        found: dict[int, int] = {}
        for column in range(self.range.width):
            terms, constant = self.column(column)
            if terms or constant:
                found[column] = self.lanes * len(terms) + constant
        return found

    def column(self, column: int) -> tuple[list[PlaneProduct], int]:
        """The terms of every lane that fall into a column, and the constant's bit there."""
        terms = [term for term in self.terms if term.column == column]
        return terms, (self.lanes * self.constant) >> column & 1

    @property
    def forms(self) -> tuple[Form, Form]:
        delays = (0,) * self.lanes
        return Codes(self.weight, delays), Codes(self.activation, delays)

    @property
    def latency(self) -> int:
        return ceil(levels(self.heights, FIRST) / self.pipeline) + 1

    def component(self) -> BitPlaneDot:
        return BitPlaneDot(self)


class PlaneProduct(NamedTuple):
    """``weight`` if bit ``i`` of the weight and bit ``j`` of the activation are set, or agree."""

    weight: int
    i: int | None
    j: int | None
    agree: bool = False

    @property
    def column(self) -> int:
        return abs(self.weight).bit_length() - 1

    def bit(self, weight: Value, activation: Value) -> Value:
        """Whether it is there; of a negative one, whether it is not."""
        if self.i is None or self.j is None:
            found = activation[self.j] if self.i is None else weight[self.i]
        elif self.agree:
            found = ~(weight[self.i] ^ activation[self.j])
        else:
            found = weight[self.i] & activation[self.j]
        return ~found if self.weight < 0 else found


def powers(value: int) -> list[int]:
    """Signed powers of two, the fewest that sum up to a value."""
    found: list[int] = []
    bit = 0
    while value:
        if value & 1:
            digit = 2 - (value & 3)
            found.append(digit << bit if digit > 0 else -(1 << bit))
            value -= digit
        value, bit = value >> 1, bit + 1
    return found


class BitPlaneDot(Dot):
    """A heap of bits, compressed."""

    plan: BitPlane

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        plan, heap = self.plan, self._products()
        count = levels(plan.heights, FIRST)
        for level in range(1, count + 1):
            heap = compressed(m, heap, f"level_{level}", FIRST if level == 1 else 6)
            if level % plan.pipeline == 0 or level == count:
                heap = self._held(m, heap, f"level_{level}")
        shape = shape_of(plan.range)
        m.d.comb += self.o.value.eq(self.held(m, added(heap, shape.width), shape, "total"))
        return m

    def _products(self) -> Heap:
        """The bits of all lanes, and a constant."""
        plan = self.plan
        heap: Heap = {}
        for column in plan.heights:
            terms, constant = plan.column(column)
            heap[column] = [
                term.bit(self.weight[lane], self.activation[lane])
                for term in terms
                for lane in range(plan.lanes)
            ] + [Const(1, 1)] * constant
        return heap

    def _held(self, m: Module, heap: Heap, name: str) -> Heap:
        """The heap a cycle later."""
        found: Heap = {}
        for column, bits in heap.items():
            found[column] = []
            for index, bit in enumerate(bits):
                if not isinstance(bit, Const):
                    bit = self.held(m, bit, 1, f"{name}_{column}_{index}_held")
                found[column].append(bit)
        return found
