"""What a pass over tokens does: the contract between what waits and what is computed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from amaranth.hdl import Module, Value
from amaranth.lib import wiring

#: Tokens that may be on their way in a pass, at the least.
TOKENS = 8
#: Beats that may still come when a memory is told to be full, and beats that come between.
LATE, BEYOND = 3, 4


@dataclass(frozen=True)
class Gathered:
    """A beat as it comes: ``lanes`` values, whether there is one, whether its token ends with it,
    and its number in the token."""

    lanes: Sequence[Value]
    taken: Value
    ends: Value
    number: Value


class TokenWork(ABC):
    """Gathers something of a token, makes something of that, and then works on every value.

    Parameters
    ----------
    lanes : values in a beat.
    beats : of a token, at the most.
    """

    #: Bits of a value, and of what becomes of it.
    given: int
    made: int
    #: Bits of what is gathered of a token, and of what its values are worked on with.
    found: int
    held: int
    #: What comes once a token, and with each value: bits by name.
    tokens: Mapping[str, int] = {}
    channel: Mapping[str, int] = {}

    def __init__(self, lanes: int, beats: int):
        self.lanes, self.beats = lanes, beats

    @property
    def waiting(self) -> int:
        """Cycles from a token's last beat to when its values may go on."""
        return 1 + self.gathering + 2 + self.telling + 2

    @property
    def cycles(self) -> int:
        """Cycles from a token's last beat to its first result, without stalls."""
        return self.waiting + 1 + self.working + 1

    @property
    def depth(self) -> int:
        """Beats that may wait."""
        return self.beats + self.waiting + LATE + BEYOND

    @property
    def most_tokens(self) -> int:
        """Tokens that may be on their way, a power of two: as many of full length as come until the
        first may go on."""
        count = -(-self.waiting // self.beats) + LATE + BEYOND
        return max(TOKENS, 1 << (count - 1).bit_length())

    @property
    @abstractmethod
    def gathering(self) -> int:
        """Cycles from a token's last beat to what is gathered."""

    @abstractmethod
    def gather(self, m: Module, beat: Gathered) -> tuple[Value, Value]:
        """What is gathered, ``found`` bits, and a mark beside it. It never waits."""

    @abstractmethod
    def teller(self) -> wiring.Component:
        """What makes ``held`` bits of ``found`` bits: a stream ``i`` to a stream ``o``, and a
        stream of each name in ``tokens``."""

    @property
    @abstractmethod
    def telling(self) -> int:
        """Cycles of that."""

    @property
    @abstractmethod
    def interval(self) -> int:
        """Cycles from one token to the next that it takes."""

    @property
    @abstractmethod
    def working(self) -> int:
        """Cycles of :meth:`work`."""

    @abstractmethod
    def work(
        self, m: Module, enable: Value, lanes: Sequence[Value], held: Value,
        channel: Mapping[str, Sequence[Value]],
    ) -> list[Value]:  # fmt: skip
        """``made`` bits of each value, ``working`` cycles with ``enable`` later; with what its
        token holds, and what came with the values."""
