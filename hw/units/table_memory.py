"""A memory that is written at one place and read at as many as there are lanes."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

#: Bits of a word of one memory: AMD's distributed RAM holds so many in a slice, of one read port;
#: what is left over is shared by seven read ports of two bits (UG574, "Distributed RAM").
_SLICE, _PORTS = 14, 7
#: Bits beyond whole slices that are laid out so.
_FEW = 4


class TableMemory(wiring.Component):
    """``depth`` words in distributed RAM; a write is seen by reads from the next cycle on.

    Parameters
    ----------
    width, depth : :class:`int`
        Bits of a word, number of words.
    reads : :class:`int`
        Number of read ports.

    Members
    -------
    write : :py:`In(1)`
        Take ``data`` into word ``place``.
    place : :py:`In(range(depth))`
    data : :py:`In(width)`
    read_place_0, … : :py:`In(range(depth))`
    read_0, … : :py:`Out(width)`
        The words there, in the same cycle.
    """

    def __init__(self, width: int, depth: int, reads: int):
        self.width, self.depth, self.reads = width, depth, reads
        ports = {"write": In(1), "place": In(range(depth)), "data": In(width)}
        for port in range(reads):
            ports |= {f"read_place_{port}": In(range(depth)), f"read_{port}": Out(width)}
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        words: list[list[Any]] = [[] for _ in range(self.reads)]
        for start in range(0, self.width, _SLICE):
            width = min(_SLICE, self.width - start)
            # Few bits of many lanes are two bits of seven lanes at a time.
            narrow = width <= _FEW
            for first in range(0, self.reads, _PORTS if narrow else self.reads):
                lanes = range(first, min(first + _PORTS, self.reads) if narrow else self.reads)
                for low in range(0, width, 2 if narrow else width):
                    bits = slice(start + low, start + (min(low + 2, width) if narrow else width))
                    self._memory(m, f"words_{first}_{bits.start}", bits, lanes, words)
        for number, found in enumerate(words):
            m.d.comb += getattr(self, f"read_{number}").eq(Cat(*found))
        return m

    def _memory(
        self, m: Module, name: str, bits: slice, lanes: range, words: list[list[Any]]
    ) -> None:
        """Some bits of the words, for some lanes."""
        m.submodules[name] = part = memory.Memory(
            shape=bits.stop - bits.start,
            depth=self.depth,
            init=[],
            attrs={"ram_style": "distributed"},
        )
        port = part.write_port()
        m.d.comb += [
            port.en.eq(self.write),
            port.addr.eq(self.place),
            port.data.eq(self.data[bits]),
        ]
        for lane in lanes:
            read = part.read_port(domain="comb")
            m.d.comb += read.addr.eq(getattr(self, f"read_place_{lane}"))
            words[lane].append(read.data)
