"""Dot products as chains of rows: each lane adds itself to what the lanes before it gave."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

from amaranth.hdl import Module, Value
from amaranth.lib import data

from ...golden.bounds import Range
from ..arith.digits import Digit, Row, chain_amounts, chains
from ..arith.product import raise_flags
from ..arith.tree import tree_levels
from .base import Datapath, Demand
from .chained_dot import ChainedDot
from .forms import Codes, Form, together


@dataclass(frozen=True)
class Chained(Datapath):
    """A slot is one row for each digit; chains add the rows of a digit, one each ``pipeline``.

    A slot's codes come after those of the slot before it in its chain. A datapath says into what
    rows a product falls, and which bits it registers first, if any. A slot is a lane, or ``span``
    of them whose products fall into rows together.
    """

    staggers = True

    @property
    def span(self) -> int:
        """Lanes of a slot."""
        return 1

    @property
    def slots(self) -> int:
        """Rows of each digit."""
        return -(-self.lanes // self.span)

    @property
    def shifts(self) -> tuple[int, ...]:
        """By how many bits each part of a dot product is shifted, in turn."""
        return (0,)

    @property
    def cycles(self) -> int:
        return len(self.shifts)

    @property
    def layouts(self) -> tuple[data.StructLayout, ...]:
        """What is registered of a pair of elements before the rows, one after the other."""
        return ()

    @property
    def passing(self) -> tuple[str, ...]:
        """Members of ``layouts`` of which bits pass through three registers or more."""
        return ()

    @property
    def digits(self) -> tuple[Digit, ...]:
        """The rows of a product, the lowest first."""
        raise NotImplementedError

    def encode(self, m: Module, stage: int, weight: Value, activation: Value, before: Any) -> Value:
        """The bits of a stage of ``layouts``: of the elements, or of what stands ``before`` it."""
        raise NotImplementedError

    def rows(self, m: Module, weight: Value, activation: Value, encoded: Any) -> list[Row]:
        """A row for each digit."""
        raise NotImplementedError

    @property
    def chains(self) -> list[list[int]]:
        """The slots of each chain, in order; the longest first."""
        return chains(self.slots)

    @property
    def depth(self) -> int:
        """Places of the longest chain."""
        return len(self.chains[0])

    def delay(self, position: int, chain: list[int]) -> int:
        """Cycles by which a slot comes late; all chains end together."""
        return (self.depth - len(chain) + position) // self.pipeline

    @property
    def delays(self) -> tuple[int, ...]:
        """By how many cycles each slot comes late."""
        found = [0] * self.slots
        for chain in self.chains:
            for position, slot in enumerate(chain):
                found[slot] = self.delay(position, chain)
        return tuple(found)

    @property
    def made(self) -> tuple[Form, Form]:
        """What is taken of weights and activations, without the delays for what takes longer."""
        return Codes(self.weight, self.delays), Codes(self.activation, self.delays)

    @property
    def stages(self) -> int:
        """Cycles until both elements are made."""
        return max(form.stages for form in self.made)

    @property
    def forms(self) -> tuple[Form, Form]:
        return together(self.made)

    def raised(self, m: Module, weight: Value, activation: Value, o: Value) -> None:
        """The flags of a slot's products."""
        raise_flags(m, self.flags, weight, activation, o)

    @property
    def levels(self) -> int:
        """Levels of the tree that adds up the chains of each digit, then the digits."""
        digits = 0 if self.apart else tree_levels(len(self.digits))
        return tree_levels(len(self.chains)) + digits

    @property
    def sums(self) -> tuple[Range, ...]:
        if not self.apart:
            return super().sums
        rows = [digit.row for digit in self.digits]
        if self.cycles > 1:
            [row] = rows
            rows = [Range(row.lsb + shift, row.low, row.high) for shift in self.shifts]
        return tuple(row.times(self.slots) for row in rows)

    @property
    def controls(self) -> int:
        """LUTs of a slot before its rows."""
        return 0

    @property
    def demand(self) -> Demand:
        luts, carries, held = chain_amounts(self.digits, self.slots, self.pipeline)
        luts += self.controls * self.slots
        held += sum(layout.size for layout in self.layouts) * self.slots
        return Demand(luts, carries, held)

    @property
    def latency(self) -> int:
        rows = self.delay(self.depth - 1, self.chains[0]) + 1
        tree = ceil(self.levels / self.pipeline)
        return self.stages + len(self.layouts) + rows + tree + (self.cycles > 1)

    def component(self) -> ChainedDot:
        return ChainedDot(self)
