"""``table_serial``: a bit of every narrow element a cycle chooses an entry of a table of sums.

T-MAC's way, one row for two lanes however many bits the elements have: a step takes as many cycles.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from amaranth.hdl import Cat, Const, Module, Value

from ...golden.formats import Format
from ..arith.digits import Digit, Row
from .bit_serial import BitSerial, Serial
from .forms import Form, Making
from .recoded import inverted
from .serial import SerialForm
from .table import SPAN, ByPlane, Group, Table


class TableSerial(BitSerial, Table):
    """``table`` with one row for all bits."""

    name = "table_serial"
    scope = "pairs of table from 2 bits on, one bit per cycle: a step takes several cycles"

    @classmethod
    def recoding(cls, fmt: Format) -> PlaneByPlane | None:
        found = Table.recoding(fmt)
        return PlaneByPlane(fmt) if found is not None and len(found.planes[1]) > 1 else None


@dataclass(frozen=True)
class PlaneByPlane(Serial, ByPlane):
    """The rows of ``table``, one a cycle."""

    @cached_property
    def whole(self) -> ByPlane:
        return ByPlane(self.format)

    @property
    def shifts(self) -> tuple[int, ...]:
        return tuple(abs(weight).bit_length() - 1 for _, weight in self.planes[1])

    def form(self, delays: tuple[int, ...], infinite: bool) -> Form:
        return Plane(self.format, delays, infinite, self)

    def rows(
        self, m: Module, element: Value, other: Value, fmt: Format, digits: tuple[Digit, ...]
    ) -> list[Row]:
        [digit], pair = digits, element.bits
        entry = self.entry(pair, other.sums, digit)
        minus = ~(pair[0] ^ element.negative) if self.planes[0] else element.negative
        return [Row(inverted(entry, minus), minus)]


class Plane(SerialForm):
    """A bit of each of two lanes, and whether it weighs less than nothing."""

    recoding: PlaneByPlane

    name = "plane"

    @property
    def span(self) -> int:
        return SPAN

    @property
    def _whole(self) -> Form:
        return Group(self.format, (0,), self.infinite)

    @property
    def _part(self) -> dict[str, Any]:
        return {"bits": SPAN, "negative": 1}

    @property
    def _marks(self) -> dict[str, Any]:
        members = self._whole.layout.members
        return {name: members[name] for name in members if name == "marks"}

    def _parts(self, m: Module, whole: Value, making: Making) -> list[dict[str, Value]]:
        return [
            {"bits": Cat(whole.codes[lane][bit] for lane in range(SPAN)),
             "negative": Const(int(weight < 0), 1)}
            for bit, weight in self.recoding.planes[1]
        ]  # fmt: skip
