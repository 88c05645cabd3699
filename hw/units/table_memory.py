"""A memory that is written at one address and read at as many as there are lanes."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module

from ..arith.store import Store

#: Bits of a word of one memory: AMD's distributed RAM holds so many in a slice, of one read port;
#: what is left over is shared by seven read ports of two bits (UG574, "Distributed RAM").
_SLICE, _PORTS = 14, 7
#: Bits beyond whole slices that are laid out so.
_FEW = 4


class TableMemory(Store):
    """A :class:`Store` for many read ports, in pieces that fill slices of distributed RAM."""

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
        width = bits.stop - bits.start
        m.submodules[name] = part = Store(width, self.depth, len(lanes), distributed=True)
        m.d.comb += [
            part.write.eq(self.write),
            part.address.eq(self.address),
            part.data.eq(self.data[bits]),
        ]
        for port, lane in enumerate(lanes):
            m.d.comb += getattr(part, f"read_address_{port}").eq(
                getattr(self, f"read_address_{lane}")
            )
            words[lane].append(getattr(part, f"read_{port}"))
