"""How a table of a group's products is filled: what it holds, and how many products a cycle."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...golden.formats import Integer, Minifloat
from ...golden.units import Dequantize

#: Beats in which a table is filled where groups have no length of their own.
_UNKNOWN = 32
#: Bits of an element whose products are looked up, and memories of a row, at the most.
WIDEST, MOST_PARTS = 6, 4


@dataclass(frozen=True)
class TablePlan:
    """The tables of a unit: one for each row, while the next group's is filled.

    Parameters
    ----------
    unit : :class:`Dequantize`
        What is looked up.
    """

    unit: Dequantize

    @cached_property
    def mirrored(self) -> bool:
        """Whether elements of both signs share an entry: where no zero point is subtracted, and
        every magnitude has a code of one and the same sign; the result has a sign of its own."""
        result, legal = self.unit.result, np.asarray(self.unit.element.legal)
        if self.unit.zero or not isinstance(result, Minifloat) or not result.has_negative_zero:
            return False
        values = self.unit.element.decode(legal)
        if not np.isfinite(values).all():
            return False
        sizes = set(np.abs(values[values != 0]).tolist())
        sides = [set(np.abs(values[side]).tolist()) for side in (values < 0, values > 0)]
        return bool(sizes in sides and len(sizes) < (values != 0).sum())

    @cached_property
    def entries(self) -> tuple[int, ...]:
        """The codes whose products are held, in the order of their addresses."""
        element = self.unit.element
        if not self.mirrored:
            return tuple(range(1 << element.bits))
        legal = np.asarray(element.legal)
        values = element.decode(legal)
        side = values < 0
        if set(np.abs(values[side]).tolist()) != set(np.abs(values[values != 0]).tolist()):
            side = values > 0
        chosen = {abs(float(v)): int(c) for c, v in zip(legal[side], values[side], strict=True)}
        return tuple(chosen[size] for size in sorted(chosen))

    @cached_property
    def addresses(self) -> tuple[tuple[int, int], ...]:
        """Each code's memory and its address there; in mirrored tables, zero has the first address
        of any memory."""
        if not self.mirrored:
            return tuple(divmod(index, self.depth) for index in self.entries)
        values = np.abs(self.unit.element.decode(np.asarray(self.entries))).tolist()
        found = []
        for value in map(abs, self._every):
            part, address = divmod(values.index(value), self.depth) if value in values else (0, -1)
            found.append((part, address + 1))
        return tuple(found)

    @property
    def rows(self) -> int:
        """Words of a memory for one group, zero's too."""
        return max(self.depth + self.mirrored, 2)

    @cached_property
    def flips(self) -> tuple[int, ...]:
        """For every code, whether its sign is not that of its entry; a zero counts as positive,
        unless it is -0."""
        entry = float(self.unit.element.decode(self.entries[0]))
        return tuple(int(np.signbit(v) != np.signbit(entry)) for v in self._every)

    @cached_property
    def zeros(self) -> tuple[int, ...]:
        """For every code, whether it is zero."""
        return tuple(int(v == 0) for v in self._every)

    @cached_property
    def _every(self) -> list[float]:
        """The value of every code; of those that may not occur, zero."""
        found = np.zeros(1 << self.unit.element.bits)
        legal = np.asarray(self.unit.element.legal)
        found[legal] = self.unit.element.decode(legal)
        return [float(v) for v in found]

    @property
    def beats(self) -> int:
        """Beats of a group, while whose results leave the next table is filled."""
        return self.unit.beats or _UNKNOWN

    @cached_property
    def parts(self) -> int:
        """Memories of a row, a power of two: each takes one product a cycle."""
        parts = 1
        while len(self.entries) > parts * self.beats:
            parts *= 2
        return parts

    @property
    def depth(self) -> int:
        """Products that a memory holds for one group."""
        return -(-len(self.entries) // self.parts)

    @property
    def shared(self) -> int:
        """Memories that one multiplier fills, one after the other."""
        return max(min(self.beats // self.depth, self.unit.rows * self.parts), 1)

    @property
    def turn_width(self) -> int:
        """Bits that tell the memories of a multiplier apart."""
        return (self.shared - 1).bit_length()

    @property
    def multipliers(self) -> int:
        """Products that are made in a cycle."""
        return -(-self.unit.rows * self.parts // self.shared)

    @property
    def cycles(self) -> int:
        """Cycles in which tables are filled."""
        return self.shared * self.depth

    @property
    def pays(self) -> bool:
        """Whether it is estimated to take fewer sites than a product for each element.

        Measured on the U280: a product takes some 40 sites and 4 for each bit of a float scale's
        significand, or 10 and 3 for each of an integer's; a look-up 4, and for each memory 8, of
        more than 14 bits 10; several memories are joined by multiplexers.
        """
        floats = [fmt for fmt in self.unit.scales if isinstance(fmt, Minifloat)]
        whole = [fmt for fmt in self.unit.scales if isinstance(fmt, Integer)]
        product = (40 if floats else 10) + 3 * sum(fmt.bits for fmt in whole)
        product += 4 * sum(fmt.significand_width - 1 for fmt in floats)
        width = self.unit.result.bits
        look_up = 4 + self.parts * (10 if width > 14 else 8)
        look_up += width * (self.parts.bit_length() - 1)
        elements = self.unit.rows * self.unit.lanes
        return self.multipliers * product + elements * look_up < elements * product

    @property
    def possible(self) -> bool:
        """Whether it can be built at all."""
        unit = self.unit
        small = bool(unit.scales) and unit.element.bits <= WIDEST
        return small and self.parts <= MOST_PARTS
