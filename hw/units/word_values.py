"""The values of a field in a beat, chosen out of words, looked up, and offset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib import memory

from ..arith.table import look_up, plus
from .table_entry import TableEntry
from .unpack_plan import MOST_BEATS
from .word_reader import choose
from .word_wiring import LookedUp, Wiring

Array = npt.NDArray[Any]

#: A longer table is a memory that is read with the clock.
LONGEST_TABLE = 256
#: Ports of a memory that are read at once.
_PORTS = 2


class Values:
    """The values of a field, gathered from the parts that have bits of them.

    Parameters
    ----------
    m : where they are made.
    between : whether a register lies between what is chosen and what becomes of it.
    moves : when it loads.
    name, width, count : of the field.
    numbers : those of entries, which are counted through all fields.
    """

    def __init__(
        self,
        m: Module,
        between: bool,
        moves: Value,
        name: str,
        width: int,
        count: int,
        numbers: Iterator[int],
    ):
        self.m, self.between, self.moves, self.name = m, between, moves, name
        self.numbers = numbers
        self.width, self.count, self.add = width, count, 0
        self.bits: list[list[Value]] = [[Const(0, 1)] * width for _ in range(count)]

    def take(self, wire: Wiring, word: Value, beats: list[Value], part: str) -> None:
        """The bits that a part gives, of the word that it holds.

        ``beats``: the number of the beat; if it is chosen in two steps, also a cycle later.
        """
        self.add = wire.add or self.add
        places = np.argwhere(wire.bits[0] >= 0)
        if len(places):
            chosen = self._chosen(word, wire.bits[:, places[:, 0], places[:, 1]], beats)
            held = self._kept(chosen, f"{self.name}_{part}")
            for at, (number, bit) in enumerate(places.tolist()):
                self.bits[number][bit] = held[at]
        for number, table in enumerate(wire.looked_up):
            self._look_up(table, word, beats, f"{self.name}_{part}_{number}")

    def whole(self) -> list[Value]:
        """The values."""
        found: list[Value] = [Cat(*bits) for bits in self.bits]
        if not self.add:
            return found
        return [
            plus(self.m, value, self.add, self.width, f"{self.name}_{number}_whole")[: self.width]
            for number, value in enumerate(found)
        ]

    def _chosen(self, word: Value, bits: Array, beats: list[Value]) -> Value:
        """Bits of the word, one choice a beat, (beats, bits); of many in two steps."""
        rows = [bits_of(word, row) for row in bits]
        if len(beats) == 1:
            return choose(beats[0], rows)
        first, then = beats
        groups = [rows[n : n + MOST_BEATS] for n in range(0, len(rows), MOST_BEATS)]
        held = Signal(bits.shape[1] * len(groups), reset_less=True)
        low = [choose(first, group) for group in groups]
        with self.m.If(self.moves):
            self.m.d.sync += held.eq(Cat(*low))
        return choose(
            then[(MOST_BEATS - 1).bit_length() :],
            [held.word_select(n, bits.shape[1]) for n in range(len(groups))],
        )

    def _kept(self, value: Value, name: str) -> Value:
        """``value``, a cycle later if a register lies on the way."""
        held = Signal(len(value), name=f"{name}_held", reset_less=True)
        if not self.between:
            self.m.d.comb += held.eq(value)
            return held
        with self.m.If(self.moves):
            self.m.d.sync += held.eq(value)
        return held

    def _look_up(self, table: LookedUp, word: Value, beats: list[Value], name: str) -> None:
        """Entries of a table: neighbours that have one index share it."""
        sharing: dict[bytes, list[int]] = {}
        for number in range(self.count):
            sharing.setdefault(table.bits[:, number].tobytes(), []).append(number)
        indices = [self._chosen(word, table.bits[:, numbers[0]], beats) for numbers in
                   sharing.values()]  # fmt: skip
        if table.tables.shape[1] > LONGEST_TABLE:
            entries = self._read(table, indices, name)
        else:
            entries = [self._entry(table, index) for index in indices]
        choices: dict[bytes, Value] = {}
        for entry, numbers in zip(entries, sharing.values(), strict=True):
            for number in numbers:
                choice, key = table.choice[:, number], table.choice[:, number].tobytes()
                ways = sorted({*choice.tolist()})
                if key not in choices:
                    choices[key] = self._which(beats[-1], choice, f"{name}_which_{len(choices)}")
                value = Signal(table.width, name=f"{name}_{number}_value")
                self.m.d.comb += value.eq(choose(choices[key], [entry[way] for way in ways]))
                for bit in range(table.width):
                    self.bits[number][table.low + bit] = value[bit]

    def _which(self, beat: Value, choice: Array, name: str) -> Value:
        """The number of a beat's choice, among those that are there."""
        ways = sorted({*choice.tolist()})
        numbers = [ways.index(way) for way in choice.tolist()]
        numbers += [0] * ((1 << len(beat)) - len(numbers))
        width = max((len(ways) - 1).bit_length(), 1)
        return self._kept(look_up(self.m, beat, numbers, width, name), name)

    def _entry(self, table: LookedUp, index: Value) -> list[Value]:
        """What all tables have at an index, a cycle later."""
        tables = tuple(map(tuple, table.tables.tolist()))
        held = TableEntry(tables, table.width)
        self.m.submodules[f"entry_{next(self.numbers)}"] = held
        self.m.d.comb += [held.index.eq(index), held.moves.eq(self.moves)]
        return [held.entry.word_select(number, table.width) for number in range(len(tables))]

    def _read(self, table: LookedUp, indices: list[Value], name: str) -> list[list[Value]]:
        """The same from memories, which have a few ports each, a cycle later."""
        many, width = len(table.tables), table.width
        weights = np.arange(many, dtype=object)[:, None] * width
        words = (table.tables.astype(object) << weights).sum(axis=0)
        found = []
        for first in range(0, len(indices), _PORTS):
            held = memory.Memory(shape=many * width, depth=len(words), init=words.tolist())
            self.m.submodules[f"{name}_{first}"] = held
            for index in indices[first : first + _PORTS]:
                port = held.read_port()
                self.m.d.comb += [port.addr.eq(index), port.en.eq(self.moves)]
                found.append([port.data.word_select(n, width) for n in range(many)])
        return found


def bits_of(word: Value, bits: Array) -> Value:
    """Bits of a word in a new order; neighbours stay together."""
    cuts = np.flatnonzero(np.diff(bits) != 1) + 1
    runs = np.split(bits, cuts)
    return Cat(*(word[int(run[0]) : int(run[-1]) + 1] for run in runs))
