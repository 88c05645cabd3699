"""The component of a quantizer: blocks on their way past their own greatest magnitude."""

from __future__ import annotations

from typing import Any, NamedTuple

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from ...golden.units import Quantize
from ..arith.greatest import greater, greatest, levels
from ..arith.long_delay import held_back
from ..arith.shared import instance
from ..arith.timing import delayed
from ..fp import FloatToFloat
from .buffer import Buffer
from .channel_moves import ChannelMoves
from .divided_scale import DividedScale
from .lane_numbers import CYCLES
from .power_scale import PowerScale
from .quantizer_entrance import Entrance, Marks
from .range_scale import RangeScale


class Timing(NamedTuple):
    """Cycles of the parts of a quantizer, one after the other.

    Parameters
    ----------
    widen : values moved as their channels say, and in a wider format.
    prepare : keys of values.
    compare : the greatest key of a beat; and of a block, where it has several beats.
    hold : the scale that follows.
    code : elements beside their scale.
    wait : from a block's first value, prepared, to its first element's begin.
    """

    widen: int
    prepare: int
    compare: int
    hold: int
    code: int
    wait: int

    @property
    def depth(self) -> int:
        """From the first beat of a block to its first result, with both buffers."""
        return 1 + self.widen + self.prepare + self.wait + self.code + 1


def way_of(unit: Quantize) -> PowerScale | DividedScale:
    """How its scales and codes are made."""
    if unit.power:
        return PowerScale(unit)
    return RangeScale(unit) if unit.zero else DividedScale(unit)


