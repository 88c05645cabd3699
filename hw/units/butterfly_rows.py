"""Rows of 2 × 2 matrices times pairs of points: one product a number where both entries are equal
but for their sign, none where they are one power of two."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ..arith.shapes import shape_of
from ..arith.timing import delayed
from .integer_scale import IntegerScale

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Entry:
    """A number of a matrix, over all beats and lanes of a stage.

    Parameters
    ----------
    low, high : its bounds.
    power : bits of the one magnitude that it has beside 0; None where there are several.
    constant : whether it is always the same.
    """

    low: int
    high: int
    power: int | None
    constant: bool

    @classmethod
    def of(cls, numbers: Array) -> Entry:
        sizes = set(np.abs(numbers).ravel().tolist()) - {0}
        alone = next(iter(sizes)) if len(sizes) == 1 else 0
        power = alone.bit_length() - 1 if alone and not alone & alone - 1 else None
        low, high = int(numbers.min()), int(numbers.max())
        return cls(low, high, power, low == high)

    @property
    def absent(self) -> bool:
        return self.low == self.high == 0


@dataclass(frozen=True)
class RowPlan:
    """What a stage's rows compute: ``Σ entry · point``, shifted to the right and rounded.

    Parameters
    ----------
    entries : of the first point, then of the second; each with its parts. Only those of the first
        where the second's are the same but for a sign.
    joined : whether they are; points are added or subtracted first.
    given, made : bounds of a point's numbers and of the result's.
    shift : bits to the right.
    rows : whether products are made in LUTs.
    """

    entries: tuple[tuple[Entry, ...], ...]
    joined: bool
    given: Range
    made: Range
    shift: int
    rows: bool

    @classmethod
    def of(cls, table: Array, given: Range, made: Range, shift: int, rows: bool) -> RowPlan:
        """Of a table (beats, lanes, 2, parts)."""
        first, second = table[..., 0, :], table[..., 1, :]
        same = (first == second).all(axis=-1) | (first == -second).all(axis=-1)
        taken = (first,) if same.all() else (first, second)
        parts = range(table.shape[-1])
        entries = tuple(tuple(Entry.of(side[..., part]) for part in parts) for side in taken)
        return cls(entries, len(taken) == 1, given, made, shift, rows)

    @property
    def parts(self) -> int:
        return len(self.entries[0])

    @property
    def points(self) -> Range:
        """Bounds of what is multiplied."""
        return self.given + (self.given | -self.given) if self.joined else self.given

    @cached_property
    def multiplier(self) -> IntegerScale | None:
        """Of the stage's products; None where all entries are single powers of two."""
        several = [e for side in self.entries for e in side if not e.absent and e.power is None]
        if not several:
            return None
        bounds = Range(0, min(e.low for e in several), max(e.high for e in several))
        return IntegerScale(self.points, bounds, rows=self.rows).staged()

    @property
    def product_cycles(self) -> int:
        """Cycles of the products; those with powers of two alone take one, constants none."""
        if self.multiplier is not None:
            return self.multiplier.latency
        return int(any(not e.constant for side in self.entries for e in side))

    def terms(self, part: int) -> list[tuple[int, int, int, bool]]:
        """Of a result's part: the side, the entry's part, the point's part, whether subtracted."""
        found = []
        for side, entries in enumerate(self.entries):
            for number, entry in enumerate(entries):
                if not entry.absent:
                    minus = self.parts == 2 and part == 0 and number == 1
                    found.append((side, number, number ^ part, minus))
        return found

    @property
    def sum_cycles(self) -> int:
        most = max(len(self.terms(part)) for part in range(self.parts))
        return (max(most, 1) - 1).bit_length()

    @property
    def latency(self) -> int:
        """Cycles from the points and entries to the result."""
        return self.joined + self.product_cycles + self.sum_cycles + (2 if self.shift else 1)


