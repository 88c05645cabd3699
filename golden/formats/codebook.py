"""Formats that are a list of values: binary, ternary, constants, look-up tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..errors import DesignError
from ..labels import check_label
from .base import Array, Format, check_exponent
from .fields import Fields, Kind
from .rounding import Rest, Rounding, rule

MAX_ENTRY = 1 << 48


@dataclass(frozen=True)
class Codebook(Format):
    """Code c stands for ``tables[select][c] * 2**exponent``.

    Parameters
    ----------
    name : shown to users; not part of equality.
    tables : one table of integers for each value of ``select``, a power of two of them; each
        table has ``2**bits`` entries. Several codes may share a value: ``encode`` then gives the
        first.
    exponent : the unit of the entries.
    ties : where a value half-way between two entries goes under ``nearest_even``: ``even`` (the
        even entry, else the lower), ``down`` or ``up``.
    """

    name: str = field(compare=False)
    tables: tuple[tuple[int, ...], ...]
    exponent: int = 0
    ties: str = "even"

    def __post_init__(self) -> None:
        check_label(self.name, "a format")
        sizes = {len(table) for table in self.tables}
        if len(sizes) != 1 or min(sizes) & (min(sizes) - 1) or not min(sizes):
            raise DesignError(f"tables of {self.name} need one power of two of entries: {sizes}")
        if len(self.tables) & (len(self.tables) - 1):
            raise DesignError(f"{self.name} needs a power of two of tables: {len(self.tables)}")
        if self.ties not in ("even", "down", "up"):
            raise DesignError(f"ties of {self.name} go even, down or up, got {self.ties!r}")
        check_exponent(self.name, self.exponent)
        greatest = max(abs(entry) for table in self.tables for entry in table)
        if greatest > MAX_ENTRY:
            raise DesignError(f"entries of {self.name} reach 2**48 at most, got {greatest}")

    @property
    def bits(self) -> int:
        return (len(self.tables[0]) - 1).bit_length()

    @property
    def select_width(self) -> int:
        return (len(self.tables) - 1).bit_length()

    @property
    def lsb(self) -> int:
        return self.exponent

    @property
    def low(self) -> int:
        return min(min(table) for table in self.tables)

    @property
    def high(self) -> int:
        return max(max(table) for table in self.tables)

    @property
    def significand_width(self) -> int:
        return max(self.high, -self.low).bit_length()

    @property
    def has_zero(self) -> bool:
        return any(0 in table for table in self.tables)

    def _fields(self, codes: Array, select: Array | int) -> Fields:
        value = np.asarray(self.tables, np.int64)[np.asarray(select), codes]
        return Fields(
            value < 0,
            np.abs(value),
            np.full(value.shape, self.exponent, np.int32),
            np.full(value.shape, Kind.FINITE, np.uint8),
        )

    def _encode(self, values: Array, rounding: Rounding, saturate: bool, select: int) -> Array:
        scaled = np.ldexp(values, -self.exponent)
        entries, first, middles = self._search[select]
        if rounding == "nearest_even":
            return np.asarray(first[np.searchsorted(middles, scaled)])

        # A rule speaks of magnitudes: below zero, growing means going down.
        scaled = np.clip(scaled, entries[0], entries[-1])
        below = np.clip(np.searchsorted(entries, scaled, side="right") - 1, 0, len(entries) - 1)
        above = np.minimum(below + 1, len(entries) - 1)
        half = np.sign(scaled - (entries[below] + entries[above]) / 2)
        inexact, negative = scaled != entries[below], scaled < 0
        half = np.where(negative, -half, half)
        near, far = (np.where(negative, b, a) for a, b in ((below, above), (above, below)))
        gap = np.abs(entries[far] - entries[near])

        def reaches(k: Array, n: int) -> Array:
            return np.asarray(np.abs(scaled - entries[near]) >= k * gap / (1 << n))

        odd = entries[near] % 2 == 1
        grows = rule(rounding)(Rest(odd, half, inexact, negative, reaches))
        return np.asarray(first[np.where((grows != negative) & inexact, above, below)])

    @cached_property
    def _search(self) -> list[tuple[Array, Array, Array]]:
        """For each table: its distinct entries, a code of each, the thresholds between them.

        A value above threshold i belongs to entry i + 1 or later; a tie that goes up has its
        threshold one float below the middle.
        """
        result = []
        for table in self.tables:
            entries, first = np.unique(np.asarray(table, np.int64), return_index=True)
            below, above = entries[:-1], entries[1:]
            up = self.ties == "up" or ((below % 2 == 1) & (above % 2 == 0) & (self.ties == "even"))
            middles = (below + above) / 2
            middles = np.where(up, np.nextafter(middles, -np.inf), middles)
            result.append((entries, first.astype(self.dtype), middles))
        return result