def timing(unit: Quantize) -> Timing:
    """The cycles of a unit."""
    way = way_of(unit)
    widen = 0
    if way.wide != unit.quantized:
        widen = FloatToFloat(unit.quantized, way.wide).staged().latency
    if unit.channel:
        widen += ChannelMoves(unit).cycles
    compare = levels(unit.width // unit.parts) + (unit.beats > 1)
    wait = unit.beats - 1 + compare + way.holding
    return Timing(widen, way.preparing, compare, way.holding, way.coding, wait)


class Quantizer(wiring.Component):
    """Codes of values, and the scale of their block beside each beat.

    A beat a cycle, also from one block to the next: while a block's greatest magnitude is found,
    the one before is coded. A block that ``last`` ends early takes the time of a whole one. Within
    a block all waits for its next beat; between blocks all moves on by itself. ``ready`` of either
    side depends on registers alone.

    Parameters
    ----------
    unit : :class:`Quantize`
        What is computed.

    Members
    -------
    values : :py:`In(stream.Signature(…))`
        Beats of values, and ``last``.
    result : :py:`Out(stream.Signature(…))`
        For each a beat of codes, the scale of its block (of each block that it holds), and its
        ``last``.
    """

    def __init__(self, unit: Quantize):
        self.unit, self.way, self.timing = unit, way_of(unit), timing(unit)
        given = data.StructLayout(
            {"values": data.ArrayLayout(unit.values.bits, unit.width), "last": 1}
        )
        fields = {
            "codes": data.ArrayLayout(unit.element.bits, unit.width),
            "scale": data.ArrayLayout(unit.scale.bits, unit.parts),
        }
        if unit.zero:
            fields["zero"] = data.ArrayLayout(unit.zero.bits, unit.parts)
        made = data.StructLayout({**fields, "last": 1})
        ports = {"values": In(stream.Signature(given))}
        for name, fmt in unit.tokens.items():
            ports[name] = In(stream.Signature(data.StructLayout({name: fmt.bits})))
        if unit.channel:
            each = {
                name: data.ArrayLayout(fmt.bits, unit.lanes) for name, fmt in unit.channel.items()
            }
            ports["channel"] = In(stream.Signature(data.StructLayout(each)))
        super().__init__(ports | {"result": Out(stream.Signature(made))})

    def elaborate(self, platform: Any) -> Module:
        m, unit, way, time = Module(), self.unit, self.way, self.timing
        m.submodules.result_buffer = buffer = Buffer(self.result.payload.shape())
        wiring.connect(m, buffer.o, wiring.flipped(self.result))
        enable = Signal()
        beat, marks, outer, seeds = Entrance(unit, time.depth, self).take(m, enable, buffer.i.ready)

        # Each value: what is compared, and what is kept of it.
        keys, lines = [], []
        for lane in range(unit.width):
            value = self._widened(m, enable, *beat[lane], lane)
            found = way.prepare(m, enable, value, f"value_{lane}")
            keys.append(found.key)
            lines.append(found.kept)
        begin = time.widen + time.prepare
        if outer is not None:
            outer = delayed(m, enable, outer, begin + time.compare - 1, "tensor_line")
        marks = Marks(
            *(
                delayed(m, enable, value, begin, f"begin_{name}", reset=name != "last")
                for name, value in zip(Marks._fields, marks, strict=True)
            )
        )

        # They wait for the block's scale.
        line = Cat(marks.last, *lines)
        valid, line = held_back(m, enable, marks.valid, line, time.wait, "waiting")
        kept = line[1:]
        lines = [kept.word_select(lane, len(kept) // unit.width) for lane in range(unit.width)]

        numbers: list[Value] = []
        if seeds is not None:
            late = way.waits - CYCLES
            there = delayed(m, enable, valid, late, "seeded", reset=True)
            ends = delayed(m, enable, line[0], late, "seeded_last")
            numbers = seeds.numbers(m, enable, there, ends)

        # Each block of a beat: its scale, then its elements.
        codes: list[Value] = []
        zeros: list[Value] = []
        scales, each = [], unit.width // unit.parts
        for part in range(unit.parts):
            own = slice(part * each, (part + 1) * each)
            high, scale, takes = self._held(m, enable, keys[own], marks, part, outer)
            scales.append(self._beside(m, enable, scale, takes, part))
            made = way.codes(m, enable, lines[own], high, f"codes_{part}", numbers[own])
            codes += made[:each]
            zeros += made[each:]
        if unit.zero:
            m.d.comb += buffer.i.payload.zero.eq(Cat(*zeros))
        m.d.comb += [
            buffer.i.payload.codes.eq(Cat(*codes)),
            buffer.i.payload.scale.eq(Cat(*scales)),
            buffer.i.payload.last.eq(delayed(m, enable, line[0], time.code, "last")),
            buffer.i.valid.eq(enable & delayed(m, enable, valid, time.code, "valid", reset=True)),
        ]
        return m

    def _widened(
        self, m: Module, enable: Value, code: Value, channel: dict[str, Value], lane: int
    ) -> Value:
        """A value as its channel says, in the format that scales are made of."""
        source, wide, moves = self.unit.quantized, self.way.wide, ChannelMoves(self.unit)
        if channel:
            code = moves.move(m, enable, code, channel, lane)
        if source == wide:
            return code
        make = FloatToFloat(source, wide).staged().component
        block = instance(m, f"widen_{lane}", ("widen", source, wide), make)
        m.d.comb += [block.enable.eq(enable), block.i.eq(code)]
        # The sign of NaN would be lost.
        late = self.timing.widen - (moves.cycles if channel else 0)
        sign = delayed(m, enable, code[-1], late, f"sign_{lane}")
        return Cat(block.o[:-1], sign)

    def _held(
        self,
        m: Module,
        enable: Value,
        keys: list[Value],
        marks: Marks,
        part: int,
        outer: Value | None,
    ) -> tuple[Any, Value, Value]:
        """What coding needs of the block's greatest key, and its scale; they stay for a block. And
        a mark, a cycle before."""
        unit, way, time = self.unit, self.way, self.timing
        # A value may have several keys, each of which has its greatest.
        width = way.key_width
        tops = [
            greatest(
                m, enable, [key.word_select(number, width) for key in keys],
                f"greatest_{part}" + f"_of_{number}" * (way.keys > 1),
            )
            for number in range(way.keys)
        ]  # fmt: skip
        if unit.beats == 1:
            key = Cat(*tops)
            always = Value.cast(1)
            return *way.hold(m, enable, key, always, f"held_{part}", outer), always
        before = time.compare - 1
        valid, first, end = (
            delayed(m, enable, mark, before, f"{name}_{part}", reset=True)
            for name, mark in (("valid", marks.valid), ("first", marks.first), ("end", marks.end))
        )
        total = Signal(width * way.keys, name=f"total_{part}", reset_less=True)
        with m.If(enable & valid):
            for number, top in enumerate(tops):
                one = total.word_select(number, width)
                m.d.sync += one.eq(Mux(first, top, greater(top, one)))
        takes = delayed(m, enable, end, way.holding, f"takes_{part}", reset=True)
        return *way.hold(m, enable, total, takes, f"held_{part}", outer), takes

    def _beside(self, m: Module, enable: Value, scale: Value, takes: Value, part: int) -> Value:
        """The scale beside the elements that were coded with it."""
        unit, time = self.unit, self.timing
        if unit.beats < time.code:
            return delayed(m, enable, scale, time.code, f"scale_{part}")
        # It still stands when the block's first element is coded, and is taken then.
        first = delayed(m, enable, takes, time.code, f"shown_{part}", reset=True)
        shown = Signal(unit.scale.bits, name=f"shown_scale_{part}", reset_less=True)
        with m.If(enable & first):
            m.d.sync += shown.eq(scale)
        return shown
