"""How a stream of beats becomes words of another size: sizes on the way, chosen by their cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import gcd, inf


@dataclass(frozen=True)
class Gear:
    """Beats of ``port`` bytes become chunks, a cycle each at the most, and chunks become words.

    A beat is first cut into, or joined to, beats of ``wide`` bytes, a power of two times as many as
    the port's and no fewer than a chunk's: so a chunk stands in two of these at the most.

    Parameters
    ----------
    port, word : bytes of a beat, and of a word.
    wide : bytes of a beat that chunks are cut out of.
    chunk : bytes that are cut out at a time; the last chunk of a word may have fewer.
    """

    port: int
    word: int
    wide: int
    chunk: int

    @property
    def chunks(self) -> int:
        """Of a word."""
        return -(-self.word // self.chunk)

    @property
    def rest(self) -> int:
        """Bytes of a word's last chunk."""
        return self.word - (self.chunks - 1) * self.chunk

    @property
    def grain(self) -> int:
        """Bytes of which chunks begin at multiples."""
        return gcd(self.wide, self.chunk, self.rest)

    @property
    def given(self) -> int:
        """Bytes of the beats that chunks are cut out of, which are held by twos if need be."""
        return min(self.wide, self.port)

    @property
    def positions(self) -> int:
        """Where in a beat a chunk may begin: a power of two."""
        return self.wide // self.grain

    @property
    def left(self) -> int:
        """Bits of a place by which a chunk is shifted in a second step: a step shifts by three."""
        return max((self.positions - 1).bit_length() - STEP, 0)

    # What follows from where a chunk begins, in grains, and whether it is a word's last.

    def size(self, last: bool) -> int:
        """Of a chunk, in grains."""
        return (self.rest if last else self.chunk) // self.grain

    def beyond(self, offset: int, last: bool) -> bool:
        """Whether a chunk leaves the beat that it begins in."""
        return offset + self.size(last) > self.positions

    def over(self, offset: int, last: bool) -> bool:
        """Whether it leaves the first half of that beat, or begins behind it."""
        return offset + self.size(last) > self.positions // 2

    def far(self, offset: int, last: bool) -> bool:
        """Whether it also leaves the first half of the next."""
        return offset + self.size(last) > self.positions + self.positions // 2

    def ends(self, offset: int, last: bool) -> bool:
        """Whether nothing of that beat is left behind a chunk."""
        return offset + self.size(last) >= self.positions

    def after(self, offset: int, last: bool) -> int:
        """Where the next chunk begins, in a beat."""
        return (offset + self.size(last)) % self.positions

    @cached_property
    def cost(self) -> float:
        """Sites, roughly: multiplexers, and registers where they are more."""
        luts = self.wide * _choice(max(self.port // self.wide, 1))
        size, left = self.chunk, self.positions
        while left > 1:
            step = 4 if left > 2 else 2
            left //= step
            luts += (size + (left - 1) * self.grain) * _choice(step)
        between = self.chunk + ((1 << self.left) - 1) * self.grain if self.left else 0
        registers = self.port + 2 * self.wide + 2 * self.word + between
        return max(luts, registers / 2) + luts + (inf if self.positions > MOST_POSITIONS else 0)


#: Bits of a place that one step shifts by, in three levels of LUTs, and places for two steps.
STEP, MOST_POSITIONS = 3, 64


def _choice(ways: int) -> float:
    """LUTs of a bit that is one of so many: four in a LUT, or two bits of two."""
    return 0.5 if ways == 2 else (ways - 1) / 3


def gear(port: int, word: int, beats: int) -> Gear:
    """The cheapest that keeps up: a word leaves in ``beats`` cycles, and no sooner than it comes.

    ``port`` and ``word`` are bytes.
    """
    most = max(beats, word // port, 1)  # chunks of a word
    least = -(-word // most)
    found = [Gear(port, word, wide(port, size), size) for size in range(least, word + 1)]
    found = [item for item in found if item.wide <= 2 * port]
    return min(found, key=lambda item: (item.cost, item.chunk))


def wide(port: int, chunk: int) -> int:
    """The least power of two times ``port``, or part of it, that is no less than ``chunk``."""
    size = port
    while size < chunk:
        size *= 2
    while size > 1 and size // 2 >= chunk:
        size //= 2
    return size
