"""Words of whole blocks out of the beats of a port."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from .buffer import Slot
from .gear import Gear
from .gearbox import Gearbox


class WordReader(wiring.Component):
    """Holds a word for as many beats as it becomes, and gathers the next meanwhile.

    ``i.ready`` comes from registers.

    Parameters
    ----------
    gear : :class:`Gear`
    beats : of a word.

    Members
    -------
    i : :py:`In(stream.Signature(8 * gear.port))`
    valid : :py:`Out(1)`
        Whether ``word`` is one.
    beat : :py:`Out(range(beats))`
        Which of its beats it is time for.
    word : :py:`Out(8 * gear.word)`
    next : :py:`In(1)`
        Go on to the next beat.
    """

    def __init__(self, gear: Gear, beats: int):
        self.gear, self.beats = gear, beats
        super().__init__(
            {
                "i": In(stream.Signature(8 * gear.port)),
                "valid": Out(1),
                "beat": Out(range(max(beats, 2))),
                "word": Out(8 * gear.word),
                "next": In(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m, gear = Module(), self.gear
        m.submodules.entrance = entrance = Slot(8 * gear.port)
        m.submodules.gearbox = gearbox = Gearbox(gear)
        wiring.connect(m, wiring.flipped(self.i), entrance.i)
        if gear.wide < gear.port:
            self._cut(m, entrance.o, gearbox.i)
        else:
            wiring.connect(m, entrance.o, gearbox.i)
        self._gather(m, gearbox.o)
        return m

    def _cut(self, m: Module, source: Any, sink: Any) -> None:
        """Beats of the port one part after the other."""
        gear = self.gear
        many = gear.port // gear.wide
        part, final = Signal(range(many)), Signal()
        beat, valid, moves = Signal(8 * gear.wide, reset_less=True), Signal(), Signal()
        parts = [source.payload.word_select(n, 8 * gear.wide) for n in range(many)]
        m.d.comb += [
            moves.eq(~valid | sink.ready),
            sink.valid.eq(valid),
            sink.payload.eq(beat),
            source.ready.eq(moves & final),
        ]
        with m.If(moves):
            m.d.sync += [valid.eq(source.valid), beat.eq(choose(part, parts))]
            with m.If(source.valid):
                m.d.sync += [part.eq(part + 1), final.eq(part == many - 2)]

    def _gather(self, m: Module, source: Any) -> None:
        """Chunks up to the last, which is the word's end; it enters when the one before leaves."""
        gear, beats = self.gear, self.beats
        chunk, last = source.payload.bytes, source.payload.last
        before = Signal(8 * (gear.word - gear.rest), reset_less=True)
        word, valid = Signal(8 * gear.word, reset_less=True), Signal()
        beat, final = Signal.like(self.beat), Signal(init=beats == 1)
        free, enters = Signal(), Signal()
        m.d.comb += [
            free.eq(~valid | (self.next & final)),
            source.ready.eq(~last | free),
            enters.eq(source.valid & last & free),
            self.valid.eq(valid),
            self.word.eq(word),
            self.beat.eq(beat),
        ]
        if gear.chunks > 1:
            with m.If(source.valid & ~last):
                m.d.sync += before.eq(Cat(before, chunk)[8 * gear.chunk :])
        with m.If(enters):
            m.d.sync += [word.eq(Cat(before, chunk[: 8 * gear.rest])), valid.eq(1)]
        with m.Elif(self.next & final):
            m.d.sync += valid.eq(0)
        if beats > 1:
            with m.If(self.next):
                m.d.sync += [beat.eq(beat + 1), final.eq(beat == beats - 2)]
                with m.If(final):
                    m.d.sync += beat.eq(0)


def choose(number: Value, values: list[Value]) -> Value:
    """``values[number]``, by a tree."""
    if len(values) == 1:
        return values[0]
    bit = (len(values) - 1).bit_length() - 1
    low, high = values[: 1 << bit], values[1 << bit :]
    return Mux(number[bit], choose(number, high), choose(number, low))
