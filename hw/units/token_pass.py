"""Tokens that wait until what their values are worked on with is known."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from ..arith.timing import delayed
from .buffer import Buffer
from .token_queue import TokenQueue, moved
from .token_work import LATE, Gathered, TokenWork


class TokenPass(wiring.Component):
    """A pass over tokens: all their values come, something is made of them, and they go on.

    Values wait in a memory, of a token and of the beats that come until it may go on. A beat a
    cycle, also from one token to the next: while one is worked on, the next one comes in. Every
    ``ready`` comes from a register.

    Parameters
    ----------
    task : :class:`TokenWork`
        What is gathered, made and done.

    Members
    -------
    values : :py:`In(stream.Signature(…))`
        Beats of values, and ``last``.
    channel, and what ``task`` has of tokens : :py:`In(stream.Signature(…))`
    result : :py:`Out(stream.Signature(…))`
        For each a beat of what became of the values, and the token's end.
    """

    def __init__(self, task: TokenWork):
        self.task = task

        def beats(width: int, name: str) -> stream.Signature:
            values = data.ArrayLayout(width, task.lanes)
            return stream.Signature(data.StructLayout({name: values, "last": 1}))

        ports = {
            "values": In(beats(task.given, "values")),
            "result": Out(beats(task.made, "value")),
        }
        for name, bits in task.tokens.items():
            ports[name] = In(stream.Signature(data.StructLayout({name: bits})))
        if task.channel:
            layout = {
                name: data.ArrayLayout(bits, task.lanes) for name, bits in task.channel.items()
            }
            ports["channel"] = In(stream.Signature(data.StructLayout(layout)))
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        m, task = Module(), self.task
        # What comes, and where its token ends: with `last`, or when it is as long as it may be.
        beat = Signal.like(Value.cast(self.values.payload), reset_less=True)
        taken, ends, final = Signal(), Signal(), Signal(init=task.beats == 1)
        number, first, second = Signal(range(max(task.beats, 2))), Signal(init=1), Signal()
        room = Signal()
        m.d.comb += [self.values.ready.eq(room), ends.eq(beat[-1] | final)]
        m.d.sync += [
            taken.eq(self.values.valid & room),
            beat.eq(Value.cast(self.values.payload)),
        ]
        with m.If(taken):
            m.d.sync += [number.eq(Mux(ends, 0, number + 1)), first.eq(ends)]
            m.d.sync += second.eq(first & ~ends)
            if task.beats > 1:
                m.d.sync += final.eq(~ends & (number == task.beats - 2))

        # What is made of it, and how many beats it has.
        lanes = [beat.word_select(lane, task.given) for lane in range(task.lanes)]
        told = self._told(m, *task.gather(m, Gathered(lanes, taken, ends, number)))
        length, comes = Cat(first, second, number), taken & ends
        read, begins = self._go_on(m, beat[:-1], taken, self._beside(m, told, length, comes))
        m.d.comb += room.eq(
            self._room(m, taken, read, task.depth, "beats")
            & self._room(m, comes, begins, task.most_tokens, "tokens")
        )
        return m

    def _told(self, m: Module, found: Value, mark: Value) -> stream.Interface:
        """The stream of what tokens hold."""
        task = self.task
        m.submodules.gathered = gathered = TokenQueue(task.found, task.most_tokens)
        m.submodules.teller = teller = task.teller()
        wiring.connect(m, gathered.o, teller.i)
        m.d.comb += [gathered.comes.eq(mark), gathered.word.eq(found)]
        for name in task.tokens:
            port, inner = getattr(self, name), getattr(teller, name)
            m.submodules[f"{name}_buffer"] = buffer = Buffer(port.payload.shape())
            wiring.connect(m, wiring.flipped(port), buffer.i)
            m.d.comb += [
                inner.valid.eq(buffer.o.valid),
                inner.payload.eq(Value.cast(buffer.o.payload)),
                buffer.o.ready.eq(inner.ready),
            ]
        found_stream: stream.Interface = teller.o
        return found_stream

    def _beside(
        self, m: Module, told: stream.Interface, length: Value, comes: Value
    ) -> stream.Interface:
        """What tokens hold, above whether they have one beat, or two, and one less than the beats
        that they have."""
        m.submodules.lengths = lengths = TokenQueue(len(length), self.task.most_tokens)
        m.submodules.told_buffer = buffer = Buffer(len(length) + len(told.payload))
        m.d.comb += [
            lengths.comes.eq(delayed(m, Const(1, 1), comes, 1, "length_comes", reset=True)),
            lengths.word.eq(delayed(m, Const(1, 1), length, 1, "length")),
            lengths.o.ready.eq(told.valid & buffer.i.ready),
            told.ready.eq(buffer.i.ready),
            buffer.i.valid.eq(told.valid),
            buffer.i.payload.eq(Cat(lengths.o.payload, told.payload)),
        ]
        found: stream.Interface = buffer.o
        return found

    @staticmethod
    def _room(m: Module, comes: Value, goes: Value, most: int, name: str) -> Value:
        """Whether one more may come, of ``most``, beside those that are on their way; what comes
        and goes counts a cycle later."""
        comes, goes = (
            delayed(m, Const(1, 1), value, 1, f"{name}_{what}", reset=True)
            for value, what in ((comes, "come"), (goes, "gone"))
        )
        count, free = (
            Signal(range(most + 1), name=f"{name}_there"),
            Signal(name=f"{name}_free", init=1),
        )
        m.d.sync += [count.eq(moved(count, comes, goes)), free.eq(count < most - LATE)]
        return free

    def _go_on(
        self, m: Module, beat: Value, taken: Value, told: stream.Interface
    ) -> tuple[Value, Value]:
        """Values through the memory and past the work to the results. Gives whether a beat is read,
        and whether a token is begun."""
        task = self.task
        m.submodules.result_buffer = buffer = Buffer(self.result.payload.shape())
        wiring.connect(m, buffer.o, wiring.flipped(self.result))
        enable = buffer.i.ready

        # A token begins when all of it is there: what it holds is made of all of it.
        active, final, near, begins, read = Signal(), Signal(), Signal(), Signal(), Signal()
        left, fed = Signal(range(max(task.beats, 2))), Const(1, 1)
        beside: dict[str, Value] = {}
        if task.channel:
            m.submodules.channel_buffer = channel = Buffer(self.channel.payload.shape())
            wiring.connect(m, wiring.flipped(self.channel), channel.i)
            fed = channel.o.valid
            m.d.comb += channel.o.ready.eq(enable & active)
            beside = {name: Value.cast(channel.o.payload[name]) for name in task.channel}
        free = enable & (~active | (final & fed))
        m.d.comb += [
            read.eq(enable & active & fed),
            begins.eq(free & told.valid),
            told.ready.eq(free),
        ]
        held = Signal(task.held, reset_less=True)
        with m.If(read):
            m.d.sync += [left.eq(left - 1), final.eq(near), near.eq(left == 2)]
        with m.If(free):
            m.d.sync += [
                active.eq(told.valid),
                Cat(final, near, left, held).eq(told.payload),
            ]

        memory = Memory(shape=len(beat), depth=task.depth, init=[])
        m.submodules.memory = memory
        write, out = memory.write_port(), memory.read_port()
        m.d.comb += [
            write.addr.eq(self._place(m, taken, "written")),
            write.data.eq(beat),
            write.en.eq(taken),
            out.addr.eq(self._place(m, read, "read")),
            out.en.eq(read),
        ]

        # A cycle later, past the work.
        held, there, last = (
            delayed(m, enable, value, 1, f"{name}_late", reset=name == "there")
            for value, name in ((held, "held"), (read, "there"), (final, "last"))
        )
        each = {
            name: [
                delayed(m, enable, value.word_select(lane, bits), 1, f"{name}_late_{lane}")
                for lane in range(task.lanes)
            ]
            for (name, bits), value in zip(task.channel.items(), beside.values(), strict=True)
        }
        lanes = [out.data.word_select(lane, task.given) for lane in range(task.lanes)]
        made = task.work(m, enable, lanes, held, each)
        m.d.comb += [
            *(buffer.i.payload.value[lane].eq(value) for lane, value in enumerate(made)),
            buffer.i.payload.last.eq(delayed(m, enable, last, task.working, "last_made")),
            buffer.i.valid.eq(delayed(m, enable, there, task.working, "made", reset=True)),
        ]
        return read, begins

    def _place(self, m: Module, moves: Value, name: str) -> Value:
        """A place in the memory, one further with each move, in a circle."""
        depth = self.task.depth
        place, final = Signal(range(depth), name=name), Signal(name=f"{name}_final")
        with m.If(moves):
            m.d.sync += [place.eq(Mux(final, 0, place + 1)), final.eq(place == depth - 2)]
        return place
