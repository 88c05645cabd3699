"""And-inverter graphs in the AIGER format: read, and simulated in many lanes at once."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

#: Whether an input is driven: what it is in every lane, given the word's width.
Draw = Callable[[random.Random, int], int]


@dataclass(frozen=True)
class Aiger:
    """A graph of AND gates and latches that begin at 0.

    A literal is twice a variable's number, plus one where it is inverted; variable 0 is false.

    Parameters
    ----------
    inputs : how many there are; they are variables 1 and up.
    latches : the next value of each, a literal; their variables follow the inputs'.
    gates : the two literals of each AND gate; their variables follow the latches'.
    bads : literals that must stay 0.
    """

    inputs: int
    latches: tuple[int, ...]
    gates: tuple[tuple[int, int], ...]
    bads: tuple[int, ...]

    @property
    def first_latch(self) -> int:
        return self.inputs + 1

    @property
    def first_gate(self) -> int:
        return self.first_latch + len(self.latches)

    def states(self, draw: list[Draw], lanes: int, cycles: int, seed: int) -> Iterator[list[int]]:
        """Runs it; for every cycle all variables, a word of one bit a lane each."""
        rng, ones = random.Random(seed), (1 << lanes) - 1
        state = [0] * len(self.latches)
        for _ in range(cycles):
            values = [0, *(drawn(rng, lanes) for drawn in draw), *state]
            for left, right in self.gates:
                a = values[left >> 1] ^ (ones if left & 1 else 0)
                b = values[right >> 1] ^ (ones if right & 1 else 0)
                values.append(a & b)
            yield values
            state = [values[item >> 1] ^ (ones if item & 1 else 0) for item in self.latches]


def read(path: Path) -> Aiger:
    """The graph of a binary AIGER file whose latches all begin at 0."""
    data = path.read_bytes()
    place = 0

    def line() -> list[str]:
        nonlocal place
        end = data.index(b"\n", place)
        words = data[place:end].decode().split()
        place = end + 1
        return words

    _, *numbers = line()
    _, inputs, latches, outputs, gates, bads = [*map(int, numbers), 0][:6]
    following = tuple(int(line()[0]) for _ in range(latches))
    for _ in range(outputs):
        line()
    bad = tuple(int(line()[0]) for _ in range(bads))

    def number() -> int:
        nonlocal place
        found = shift = 0
        while True:
            byte = data[place]
            place += 1
            found |= (byte & 127) << shift
            if byte < 128:
                return found
            shift += 7

    pairs = []
    for index in range(gates):
        left = 2 * (inputs + latches + 1 + index) - number()
        pairs.append((left, left - number()))
    return Aiger(inputs, following, tuple(pairs), bad)
