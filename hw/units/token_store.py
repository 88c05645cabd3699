"""Tokens that wait in a memory for a number that is made of all of their values."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..arith.blueprint import Blueprint
from ..arith.store import Store
from ..arith.timing import delayed
from .buffer import Buffer

#: Beats that come while a token's number is made, beyond the cycles that this takes.
BEYOND = 8
#: Cycles from a beat's address to its values: a memory of several blocks has multiplexers behind
#: it, and a register behind those.
READING = 2


class TokenStore(Blueprint):
    """Something of every value, and of what is made of its whole token.

    Values wait in a memory of a token, and of the beats that come while its number is made. A beat
    a cycle, also from one token to the next. ``ready`` of every side comes from registers.

    Parameters
    ----------
    vectors, lanes : :class:`int`
        Tokens side by side, and values of each in a beat.
    beats : :class:`int`
        Of a token.
    given, made : :class:`int`
        Bits of a value, and of what becomes of it.
    channel : mapping of :class:`int`
        Bits of what a channel has, by name.

    Members
    -------
    values : :py:`In(stream.Signature(…))`
        Beats of values, and ``last``, which is not looked at.
    channel : :py:`In(stream.Signature(…))`
        For each a beat of what its lanes' channels have, where they have something.
    result : :py:`Out(stream.Signature(…))`
        For each a beat of results, and whether it ends its token.
    """

    def __init__(
        self,
        vectors: int,
        lanes: int,
        beats: int,
        given: int,
        made: int,
        channel: Mapping[str, int],
    ):
        self.vectors, self.lanes, self.beats = vectors, lanes, beats
        self.given, self.channel = given, dict(channel)
        width = vectors * lanes
        values = data.StructLayout({"values": data.ArrayLayout(given, width), "last": 1})
        result = data.StructLayout({"value": data.ArrayLayout(made, width), "last": 1})
        ports = {"values": In(stream.Signature(values))}
        if channel:
            each = {name: data.ArrayLayout(bits, lanes) for name, bits in channel.items()}
            ports["channel"] = In(stream.Signature(data.StructLayout(each)))
        super().__init__(ports | {"result": Out(stream.Signature(result))})

    # What kinds differ in.

    @property
    @abstractmethod
    def making(self) -> int:
        """Cycles from a token's last values to its number."""

    @property
    @abstractmethod
    def working(self) -> int:
        """Cycles with ``enable`` from values that have left the memory to results."""

    @abstractmethod
    def number(self, m: Module, vector: int, values: Value, marks: Value) -> tuple[Value, Value]:
        """A mark when a token's number is made, and this, of the values of a vector.

        ``marks`` of them: whether they are taken, the first, the last ones.
        """

    @abstractmethod
    def work(
        self, m: Module, enable: Value, value: Value, beside: Mapping[str, Value], place: int
    ) -> Value:
        """What becomes of a value beside what its channel has, and its token's ``number``."""

    # What follows.

    @property
    def cycles(self) -> int:
        """From a token's last beat to its number, in the memory of these."""
        return self.making + 1

    @property
    def latency(self) -> int:
        """From a token's last beat to its first result: the number, the memory, the work, the
        buffer."""
        return self.cycles + READING + self.working + 1

    @property
    def depth(self) -> int:
        """Beats that may wait."""
        return self.beats + self.cycles + BEYOND

    def build(self, m: Module, io: Any) -> None:
        m.submodules.result_buffer = buffer = Buffer(io.result.payload.shape())
        wiring.connect(m, buffer.o, wiring.flipped(io.result))
        enable, issued = Signal(), Signal()
        m.d.comb += enable.eq(buffer.i.ready)

        given = Value.cast(io.values.payload.values)
        taken, place = self._taken(m, io.values, issued)
        first, final = self._counted(m, taken, "taken")
        made, numbers = self._numbers(m, given, Cat(taken, first, final))

        # A beat goes on when its token's number is there, and what its channels have.
        ends = Signal()
        there, number = self._waiting(m, made, numbers, issued & ends)
        m.d.comb += ends.eq(self._counted(m, issued, "issued")[1])
        fields: dict[str, Value] = {}
        ready: Value = there
        if self.channel:
            m.submodules.channel_buffer = channel = Buffer(io.channel.payload.shape())
            wiring.connect(m, wiring.flipped(io.channel), channel.i)
            m.d.comb += channel.o.ready.eq(there & enable)
            ready = there & channel.o.valid
            fields = {name: Value.cast(channel.o.payload[name]) for name in self.channel}
        m.d.comb += issued.eq(ready & enable)
        beat = self._read(m, given, place, taken, enable, issued)
        line = {
            name: delayed(m, enable, value, READING, f"beside_{name}")
            for name, value in fields.items()
        }
        number = delayed(m, enable, number, READING, "number_line")

        size, results = len(number) // self.vectors, []
        for vector in range(self.vectors):
            for lane in range(self.lanes):
                beside = {
                    name: value.word_select(lane, self.channel[name])
                    for name, value in line.items()
                }
                beside["number"] = number.word_select(vector, size)
                index = vector * self.lanes + lane
                value = beat.word_select(index, self.given)
                results.append(self.work(m, enable, value, beside, index))
        late = READING + self.working
        m.d.comb += [
            buffer.i.payload.value.eq(Cat(*results)),
            buffer.i.payload.last.eq(delayed(m, enable, ends, late, "ends_token")),
            buffer.i.valid.eq(enable & delayed(m, enable, ready, late, "there", reset=True)),
        ]

    def _taken(self, m: Module, values: stream.Interface, issued: Value) -> tuple[Value, Value]:
        """Whether a beat is taken, and where it is written."""
        used, room, taken = Signal(range(self.depth + 1)), Signal(init=1), Signal()
        m.d.comb += [values.ready.eq(room), taken.eq(values.valid & room)]
        with m.If(taken ^ issued):
            m.d.sync += used.eq(used + Mux(taken, 1, -1))
        # A beat more may be taken before this shows.
        m.d.sync += room.eq(used < self.depth - 2)
        return taken, self._circle(m, taken, self.depth, "write")[0]

    def _counted(self, m: Module, moves: Value, name: str) -> tuple[Value, Value]:
        """Whether the next beat is the first one of its token, and whether it is the last one."""
        if self.beats == 1:
            return Const(1, 1), Const(1, 1)
        first, final = (
            Signal(name=f"{name}_first", init=1),
            self._circle(m, moves, self.beats, name)[1],
        )
        with m.If(moves):
            m.d.sync += first.eq(final)
        return first, final

    @staticmethod
    def _circle(m: Module, moves: Value, length: int, name: str) -> tuple[Value, Value]:
        """A number that runs through 0 … length - 1, and whether it is the last one."""
        count, end = Signal(range(length), name=f"{name}_count"), Signal(name=f"{name}_end")
        with m.If(moves):
            m.d.sync += [count.eq(Mux(end, 0, count + 1)), end.eq(count == length - 2)]
        return count, end

    def _numbers(self, m: Module, given: Value, marks: Value) -> tuple[Value, Value]:
        """A mark when tokens' numbers are made, and these, one for each vector."""
        size = self.lanes * self.given
        found = [
            self.number(m, vector, given.word_select(vector, size), marks)
            for vector in range(self.vectors)
        ]
        return found[0][0], Cat(*(number for _, number in found))

    def _waiting(
        self, m: Module, made: Value, numbers: Value, leaves: Value
    ) -> tuple[Value, Value]:
        """Whether numbers of a token wait, and those of the first one."""
        most = self.depth // self.beats + 2
        m.submodules.numbers = words = Store(len(numbers), most, distributed=True)
        count, there = Signal(range(most + 1), name="waiting_count"), Signal(name="waiting")
        m.d.comb += [
            words.write.eq(made), words.data.eq(numbers),
            words.address.eq(self._circle(m, made, most, "made")[0]),
            words.read_address_0.eq(self._circle(m, leaves, most, "left")[0]),
        ]  # fmt: skip
        with m.If(made & ~leaves):
            m.d.sync += [count.eq(count + 1), there.eq(1)]
        with m.If(leaves & ~made):
            m.d.sync += [count.eq(count - 1), there.eq(count != 1)]
        return there, words.read_0

    def _read(
        self, m: Module, given: Value, place: Value, taken: Value, enable: Value, issued: Value
    ) -> Value:
        """The beat that is issued, ``READING`` cycles later; keeps those that are taken."""
        memory = Memory(shape=len(given), depth=self.depth, init=[])
        m.submodules.waiting = memory
        write, read = memory.write_port(), memory.read_port()
        m.d.comb += [
            write.addr.eq(place), write.data.eq(given), write.en.eq(taken),
            read.addr.eq(self._circle(m, issued, self.depth, "read")[0]), read.en.eq(enable),
        ]  # fmt: skip
        return delayed(m, enable, read.data, READING - 1, "read")
