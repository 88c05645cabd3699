"""The component of RMSNorm: tokens wait in a memory for the root of their mean square."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ...golden.formats import Minifloat
from ...golden.units import RmsNorm
from ..arith.blueprint import Blueprint
from ..arith.shared import instance
from ..arith.timing import delayed
from ..fp import FloatProduct, IntegerToFloat
from ..scale.store import Store
from .buffer import Buffer
from .root_reciprocal import RootReciprocal
from .square_windows import SquareWindows

#: Beats that come while a token's root is taken, beyond the cycles in which it is made.
BEYOND = 8


class RmsNormalizer(Blueprint):
    """x · r · gamma of every value, r made of its whole token.

    Values wait in a memory of a token, and of the beats that come while its root is made. A beat a
    cycle, also from one token to the next. ``ready`` of every side comes from registers.

    Parameters
    ----------
    unit : :class:`RmsNorm`
        What is computed.

    Members
    -------
    values : :py:`In(stream.Signature(…))`
        Beats of values, and ``last``, which is not looked at.
    channel : :py:`In(stream.Signature(…))`
        For each a beat of gamma, where there is one.
    result : :py:`Out(stream.Signature(…))`
        For each a beat of results, and whether it ends its token.
    """

    def __init__(self, unit: RmsNorm):
        self.unit = unit
        width = unit.vectors * unit.lanes
        given = data.StructLayout({"values": data.ArrayLayout(unit.values.bits, width), "last": 1})
        made = data.StructLayout({"value": data.ArrayLayout(unit.result.bits, width), "last": 1})
        ports = {"values": In(stream.Signature(given))}
        if unit.channel:
            each = {
                name: data.ArrayLayout(fmt.bits, unit.lanes) for name, fmt in unit.channel.items()
            }
            ports["channel"] = In(stream.Signature(data.StructLayout(each)))
        super().__init__(ports | {"result": Out(stream.Signature(made))})

        self.sums = SquareWindows(unit.squares, unit.lanes)
        self.float = IntegerToFloat(Range(0, 0, unit.squares.most), unit.sum).staged()
        self.root = RootReciprocal(unit).staged()
        factors = [fmt for fmt in (*unit.channel.values(), unit.root) if isinstance(fmt, Minifloat)]
        assert isinstance(unit.result, Minifloat)
        self.product = FloatProduct(
            unit.source, tuple(factors), unit.result, rows=unit.build.policy == "lut",
            apart=True,
        ).staged()  # fmt: skip

    @property
    def cycles(self) -> int:
        """From a token's last beat to its root."""
        return self.sums.latency + self.float.latency + self.root.latency + 1

    @property
    def latency(self) -> int:
        """From a token's last beat to its first result: the root, the memory, the product, the
        buffer."""
        return self.cycles + 1 + self.product.latency + 1

    @property
    def depth(self) -> int:
        """Beats that may wait."""
        return self.unit.beats + self.cycles + BEYOND

    def build(self, m: Module, io: Any) -> None:
        unit = self.unit
        m.submodules.result_buffer = buffer = Buffer(io.result.payload.shape())
        wiring.connect(m, buffer.o, wiring.flipped(io.result))
        enable, issued = Signal(), Signal()
        m.d.comb += enable.eq(buffer.i.ready)

        given = Value.cast(io.values.payload.values)
        taken, place = self._taken(m, io.values, issued)
        first, final = self._counted(m, taken, "taken")
        made, roots = self._roots(m, given, Cat(taken, first, final))

        # A beat goes on when its token's root is there, and what its channels have.
        ends = Signal()
        there, root = self._waiting(m, made, roots, issued & ends)
        m.d.comb += ends.eq(self._counted(m, issued, "issued")[1])
        fields: list[Value] = []
        ready: Value = there
        if unit.channel:
            m.submodules.channel_buffer = channel = Buffer(io.channel.payload.shape())
            wiring.connect(m, wiring.flipped(io.channel), channel.i)
            m.d.comb += channel.o.ready.eq(there & enable)
            ready = there & channel.o.valid
            fields = [Value.cast(channel.o.payload[name]) for name in unit.channel]
        m.d.comb += issued.eq(ready & enable)
        beat = self._read(m, given, place, taken, enable, issued)
        line = [delayed(m, enable, value, 1, f"beside_{n}") for n, value in enumerate(fields)]
        line.append(delayed(m, enable, root, 1, "root_line"))

        values = [
            self._value(m, enable, beat, line, vector, lane)
            for vector in range(unit.vectors)
            for lane in range(unit.lanes)
        ]
        late = 1 + self.product.latency
        m.d.comb += [
            buffer.i.payload.value.eq(Cat(*values)),
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
        if self.unit.beats == 1:
            return Const(1, 1), Const(1, 1)
        first, final = (
            Signal(name=f"{name}_first", init=1),
            self._circle(m, moves, self.unit.beats, name)[1],
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

    def _roots(self, m: Module, given: Value, marks: Value) -> tuple[Value, Value]:
        """A mark when a token's roots are made, and these, one for each vector.

        ``marks`` of the values that are given: whether they are taken, the first, the last ones.
        """
        unit, size = self.unit, self.unit.lanes * self.unit.values.bits
        found, done = [], Const(0, 1)
        for vector in range(unit.vectors):
            sums = instance(m, f"squares_{vector}", ("squares",), self.sums.component)
            float_ = instance(m, f"float_{vector}", ("sum",), self.float.component)
            root = instance(m, f"root_{vector}", ("root",), self.root.component)
            window, bad = (
                delayed(m, Const(1, 1), value, self.float.latency, f"{name}_{vector}")
                for name, value in (("window", sums.window), ("bad", sums.bad))
            )
            m.d.comb += [
                sums.i.eq(given.word_select(vector, size)),
                Cat(sums.valid, sums.first, sums.last).eq(marks),
                float_.enable.eq(1), root.enable.eq(1),
                Value.cast(float_.i).eq(sums.total),
                root.total.eq(float_.o), root.window.eq(window), root.bad.eq(bad),
            ]  # fmt: skip
            found.append(root.o)
            if not vector:
                done = sums.done
        late = self.float.latency + self.root.latency
        return delayed(m, Const(1, 1), done, late, "rooted", reset=True), Cat(*found)

    def _waiting(self, m: Module, made: Value, roots: Value, leaves: Value) -> tuple[Value, Value]:
        """Whether roots of a token wait, and those of the first one."""
        most = self.depth // self.unit.beats + 2
        m.submodules.roots = words = Store(len(roots), most, distributed=True)
        count, there = Signal(range(most + 1), name="waiting_count"), Signal(name="waiting")
        m.d.comb += [
            words.write.eq(made), words.data.eq(roots),
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
        """The beat that is issued, a cycle later; keeps those that are taken."""
        memory = Memory(shape=len(given), depth=self.depth, init=[])
        m.submodules.waiting = memory
        write, read = memory.write_port(), memory.read_port()
        m.d.comb += [
            write.addr.eq(place), write.data.eq(given), write.en.eq(taken),
            read.addr.eq(self._circle(m, issued, self.depth, "read")[0]), read.en.eq(enable),
        ]  # fmt: skip
        return read.data

    def _value(
        self, m: Module, enable: Value, beat: Value, line: list[Value], vector: int, lane: int
    ) -> Value:
        """A result."""
        unit, place = self.unit, vector * self.unit.lanes + lane
        block = instance(m, f"product_{place}", ("product",), self.product.component)
        own = [
            value.word_select(lane, fmt.bits)
            for value, fmt in zip(line, unit.channel.values(), strict=False)
        ]
        root = line[-1].word_select(vector, unit.root.bits)
        m.d.comb += [
            block.enable.eq(enable),
            block.i.eq(beat.word_select(place, unit.values.bits)),
            Value.cast(block.scales).eq(Cat(*own, root)),
        ]
        return block.o
