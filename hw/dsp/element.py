"""The sums of a tile: cascades of blocks, and what brings their fields together."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Member, Out

from ...golden.bounds import Range
from ...golden.flags import Reachable
from ..arith.accumulator import Accumulator
from ..arith.shapes import shape_of
from ..arith.timing import delayed
from .addend import FieldSum, addends, gathered
from .adding import Adding
from .block import Block, BlockMode
from .layout import Layout
from .overpacking import Overpacking, borrows, low_bits, read
from .packing import Field
from .placing import Placing
from .words import factors, gated, word_shape


def words_layout(layout: Layout, side: int) -> data.ArrayLayout:
    """What stands in the ports of all lanes, wide (0) or narrow."""
    return data.ArrayLayout(word_shape(layout.packing, side), layout.lanes)


def staying(layout: Layout) -> dict[str, Member]:
    """The marks of weights that stay; none where these do not."""
    return {"load": In(1), "swap": In(layout.longest)} if layout.stays else {}


class Cascades(wiring.Component):
    """A block for each lane, each cascade's sums in one number.

    Parameters
    ----------
    layout : :class:`Layout`

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    take, first : :py:`In(1)`
        The last product of a step is in its block; it starts a sum. Only where blocks accumulate.
    load : :py:`In(1)`
        Take weights that are to stay, in all lanes. Only where weights stay.
    swap : :py:`In(longest cascade)`
        Multiply by the weights that were taken: bit n in the lanes of cycle n. Likewise.
    wide, narrow : :py:`In(ArrayLayout(…, lanes))`
        The elements of the wide port side by side, and the number in the narrow one.
    o : :py:`Out(ArrayLayout(48, cascades))`
        The cascades' sums.
    """

    def __init__(self, layout: Layout):
        self.layout = layout
        marks = {"take": In(1), "first": In(1)} if layout.held else staying(layout)
        super().__init__(
            {
                "enable": In(1),
                **marks,
                "wide": In(words_layout(layout, 0)),
                "narrow": In(words_layout(layout, 1)),
                "o": Out(data.ArrayLayout(layout.packing.geometry.sum, len(layout.chains))),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m, layout = Module(), self.layout
        for number, chain in enumerate(layout.chains):
            below, start = None, layout.packing.start(layout.terms(chain))
            for lane in chain:
                starts = lane == chain[-1 if layout.held else 0]
                mode = BlockMode(
                    delay=int(layout.cycle(lane) > 0),
                    cascades=below is not None,
                    accumulates=layout.held and starts,
                    start=start if starts else 0,
                    stays=layout.port,
                    chooses=layout.packing.chosen,
                )
                m.submodules[f"block_{lane}"] = block = Block(layout.kind, mode)
                m.d.comb += block.enable.eq(self.enable)
                self._factors(m, lane, block)
                if below is not None:
                    m.d.comb += block.below.eq(below)
                if mode.accumulates:
                    m.d.comb += [block.take.eq(self.take), block.first.eq(self.first)]
                if layout.stays:
                    swap = self.swap[layout.cycle(lane)]
                    m.d.comb += [block.load.eq(self.load), block.swap.eq(swap)]
                below = block.above if len(chain) > 1 else None
            m.d.comb += self.o[number].eq(block.p)
        return m

    def _factors(self, m: Module, lane: int, block: Block) -> None:
        wide, narrow, packing = self.wide[lane], self.narrow[lane], self.layout.packing
        if packing.marks:
            size = packing.geometry.narrow
            narrow, chosen = narrow[:size].as_signed(), narrow[size:]
            assert isinstance(packing, Placing)
            if block.mode.chooses:
                first, second = wide << packing.shifts[1], wide
                m.d.comb += block.choose.eq(chosen)
            else:
                first, second = gated(packing, wide, chosen)
        else:
            first, second = factors(packing, wide)
        m.d.comb += [block.d.eq(first), block.a.eq(second), block.b.eq(narrow)]


class Tile(wiring.Component):
    """The sums over K of some rows and columns, whose products share blocks.

    Ports and timing are those of :class:`ProcessingElement`, but that operands come as words.

    Parameters
    ----------
    layout : :class:`Layout`
    total : :class:`Range`
        Bounds of a sum.
    segment, late : as of :class:`Accumulator`.

    Members
    -------
    enable, accumulate, first : :py:`In(1)`
        Only ``enable`` where weights stay.
    load, swap : as of :class:`Cascades`
    weight, activation : as ``wide`` and ``narrow`` of :class:`Cascades`
    o : :py:`Out(ArrayLayout(…, rows * cols))`
        The sums, row by row.
    """

    def __init__(self, layout: Layout | Adding, total: Range, segment: int, late: int):
        self.layout: Any = layout
        self.total = total
        self.segment, self.late = segment, late
        rows, cols = layout.tile
        sums = data.ArrayLayout(shape_of(total), rows * cols)
        super().__init__({"enable": In(1), **self._inputs(), "o": Out(sums)})

    def _inputs(self) -> dict[str, Member]:
        """The ports of marks and words."""
        marks = staying(self.layout) or {"accumulate": In(1), "first": In(1)}
        words = [In(words_layout(self.layout, side)) for side in range(2)]
        return marks | dict(zip(self._sides, words, strict=True))

    @property
    def _sides(self) -> tuple[str, str]:
        """Whose words are in the wide port, and in the narrow one."""
        swapped = self.layout.packing.swapped
        return ("activation", "weight") if swapped else ("weight", "activation")

    @property
    def _words(self) -> tuple[Value, Value]:
        """The words of the wide port, and of the narrow one."""
        wide, narrow = (getattr(self, name) for name in self._sides)
        return wide, narrow

    def elaborate(self, platform: Any) -> Module:
        m, layout = Module(), self.layout
        m.submodules.cascades = cascades = Cascades(layout)
        wide, narrow = self._words
        m.d.comb += [
            cascades.enable.eq(self.enable),
            cascades.wide.eq(wide),
            cascades.narrow.eq(narrow),
        ]
        if layout.held:
            m.d.comb += [cascades.take.eq(self.accumulate), cascades.first.eq(self.first)]
        if layout.stays:
            m.d.comb += [cascades.load.eq(self.load), cascades.swap.eq(self.swap)]
        cols = layout.packing.tile[1]
        for field, said in self._addends(m, cascades.o).items():
            row, col = (field.narrow, field.wide) if layout.packing.swapped else (
                field.wide, field.narrow)  # fmt: skip
            name = f"{row}_{col}"
            found = gathered(m, self.enable, said, name)
            m.d.comb += self.o[row * cols + col].eq(self._sum(m, found, name))
        return m

    def _addends(self, m: Module, totals: Any) -> dict[Field, list[FieldSum]]:
        """What each field says in all cascades."""
        return {field: addends(self.layout, field, totals) for field in self.layout.packing.fields}

    def _sum(self, m: Module, found: FieldSum, name: str) -> Value:
        """The sum over K."""
        if self.layout.stays:
            return found.whole(self.total.width)
        if self.layout.held:
            waits = self.late - self.layout.levels
            value = found.whole(self.total.width)
            return delayed(m, self.enable, value, waits, f"held_{name}")
        accumulator = Accumulator(
            found.short, self.total, Reachable(False, False), segment=self.segment, late=self.late,
            short=found.missing is not None,
        )  # fmt: skip
        m.submodules[f"accumulator_{name}"] = accumulator
        m.d.comb += [
            accumulator.enable.eq(self.enable),
            accumulator.accumulate.eq(self.accumulate),
            accumulator.first.eq(self.first),
            accumulator.i.value.eq(found.value),
        ]
        if found.missing is not None:
            m.d.comb += accumulator.missing.eq(found.missing)
        return accumulator.o.value


class OverpackedTile(Tile):
    """A :class:`Tile` of blocks whose fields overlap, a block a cascade."""

    def _addends(self, m: Module, totals: Any) -> dict[Field, list[FieldSum]]:
        packing: Overpacking = self.layout.packing
        found: dict[Field, list[FieldSum]] = {field: [] for field in packing.fields}
        for lane in range(self.layout.lanes):
            low = []
            for side, word in enumerate(words[lane] for words in self._words):
                waits = f"low_{side}_{lane}"
                low.append([
                    delayed(m, self.enable, bits, self.layout.latency, f"{waits}_{n}")
                    for n, bits in enumerate(low_bits(packing, side, word))
                ])  # fmt: skip
            results = []
            for number, value in enumerate(read(packing, totals[lane], low)):
                results.append(Signal(value.shape(), name=f"result_{lane}_{number}"))
                m.d.comb += results[-1].eq(value)
            missing = borrows(packing, results)
            for field, value, bit in zip(packing.fields, results, missing, strict=True):
                found[field].append(FieldSum(value, packing.results, bit))
        return found
