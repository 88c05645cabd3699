"""The way of a stream's values to a function's results, lane by lane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ...golden.functions import Curve
from ...golden.units import FunctionOfOne
from ..arith.shared import instance
from ..arith.table import look_up
from ..arith.timing import delayed
from .function_lines import LineAddress, LineCode, Words

#: Values that read one block memory.
_PORTS = 2


class LineTable(wiring.Component):
    """All lines, read a cycle later.

    Parameters
    ----------
    curve : :class:`Curve`
        The lines.
    reads : :class:`int`
        How many are read at once.
    block : :class:`bool`
        In a block memory, not in LUTs.

    Members
    -------
    enable : :py:`In(1)`
        What was read holds while low.
    address_0, … : :py:`In(…)`
    word_0, … : :py:`Out(…)`
    """

    def __init__(self, curve: Curve, reads: int, block: bool):
        self.words, self.reads, self.block = Words(curve), reads, block
        ports: dict[str, Any] = {"enable": In(1)}
        for port in range(reads):
            ports |= {f"address_{port}": In(self.words.address)}
            ports |= {f"word_{port}": Out(self.words.width)}
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        m, words, values = Module(), self.words, self.words.values
        if self.block:
            memory = Memory(
                shape=words.width, depth=len(values), init=values, attrs={"rom_style": "block"}
            )
            m.submodules.memory = memory
        for port in range(self.reads):
            address, word = getattr(self, f"address_{port}"), getattr(self, f"word_{port}")
            if self.block:
                read = memory.read_port()
                m.d.comb += [read.addr.eq(address), read.en.eq(self.enable), word.eq(read.data)]
            else:
                found = look_up(m, address, values, words.width, f"line_{port}")
                m.d.comb += word.eq(delayed(m, self.enable, found, 1, f"word_{port}"))
        return m


class FunctionElements:
    """A line for every value, and the place on it.

    Parameters
    ----------
    unit : :class:`FunctionOfOne`
        What is computed.
    """

    def __init__(self, unit: FunctionOfOne):
        self.unit, curve = unit, unit.curve
        self.words = Words(curve)
        self.address = LineAddress(curve).staged()
        self.code = LineCode(curve, rows=unit.build.policy == "lut").staged()

    @property
    def latency(self) -> int:
        return self.address.latency + 1 + self.code.latency

    def write(
        self, m: Module, enable: Value, codes: Sequence[Value], held: Mapping[str, Value], name: str
    ) -> list[Value]:
        """Codes of results, ``latency`` cycles with ``enable`` after ``codes``; nothing is held."""
        ports = _PORTS if self.unit.table == "block" else 1
        found: list[Value] = []
        for first in range(0, len(codes), ports):
            found += self._together(m, enable, codes[first : first + ports], f"{name}_{first}")
        return found

    def _together(self, m: Module, enable: Value, codes: Sequence[Value], name: str) -> list[Value]:
        """The values that share a table."""
        reads, curve = len(codes), self.unit.curve
        make = partial(LineTable, curve, reads, self.unit.table == "block")
        table = instance(m, f"{name}_table", ("lines", reads), make)
        m.d.comb += table.enable.eq(enable)
        found = []
        for port, code in enumerate(codes):
            label = f"{name}_{port}"
            front = instance(m, f"{label}_address", "line address", self.address.component)
            back = instance(m, f"{label}_code", "line code", self.code.component)
            m.d.comb += [
                front.enable.eq(enable),
                back.enable.eq(enable),
                front.i.eq(code),
                getattr(table, f"address_{port}").eq(front.address),
                back.word.eq(getattr(table, f"word_{port}")),
            ]
            for key in self.words.beside:
                late = delayed(m, enable, getattr(front, key), 1, f"{label}_{key}")
                m.d.comb += getattr(back, key).eq(late)
            result = Signal(self.unit.format.bits, name=f"{label}_result")
            m.d.comb += result.eq(back.o)
            found.append(result)
        return found
