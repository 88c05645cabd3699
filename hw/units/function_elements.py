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
from ..arith.table import LUT_INPUTS, parted
from ..arith.timing import delayed, select
from .function_lines import LineAddress, LineCode, Words

#: Values that read one block memory.
_PORTS = 2
#: Parts of a table among which one LUT a bit chooses.
_GROUP = 4


class LineTable(wiring.Component):
    """All lines, read a cycle later from a block memory, ``words.reading`` later from LUTs.

    In LUTs, each bit of as many lines as a LUT has room for is looked up; four of these are chosen
    from in the first cycle, and the rest in the second.

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
        m, words = Module(), self.words
        if self.block:
            values = words.values
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
                m.d.comb += word.eq(self._looked_up(m, address, port))
        return m

    def _looked_up(self, m: Module, address: Value, port: int) -> Value:
        words = self.words
        parts = parted(m, address, words.values, words.width, f"line_{port}")
        high, name = address[LUT_INPUTS:], f"word_{port}"
        for step in range(words.reading - 1):
            parts = [
                delayed(m, self.enable, part, 1, f"part_{port}_{step}_{number}")
                for number, part in enumerate(parts)
            ]
            high = delayed(m, self.enable, high, 1, f"high_{port}_{step}")
            if step < words.reading - 2:
                groups = range(0, len(parts), _GROUP)
                parts = [
                    select(m, parts[first : first + _GROUP], high, f"{name}_{first}")
                    for first in groups
                ]
                high = high[2:]
        return delayed(m, self.enable, select(m, parts, high, name), 1, name)


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
        #: Cycles that reading a line takes.
        self.reading = 1 if unit.table == "block" else self.words.reading
        self.code = LineCode(curve, rows=unit.build.policy == "lut").staged()

    @property
    def latency(self) -> int:
        return self.address.latency + self.reading + self.code.latency

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
        table = instance(m, f"lines_{name}", ("lines", reads), make)
        m.d.comb += table.enable.eq(enable)
        found = []
        for port, code in enumerate(codes):
            label = f"{name}_{port}"
            front = instance(m, f"address_{label}", "line address", self.address.component)
            back = instance(m, f"code_{label}", "line code", self.code.component)
            m.d.comb += [
                front.enable.eq(enable),
                back.enable.eq(enable),
                front.i.eq(code),
                getattr(table, f"address_{port}").eq(front.address),
                back.word.eq(getattr(table, f"word_{port}")),
            ]
            for key in self.words.beside:
                late = delayed(m, enable, getattr(front, key), self.reading, f"{label}_{key}")
                m.d.comb += getattr(back, key).eq(late)
            result = Signal(self.unit.format.bits, name=f"{label}_result")
            m.d.comb += result.eq(back.o)
            found.append(result)
        return found
