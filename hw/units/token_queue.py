"""Words that wait in order, as many as somebody else lets in."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out


def moved(count: Value, comes: Value, goes: Value) -> Value:
    """A number, one more or one less: an addition of one LUT a bit."""
    less = goes & ~comes
    return (count + Cat(comes ^ goes, less.replicate(len(count) - 1)))[: len(count)]


class TokenQueue(wiring.Component):
    """Holds up to ``depth`` words; more never come.

    A word a cycle; one is shown two cycles after it came, from a register.

    Parameters
    ----------
    width : bits of a word.
    depth : a power of two.

    Members
    -------
    comes, word : :py:`In(1)`, :py:`In(width)`
        Whether a word comes, and the word.
    o : :py:`Out(stream.Signature(width))`
    """

    def __init__(self, width: int, depth: int):
        self.width, self.depth = width, depth
        super().__init__(
            {"comes": In(1), "word": In(width), "o": Out(stream.Signature(width))}
        )  # fmt: skip

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.words = words = Memory(
            shape=self.width, depth=self.depth, init=[], attrs={"ram_style": "distributed"}
        )
        write, read = words.write_port(), words.read_port(domain="comb")
        written, shown = (Signal(range(self.depth), name=name) for name in ("written", "shown"))
        there, free, more = Signal(), Signal(), Signal()
        slot = Signal(self.width, reset_less=True)
        m.d.comb += [
            free.eq(~there | self.o.ready),
            more.eq(written != shown),
            self.o.valid.eq(there),
            self.o.payload.eq(slot),
            write.en.eq(self.comes), write.addr.eq(written), write.data.eq(self.word),
            read.addr.eq(shown),
        ]  # fmt: skip
        with m.If(self.comes):
            m.d.sync += written.eq(written + 1)
        with m.If(free):
            m.d.sync += [there.eq(more), slot.eq(read.data)]
        with m.If(free & more):
            m.d.sync += shown.eq(shown + 1)
        return m
