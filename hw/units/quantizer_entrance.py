"""Where a quantizer takes beats: values, what their channels have, and what a token has once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring

from ...golden.units import Quantize
from .buffer import Buffer, Pair
from .lane_numbers import LaneNumbers, Waiting


class Marks(NamedTuple):
    """What travels beside a beat: whether it is one, its ``last``, and whether its block begins or
    ends with it."""

    valid: Value
    last: Value
    first: Value
    end: Value


class Taken(NamedTuple):
    """What was taken.

    Parameters
    ----------
    beat : for each lane a value, and by name what its channel has.
    marks : of the beat.
    outer : the scale of the tensor of the beat before.
    seeds : of tokens that were taken.
    """

    beat: list[tuple[Value, dict[str, Value]]]
    marks: Marks
    outer: Value | None
    seeds: Waiting | None


@dataclass(frozen=True)
class Entrance:
    """Takes beats from the streams of ``ports``, those of a quantizer.

    Parameters
    ----------
    unit : :class:`Quantize`
    depth : :class:`int`
        Cycles until a beat has left.
    ports : the component that has the streams.
    """

    unit: Quantize
    depth: int
    ports: Any

    def _channel(self, m: Module) -> stream.Interface | None:
        """The beats of channels, a cycle later."""
        if not self.unit.channel:
            return None
        m.submodules.channel_buffer = buffer = Buffer(self.ports.channel.payload.shape())
        wiring.connect(m, wiring.flipped(self.ports.channel), buffer.i)
        return buffer.o

    def take(self, m: Module, enable: Signal, room: Value) -> Taken:
        """Drives ``enable``, which is high when all moves; with ``room`` results may move on."""
        unit, source, channel = self.unit, self.ports.values, self._channel(m)
        held, last = Signal.like(Value.cast(source.payload.values), reset_less=True), Signal()
        there, filling = Signal(), Signal()
        # What follows a block that ended early waits until the block's time is over.
        free, outer, seeds = Signal(), None, None
        scaled, beside = self._beside_tokens(m)
        fields: dict[str, Value] = {}
        if channel is not None:
            scaled = scaled & channel.valid
            m.d.comb += channel.ready.eq(source.valid & source.ready)
            for name in unit.channel:
                field = Value.cast(channel.payload[name])
                fields[name] = self._given(m, free, field, name)
        m.d.comb += [free.eq(~there | (room & ~filling)), source.ready.eq(free & scaled)]
        with m.If(free):
            m.d.sync += [
                there.eq(source.valid & scaled),
                held.eq(Value.cast(source.payload.values)),
                last.eq(source.payload.last),
            ]
        values = [
            (
                held.word_select(lane, unit.values.bits),
                {name: fields[name].word_select(lane, fmt.bits)
                 for name, fmt in unit.channel.items()},
            )
            for lane in range(unit.width)
        ]  # fmt: skip
        valid = there & ~filling
        if unit.random_bits:
            # A token is a block at the least, and has a seed until its first beat is coded.
            waiting = 2 + (self.depth + unit.beats) // unit.beats
            seeds = LaneNumbers(unit.lanes, unit.random_bits, 1 << waiting.bit_length()).write(
                m, enable, valid, last, self._given(m, free, beside["seed"], "seed")
            )
        if unit.tensor:
            given = self._given(m, free, beside["tensor"], "tensor")
            outer = Signal(len(given), reset_less=True)
            # Beside the beat that has left: one that waits for the end of a block is another's.
            with m.If(enable & valid):
                m.d.sync += outer.eq(given)
        if unit.beats == 1:
            m.d.comb += enable.eq(room)
            return Taken(values, Marks(there, last, there, there), outer, seeds)
        count, inside, final = Signal(range(unit.beats)), Signal(), Signal()
        m.d.comb += enable.eq(room & (there | ~inside | filling))
        with m.If(enable & (there | filling)):
            m.d.sync += [
                count.eq(Mux(final, 0, count + 1)),
                final.eq(~final & (count == unit.beats - 2)),
                inside.eq(~final),
                filling.eq(~final & (filling | last)),
            ]
        marks = Marks(valid, last, valid & ~inside, final & (there | filling))
        return Taken(values, marks, outer, seeds)

    @staticmethod
    def _given(m: Module, free: Value, value: Value, name: str) -> Value:
        """What was beside the beat that was taken last."""
        given = Signal(len(value), name=f"{name}_given", reset_less=True)
        with m.If(free):
            m.d.sync += given.eq(value)
        return given

    def _beside_tokens(self, m: Module) -> tuple[Value, dict[str, Value]]:
        """Whether all is there that a token has once, and that; it goes with the token's last
        beat."""
        values, found = self.ports.values, {}
        valid: list[Value] = []
        for name in self.unit.tokens:
            port = getattr(self.ports, name)
            m.submodules[f"{name}_buffer"] = buffer = Pair(port.payload.shape())
            wiring.connect(m, wiring.flipped(port), buffer.i)
            m.d.comb += buffer.o.ready.eq(values.valid & values.ready & values.payload.last)
            valid.append(buffer.o.valid)
            found[name] = Value.cast(buffer.o.payload)
        return Cat(*valid).all() if valid else Const(1, 1), found
