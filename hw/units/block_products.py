"""Blocks of points times a matrix: a block is gathered, then rows multiply it, some in a beat."""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ...golden.units import BlockAffine
from ..arith.shared import instance
from ..arith.table import look_up
from ..arith.timing import delayed
from ..arith.tree import AdderTree, tree_latency
from .buffer import Buffer
from .grouped_ports import buffered
from .integer_scale import IntegerScale


def multiplier(unit: BlockAffine) -> IntegerScale:
    """Of a point and an entry of the matrix."""
    entries = Range(0, unit.entries.low, unit.entries.high)
    if unit.constant is not None:
        entries = Range(0, min(int(unit.constant.min()), -1), int(unit.constant.max()))
    points = Range(0, unit.format.low, unit.format.high)
    return IntegerScale(points, entries, rows=unit.build.policy == "lut").staged()


def tree(unit: BlockAffine) -> AdderTree:
    """Of the products of a row."""
    return AdderTree(multiplier(unit).product, unit.points)


def cycles(unit: BlockAffine) -> int:
    """From a row and its block to the result, with ``enable``."""
    return multiplier(unit).latency + sum_cycles(unit)


def sum_cycles(unit: BlockAffine) -> int:
    """Of them those of the tree."""
    return tree_latency(unit.points, 1)


class BlockProducts(wiring.Component):
    """Gathers blocks and multiplies them by rows of the matrix, a beat a cycle.

    The next block is gathered while one is multiplied. Results leave through a buffer: no path
    leads from a ``ready`` to another stream's.

    Parameters
    ----------
    unit : :class:`BlockAffine`
        What is computed.

    Members
    -------
    points : :py:`In(stream.Signature(…))`
        Beats of points, and ``last``.
    matrix : :py:`In(stream.Signature(…))`
        Rows of the matrix, one for each lane of a beat of results; where it is not constant.
    result : :py:`Out(stream.Signature(…))`
        As many beats as points, each with the mark of the beat in its place.
    """

    def __init__(self, unit: BlockAffine):
        self.unit = unit
        count = unit.vectors * unit.lanes
        given = data.StructLayout({"points": data.ArrayLayout(unit.format.bits, count), "last": 1})
        values = data.ArrayLayout(signed(unit.result.bits), count)
        ports = {"points": In(stream.Signature(given))}
        if unit.constant is None:
            rows = data.ArrayLayout(unit.entries.bits, unit.lanes * unit.points)
            ports["matrix"] = In(stream.Signature(data.StructLayout({"matrix": rows})))
        made = data.StructLayout({"value": values, "last": 1})
        super().__init__(ports | {"result": Out(stream.Signature(made))})

    def elaborate(self, platform: Any) -> Module:
        m, unit = Module(), self.unit
        result, points = self.result, self.points
        m.submodules.buffer = buffer = Buffer(result.payload.shape())
        wiring.connect(m, buffer.o, wiring.flipped(result))
        room, issued, loads = Signal(), Signal(), Signal()

        # The block that is gathered, and the one whose rows are due.
        beat, full = Signal(range(max(unit.beats, 2))), Signal()
        row, ends, busy = Signal(range(max(unit.beats, 2))), Signal(init=unit.beats == 1), Signal()
        payload = Value.cast(points.payload)
        gathered = [Signal(len(payload), name=f"gathered_{n}") for n in range(unit.beats)]
        block = [Signal(len(payload), name=f"block_{n}") for n in range(unit.beats)]
        with m.If(loads):
            m.d.sync += [full.eq(0), *(a.eq(b) for a, b in zip(block, gathered, strict=True))]
        with m.If(points.valid & points.ready):
            for place, word in enumerate(gathered):
                with m.If(beat == place):
                    m.d.sync += word.eq(payload)
            m.d.sync += beat.eq(beat + 1)
            with m.If(beat == unit.beats - 1):
                m.d.sync += [full.eq(1), beat.eq(0)]
        with m.If(issued):
            m.d.sync += row.eq(Mux(ends, 0, row + 1))
            if unit.beats > 1:
                m.d.sync += ends.eq(row == unit.beats - 2)
        m.d.sync += busy.eq(loads | (busy & ~(issued & ends)))

        # A beat of results needs a block, its rows, and room behind it.
        come: Value = Const(1)
        if unit.constant is None:
            rows = buffered(m, self.matrix, "matrix_buffer")
            come = rows.valid
            m.d.comb += rows.ready.eq(busy & room)
        m.d.comb += [
            issued.eq(busy & come & room),
            loads.eq(full & (~busy | (issued & ends))),
            points.ready.eq(~full | loads),
        ]
        entries = self._constant(m, row) if unit.constant is not None else self._given(rows)
        values = self._rows(m, room, block, entries)
        last = Cat(*(word[-1] for word in block)).bit_select(row, 1)
        valid = delayed(m, room, issued, cycles(unit), "valid", reset=True)
        m.d.comb += [
            *(buffer.i.payload.value[n].eq(value) for n, value in enumerate(values)),
            buffer.i.payload.last.eq(delayed(m, room, last, cycles(unit), "last")),
            buffer.i.valid.eq(valid),
            room.eq(buffer.i.ready),
        ]
        return m

    def _given(self, rows: Any) -> list[list[Value]]:
        """The entries of each lane's row."""
        points, found = self.unit.points, rows.payload.matrix
        return [
            [found[lane * points + column].as_signed() for column in range(points)]
            for lane in range(self.unit.lanes)
        ]

    def _constant(self, m: Module, row: Value) -> list[list[Value]]:
        """The same from tables."""
        unit, width = self.unit, multiplier(self.unit).scales.width
        assert unit.constant is not None
        table = unit.constant.reshape(unit.beats, unit.lanes, unit.points)
        index = row if unit.beats > 1 else row[:0]
        return [
            [
                look_up(
                    m,
                    index,
                    [int(code) & (1 << width) - 1 for code in table[:, lane, column]],
                    width,
                    f"entry_{lane}_{column}",
                ).as_signed()
                for column in range(unit.points)
            ]
            for lane in range(unit.lanes)
        ]

    def _rows(
        self, m: Module, enable: Value, block: list[Signal], entries: list[list[Value]]
    ) -> list[Value]:
        """The sums of products of each vector's block and each lane's row."""
        unit, found = self.unit, []
        bits, block_of = unit.format.bits, multiplier(unit)
        for vector in range(unit.vectors):
            for lane in range(unit.lanes):
                name = f"{vector}_{lane}"
                adders = instance(m, f"tree_{name}", ("tree",), partial(tree, unit))
                m.d.comb += adders.enable.eq(enable)
                for column in range(unit.points):
                    word = block[column // unit.lanes]
                    start = (vector * unit.lanes + column % unit.lanes) * bits
                    label = f"product_{name}_{column}"
                    if unit.constant is None:
                        part = instance(m, label, ("product",), block_of.component)
                    else:  # each with its constants, which makes it small
                        m.submodules[label] = part = block_of.component()
                    m.d.comb += [
                        part.enable.eq(enable),
                        part.i.eq(word[start : start + bits].as_signed()),
                        part.scale.eq(entries[lane][column]),
                        adders.i[column].eq(part.o),
                    ]
                found.append(adders.o)
        return found
