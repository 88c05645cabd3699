"""What sums over tokens have in common: how floats come, and when a sum is a token's."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, NamedTuple

from amaranth.hdl import Cat, Const, Module, Signal, Value

from ...golden.formats import Minifloat
from ..arith.blueprint import Blueprint
from ..arith.timing import delayed
from ..fp.unpack import Unpacked, unpack


class Taken(NamedTuple):
    """Values in registers, lane by lane, and the marks beside them."""

    parts: list[Unpacked]
    valid: Value
    first: Value
    last: Value


class TokenWindows(Blueprint):
    """Sums of tokens that follow each other; all registers run at all times."""

    lanes: int

    @property
    @abstractmethod
    def latency(self) -> int:
        """Cycles from a token's last values to its sum."""

    def _taken(self, m: Module, io: Any, fmt: Minifloat) -> Taken:
        """Values of ``fmt`` in registers, with their marks."""
        always = Const(1, 1)
        valid, first, last = (
            delayed(m, always, getattr(io, name), 1, f"taken_{name}", reset=name != "last")
            for name in ("valid", "first", "last")
        )
        codes = delayed(m, always, io.i, 1, "taken")
        parts = [
            unpack(m, fmt, codes.word_select(lane, fmt.bits), subnormals=True)
            for lane in range(self.lanes)
        ]
        return Taken(parts, valid, first, last)

    def _bad(self, m: Module, taken: Taken) -> Value:
        """Whether a value of the token was NaN or infinite, a cycle later."""
        held, here = Signal(name="bad", reset_less=True), Signal(name="bad_here")
        m.d.comb += here.eq(Cat(part.nan | part.inf for part in taken.parts).any())
        with m.If(taken.valid):
            m.d.sync += held.eq(here | (held & ~taken.first))
        return held

    def _ends(self, m: Module, io: Any, taken: Taken, bad: Value) -> None:
        """What stands beside a sum: whether it is a token's, and one of numbers alone."""
        always, over = Const(1, 1), taken.valid & taken.last
        m.d.comb += [
            io.bad.eq(delayed(m, always, bad, self.latency - 2, "bad_token")),
            io.done.eq(delayed(m, always, over, self.latency - 1, "token_done", reset=True)),
        ]
