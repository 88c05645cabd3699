"""A memory that is written at one place and read at as many as there are lanes."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

#: Bits of a word of one memory: AMD's distributed RAM holds so many in a slice, of one read port;
#: what is left over is shared by seven read ports of two bits (UG574, "Distributed RAM").
_SLICE = 14


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
            m.submodules[f"words_{start}"] = part = memory.Memory(
                shape=width, depth=self.depth, init=[], attrs={"ram_style": "distributed"}
            )
            port = part.write_port()
            m.d.comb += [
                port.en.eq(self.write),
                port.addr.eq(self.place),
                port.data.eq(self.data[start : start + width]),
            ]
            for number, found in enumerate(words):
                read = part.read_port(domain="comb")
                m.d.comb += read.addr.eq(getattr(self, f"read_place_{number}"))
                found.append(read.data)
        for number, found in enumerate(words):
            m.d.comb += getattr(self, f"read_{number}").eq(Cat(*found))
        return m
