"""What is made of what is gathered of a token, once a token."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out


def beside(ports: Iterable[stream.Interface]) -> list[tuple[stream.Interface, Value]]:
    """Each of some streams, and whether all others have something."""
    ports = list(ports)
    return [
        (port, Cat(*(other.valid for other in ports if other is not port), Const(1, 1)).all())
        for port in ports
    ]


class Beside(wiring.Component):
    """What is gathered of a token, with what comes once a token beside it.

    Parameters
    ----------
    found : bits of what is gathered.
    tokens : bits of what comes, by the name of its stream.

    Members
    -------
    i : :py:`In(stream.Signature(found))`
    each of ``tokens`` : :py:`In(stream.Signature(bits))`
    o : :py:`Out(stream.Signature(…))`
        All of it, ``i`` in the low bits.
    """

    def __init__(self, found: int, tokens: Mapping[str, int]):
        self.names = tuple(tokens)
        ports = {name: In(stream.Signature(bits)) for name, bits in tokens.items()}
        whole = found + sum(tokens.values())
        super().__init__(
            {"i": In(stream.Signature(found)), **ports, "o": Out(stream.Signature(whole))}
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        inputs = [self.i, *(getattr(self, name) for name in self.names)]
        m.d.comb += [
            self.o.valid.eq(Cat(*(port.valid for port in inputs)).all()),
            self.o.payload.eq(Cat(*(port.payload for port in inputs))),
            *(port.ready.eq(self.o.ready & others) for port, others in beside(inputs)),
        ]
        return m


class Sequence(wiring.Component):
    """Works on a payload for a fixed number of cycles, then shows what it has made.

    Takes the next one ``cycles`` + 2 cycles after the one before, if that has left at once.

    Parameters
    ----------
    given, made : bits of what comes and of what leaves.
    cycles : of the work.
    others : bits of what comes beside a payload, by the name of its stream.

    Members
    -------
    i : :py:`In(stream.Signature(given))`
    o : :py:`Out(stream.Signature(made))`
    """

    #: Streams whose payloads are taken with that of ``i``.
    others: tuple[str, ...] = ()

    def __init__(self, given: int, made: int, cycles: int, others: Mapping[str, int] | None = None):
        self.cycles, self.others = cycles, tuple(others or ())
        more = {name: In(stream.Signature(bits)) for name, bits in (others or {}).items()}
        ports = {"i": In(stream.Signature(given)), "o": Out(stream.Signature(made))}
        super().__init__(ports | more)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        busy, done, takes = Signal(), Signal(), Signal()
        count, final = Signal(range(max(self.cycles, 2))), Signal()
        m.d.comb += [
            takes.eq(~busy & ~done),
            *(port.ready.eq(takes & others) for port, others in beside(self._inputs)),
            self.o.valid.eq(done),
        ]
        with m.If(takes):
            every = Cat(*(port.valid for port in self._inputs)).all()
            m.d.sync += [busy.eq(every), count.eq(0), final.eq(self.cycles == 1)]
        with m.Elif(busy):
            m.d.sync += [busy.eq(~final), count.eq(count + 1), final.eq(count == self.cycles - 2)]
        with m.If(busy & final):
            m.d.sync += done.eq(1)
        with m.Elif(self.o.ready):
            m.d.sync += done.eq(0)
        m.d.comb += self.o.payload.eq(self.work(m, takes, busy, count, final))
        return m

    @property
    def _inputs(self) -> list[stream.Interface]:
        return [self.i, *(getattr(self, name) for name in self.others)]

    @abstractmethod
    def work(self, m: Module, takes: Value, busy: Value, count: Value, final: Value) -> Value:
        """What is made; it stays from the cycle after the last that is ``busy``, which is
        ``final``, on.

        Payloads are there with ``takes`` alone.
        """


class Turns(wiring.Component):
    """Several of a kind, each of which takes a payload in its turn: in order, as one of them.

    Parameters
    ----------
    make : makes one.
    count : how many.
    given, made : bits of their streams ``i`` and ``o``.
    """

    def __init__(self, make: Callable[[], Sequence], count: int, given: int, made: int):
        self.make, self.count = make, count
        super().__init__({"i": In(stream.Signature(given)), "o": Out(stream.Signature(made))})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        parts = [self.make() for _ in range(self.count)]
        for number, part in enumerate(parts):
            m.submodules[f"part_{number}"] = part
        taking, giving = (
            Signal(range(max(self.count, 2)), name=name) for name in ("taking", "giving")
        )
        for port, turn in ((self.i, taking), (self.o, giving)):
            with m.If(port.valid & port.ready):
                m.d.sync += turn.eq(Mux(turn == self.count - 1, 0, turn + 1))
        for number, part in enumerate(parts):
            m.d.comb += [
                part.i.payload.eq(self.i.payload),
                part.i.valid.eq(self.i.valid & (taking == number)),
                part.o.ready.eq(self.o.ready & (giving == number)),
            ]
        m.d.comb += [
            self.i.ready.eq(Array(part.i.ready for part in parts)[taking]),
            self.o.valid.eq(Array(part.o.valid for part in parts)[giving]),
            self.o.payload.eq(Array(part.o.payload for part in parts)[giving]),
        ]
        return m


#: Of a kind, at the most.
MOST = 32


def turns(cycles: int, beats: int) -> int:
    """How many that each take so many cycles keep the rate of tokens of so many beats."""
    return min(-(-cycles // beats), MOST)