class ButterflyRow(wiring.Component):
    """A row of a matrix times a pair of points.

    Parameters
    ----------
    plan : :class:`RowPlan`

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    minus : :py:`In(1)`
        Where entries are joined: that of the second point is the other's negative.
    a_0, a_1, b_0, b_1 : :py:`In(…)`
        The points' parts.
    c_0, … : :py:`In(…)`
        The entries, side by side and part by part, in registers as the points are.
    o_0, o_1 : :py:`Out(…)`
        The result's parts, ``plan.latency`` cycles with ``enable`` later.
    """

    def __init__(self, plan: RowPlan):
        self.plan = plan
        ports = {"enable": In(1), "minus": In(1)}
        for part in range(plan.parts):
            ports |= {f"a_{part}": In(shape_of(plan.given)), f"b_{part}": In(shape_of(plan.given))}
            ports[f"o_{part}"] = Out(shape_of(plan.made))
        for number, entry in enumerate(e for side in plan.entries for e in side):
            ports[f"c_{number}"] = In(signed(Range(0, min(entry.low, -1), entry.high).width))
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        m, plan = Module(), self.plan
        points = [[getattr(self, f"{side}_{part}") for part in range(plan.parts)] for side in "ab"]
        entries: list[Value] = [
            getattr(self, f"c_{number}") for number in range(plan.parts * len(plan.entries))
        ]
        if plan.joined:
            first, second = points
            points = [
                [
                    self._joined(m, a, b, part)
                    for part, (a, b) in enumerate(zip(first, second, strict=True))
                ]
            ]
            entries = [
                delayed(m, self.enable, entry, 1, f"entry_{number}")
                for number, entry in enumerate(entries)
            ]
        for part in range(plan.parts):
            terms = []
            for side, number, of, minus in plan.terms(part):
                entry = entries[side * plan.parts + number]
                product = self._product(
                    m,
                    points[side][of],
                    entry,
                    plan.entries[side][number],
                    f"{part}_{side}_{number}",
                )
                terms.append((*product, minus))
            total, _ = self._sum(m, terms, part)
            m.d.comb += getattr(self, f"o_{part}").eq(self._rounded(m, total, part))
        return m

    def _joined(self, m: Module, a: Value, b: Value, part: int) -> Value:
        """a + b or a - b, a cycle later."""
        total = Signal(shape_of(self.plan.points), name=f"joined_{part}", reset_less=True)
        other = (Cat(b) ^ self.minus.replicate(len(b))).as_signed()
        # A LUT a bit: the minus goes into the carry.
        both = Cat(self.minus, a).as_signed() + Cat(self.minus, other).as_signed()
        with m.If(self.enable):
            m.d.sync += total.eq(both >> 1)
        return total

    def _product(
        self, m: Module, point: Value, entry: Value, what: Entry, name: str
    ) -> tuple[Value, Range]:
        """A point's number times an entry, after the stage's cycles of products."""
        plan = self.plan
        values, cycles = plan.points, plan.product_cycles
        if what.power is None:
            block = plan.multiplier
            assert block is not None
            m.submodules[f"multiply_{name}"] = part = block.component()
            m.d.comb += [part.enable.eq(self.enable), part.i.eq(point), part.scale.eq(entry)]
            return part.o, block.product
        unit = Range(0, what.low >> what.power, what.high >> what.power)
        bounds = values * unit
        turned = point
        if not what.constant:
            # 0, the number, or its negative.
            turned = Signal(shape_of(bounds), name=f"turned_{name}", reset_less=True)
            minus, none = entry[-1], ~entry[what.power]
            shown = Mux(none, 0, Cat(point) ^ minus.replicate(len(point))).as_signed()
            both = (
                Cat(minus & ~none, shown).as_signed() + Cat(minus & ~none, Const(0, 1)).as_signed()
            )
            with m.If(self.enable):
                m.d.sync += turned.eq(both >> 1)
            cycles -= 1
        elif what.low < 0:
            turned = Signal(shape_of(bounds), name=f"turned_{name}")
            m.d.comb += turned.eq(-point)
        late = delayed(m, self.enable, turned, cycles, f"late_{name}")
        late = late.as_signed() if bounds.signed else late
        return Cat(Const(0, what.power), late).as_signed(), Range(
            0, bounds.low << what.power, bounds.high << what.power
        )

    def _sum(
        self, m: Module, terms: list[tuple[Value, Range, bool]], part: int
    ) -> tuple[Value, Range]:
        """All terms, with their signs, in the stage's cycles of sums."""
        if not terms:
            return Const(0, 1), Range(0, 0, 0)
        for level in range(self.plan.sum_cycles):
            merged = []
            for start in range(0, len(terms), 2):
                (a, values, minus), *more = terms[start : start + 2]
                name = f"sum_{part}_{level}_{start}"
                if more:
                    [(b, others, other)] = more
                    if minus and not other:
                        (a, values, minus), (b, others, other) = (
                            (b, others, other),
                            (a, values, minus),
                        )
                    apart = minus != other
                    values = values + (-others if apart else others)
                    total = a - b if apart else a + b
                else:
                    total = a
                node = Signal(shape_of(values), name=name, reset_less=True)
                with m.If(self.enable):
                    m.d.sync += node.eq(total)
                merged.append((node, values, minus))
            terms = merged
        [(value, values, minus)] = terms
        if minus:
            turned = Signal(shape_of(-values), name=f"negative_{part}")
            m.d.comb += turned.eq(-value)
            return turned, -values
        return value, values

    def _rounded(self, m: Module, total: Value, part: int) -> Value:
        """Shifted to the right, to nearest even."""
        shift, width = self.plan.shift, self.plan.made.width
        if not shift:
            return delayed(m, self.enable, total, 1, f"whole_{part}")
        wide = Signal(signed(max(len(total), shift + 1)), name=f"wide_{part}")
        kept = Signal(signed(width), name=f"kept_{part}", reset_less=True)
        up, found = (
            Signal(name=f"up_{part}", reset_less=True),
            Signal(signed(width), name=f"o_{part}"),
        )
        m.d.comb += wide.eq(total)
        low = wide[: shift - 1].any() | wide[shift] if shift > 1 else wide[shift]
        with m.If(self.enable):
            m.d.sync += [
                kept.eq(wide[shift:].as_signed()),
                up.eq(wide[shift - 1] & low),
                found.eq(kept + up),
            ]
        return found
