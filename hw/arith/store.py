"""Small memories that are read at once and written with the clock."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out


class Store(wiring.Component):
    """``depth`` words; a write is seen by reads from the next cycle on.

    Parameters
    ----------
    width, depth : :class:`int`
        Bits of a word, number of words.
    reads : :class:`int`
        Number of read ports.
    distributed : :class:`bool`
        Ask for LUTs that hold words, rather than leave that to the tool.

    Members
    -------
    write : :py:`In(1)`
        Take ``data`` into word ``address``.
    address : :py:`In(range(depth))`
    data : :py:`In(width)`
    read_address_0, … : :py:`In(range(depth))`
    read_0, … : :py:`Out(width)`
        The words there, in the same cycle.
    """

    def __init__(self, width: int, depth: int, reads: int = 1, *, distributed: bool = False):
        self.width, self.depth, self.reads, self.distributed = width, depth, reads, distributed
        address = range(max(depth, 2))
        ports = {"write": In(1), "address": In(address), "data": In(width)}
        for port in range(reads):
            ports |= {f"read_address_{port}": In(address), f"read_{port}": Out(width)}
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        if self.depth == 1:
            word = Signal(self.width, reset_less=True)
            with m.If(self.write):
                m.d.sync += word.eq(self.data)
            m.d.comb += [getattr(self, f"read_{port}").eq(word) for port in range(self.reads)]
            return m
        style = {"ram_style": "distributed"} if self.distributed else {}
        m.submodules.words = words = memory.Memory(
            shape=self.width, depth=self.depth, init=[], attrs=style
        )
        port = words.write_port()
        m.d.comb += [port.en.eq(self.write), port.addr.eq(self.address), port.data.eq(self.data)]
        for number in range(self.reads):
            read = words.read_port(domain="comb")
            m.d.comb += [
                read.addr.eq(getattr(self, f"read_address_{number}")),
                getattr(self, f"read_{number}").eq(read.data),
            ]
        return m
