"""Products of a single row, added in the parts of DSP blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any

from amaranth.hdl import Cat, Const, Module, ShapeLike, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Member, Out

from ...golden.bounds import Range
from ..arith.digits import Row
from ..arith.timing import delayed
from .addend import FieldSum, gathered
from .adder import Adder, AdderMode
from .adding import Adding
from .element import Tile


class Rows(wiring.Component):
    """The sums of each row and column, in the parts of blocks.

    Parameters
    ----------
    layout : :class:`Adding`
    shapes : of an element of each side.
    row : of a module, a weight and an activation: the row of their product.
    coder : the side whose elements say whether a row is short of one.

    Members
    -------
    enable, take, first : as of :class:`Cascades`
    weight, activation : :py:`In(ArrayLayout(ArrayLayout(…, rows or columns), lanes))`
    o : :py:`Out(ArrayLayout(48, cascades))`
    short : :py:`Out(ArrayLayout(…, rows or columns))`
        What the step's rows are short of, by element of the coder, with ``o``; where not counted.
    """

    def __init__(
        self, layout: Adding, shapes: Sequence[ShapeLike], row: Callable[..., Row], coder: int
    ):
        self.layout, self.row, self.coder = layout, row, coder
        self._short = data.ArrayLayout(layout.lanes.bit_length(), layout.tile[coder])
        sides = [
            data.ArrayLayout(data.ArrayLayout(shape, many), layout.lanes)
            for shape, many in zip(shapes, layout.tile, strict=True)
        ]
        super().__init__(
            {
                "enable": In(1),
                **({"take": In(1), "first": In(1)} if layout.held else {}),
                "weight": In(sides[0]),
                "activation": In(sides[1]),
                "o": Out(data.ArrayLayout(layout.kind.geometry.sum, len(layout.chains))),
                **({"short": Out(self._short)} if self._beside else {}),
            }
        )

    @property
    def _beside(self) -> bool:
        return self.layout.digit.carries and not self.layout.counted

    def elaborate(self, platform: Any) -> Module:
        m, layout = Module(), self.layout
        rows = [self._rows(m, lane) for lane in range(layout.lanes)]
        signed = layout.digit.bits.signed
        words = [self._word((row.bits for row in lane), signed) for lane in rows]
        if layout.digit.carries:
            short = self._counts(m, rows)
            if layout.counted:
                of_sums = (short[position[self.coder]] for position in self._positions)
                words.append(self._word(of_sums, False))
            else:
                for number, count in enumerate(short):
                    late = delayed(m, self.enable, count, AdderMode.latency, f"short_{number}")
                    m.d.comb += self.short[number].eq(late)
        for number, chain in enumerate(layout.chains):
            m.d.comb += self.o[number].eq(self._cascade(m, number, [words[n] for n in chain]))
        return m

    @property
    def _positions(self) -> list[tuple[int, int]]:
        """Row and column of every part."""
        rows, cols = map(range, self.layout.tile)
        return list(product(rows, cols))

    def _rows(self, m: Module, lane: int) -> list[Row]:
        """A lane's row of every part."""
        w, a = self.weight[lane], self.activation[lane]
        return [self.row(m, w[row], a[col]) for row, col in self._positions]

    def _word(self, numbers: Iterable[Value], signed: bool) -> Value:
        """Numbers in the parts that they are for."""
        parts = []
        for value in numbers:
            top = value[-1] if signed else Const(0, 1)
            whole = Cat(value, top.replicate(max(self.layout.size - len(value), 0)))
            parts.append(whole[: self.layout.size])
        word = Cat(*parts)
        return Cat(word, Const(0, self.layout.kind.geometry.sum - len(word)))

    def _counts(self, m: Module, rows: list[list[Row]]) -> list[Value]:
        """How many rows are short, by element of the coder, when the last lanes' rows are there."""
        layout, found = self.layout, []
        for number in range(layout.tile[self.coder]):
            part = next(n for n, at in enumerate(self._positions) if at[self.coder] == number)
            count: Value = Const(0, 1)
            for cycle in range(layout.longest):
                here = [rows[n][part].carry for n, at in enumerate(layout.delays) if at == cycle]
                before = delayed(m, self.enable, count, int(cycle > 0), f"count_{number}_{cycle}")
                count = Signal(layout.lanes.bit_length(), name=f"count_{number}_to_{cycle}")
                m.d.comb += count.eq(sum(here, before))
            found.append(count)
        return found

    def _cascade(self, m: Module, number: int, words: list[Value]) -> Value:
        """The sums of words that come two a cycle."""
        below, layout = None, self.layout
        for index in range(0, len(words), 2):
            a, c = [*words[index : index + 2], Const(0, layout.kind.geometry.sum)][:2]
            last = index + 2 >= len(words)
            mode = AdderMode(layout.parts, below is not None, layout.held and last)
            m.submodules[f"adder_{number}_{index // 2}"] = adder = Adder(layout.kind, mode)
            m.d.comb += [adder.enable.eq(self.enable), adder.a.eq(a), adder.c.eq(c)]
            if below is not None:
                m.d.comb += adder.below.eq(below)
            if mode.accumulates:
                m.d.comb += [adder.take.eq(self.take), adder.first.eq(self.first)]
            below = adder.above
        return adder.p


def sums_of(m: Module, enable: Value, found: Rows, lsb: int) -> dict[tuple[int, int], FieldSum]:
    """What the parts of all cascades say together, by row and column; ``lsb`` is a sum's unit."""
    layout, gatherings = found.layout, {}
    rows, cols = map(range, layout.tile)
    for part, position in enumerate(product(rows, cols)):
        addends = []
        for number, chain in enumerate(layout.chains):
            bounds = layout.bounds(chain, lsb)
            start = part * layout.size
            bits = found.o[number][start : start + bounds.width]
            addends.append(FieldSum(bits.as_signed() if bounds.signed else bits, bounds, None))
        if "short" in found.signature.members:
            count = found.short[position[found.coder]]
            addends.append(FieldSum(count, Range(lsb, 0, layout.lanes), None))
        gatherings[position] = gathered(m, enable, addends, "_".join(map(str, position)))
    return gatherings


class AddingTile(Tile):
    """A :class:`Tile` of sums in parts of blocks.

    Parameters
    ----------
    rows : :class:`Rows`
    total, segment, late : as of :class:`Tile`.
    """

    def __init__(self, rows: Rows, total: Range, segment: int, late: int):
        self.rows = rows
        super().__init__(rows.layout, total, segment, late)

    def _inputs(self) -> dict[str, Member]:
        ports = self.rows.signature.members
        marks = {"accumulate": In(1), "first": In(1)}
        return marks | {name: ports[name] for name in ("weight", "activation")}

    def elaborate(self, platform: Any) -> Module:
        m, found = Module(), self.rows
        m.submodules.rows = found
        m.d.comb += [
            found.enable.eq(self.enable),
            found.weight.eq(self.weight),
            found.activation.eq(self.activation),
        ]
        if self.layout.held:
            m.d.comb += [found.take.eq(self.accumulate), found.first.eq(self.first)]
        for (row, col), value in sums_of(m, self.enable, found, self.total.lsb).items():
            at = row * self.layout.tile[1] + col
            m.d.comb += self.o[at].eq(self._sum(m, value, f"{row}_{col}"))
        return m
