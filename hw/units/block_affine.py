"""Blocks of points times a small matrix as a design."""

from __future__ import annotations

from collections.abc import Mapping

from amaranth.lib import wiring

from ...golden.formats import Format
from ...golden.streams import Field
from ...golden.units import BlockAffine
from ..design import StageRow
from .block_products import BlockProducts, cycles, multiplier, sum_cycles
from .rotation import RotationHardware


class BlockAffineHardware(RotationHardware[BlockAffine]):
    """Blocks times a matrix as a design.

    Parameters
    ----------
    design : :class:`BlockAffine`
    """

    kept = ("product", "tree")

    def component(self) -> wiring.Component:
        return BlockProducts(self.unit)

    @property
    def inner(self) -> int:
        """A block is gathered, and stands in registers for its rows a cycle later."""
        return self.unit.beats + 1 + cycles(self.unit)

    @property
    def summary(self) -> str:
        unit = self.unit
        whose = "a constant matrix" if unit.matrix else "its matrix"
        many = f", {unit.vectors} vectors side by side" if unit.vectors > 1 else ""
        return (
            f"each block of {unit.points} points times {whose}, {unit.format.name} x "
            f"{unit.entries.name} to {unit.result.name}, {unit.lanes} points per beat{many}, "
            f"latency {self.latency} cycles"
        )

    @property
    def notes(self) -> Mapping[str, str]:
        unit, notes = self.unit, super().notes
        result = self.streams[-1].fields[0]
        exponent = unit.formats(result)[1]
        points = notes["points"]
        more = f"from the low bits: matrix ({unit.entries.name}; row by row, column by column); "
        found = {"points": points}
        if not unit.matrix:
            found["matrix"] = f"{more}a beat has the rows of the {unit.lanes} lanes of a result"
        order = "vector by vector, point by point"
        ends = points.rpartition("; a block")[2]
        value = f"value (integers in units of 2^{exponent}; {order})"
        return found | {"result": f"from the low bits: {value}; a block{ends}"}

    @property
    def manual(self) -> tuple[str, ...]:
        first, _, last = super().manual
        rows = () if self.unit.matrix else (
            "A beat of `matrix` is taken with each beat of results: the rows of its lanes, for all "
            "vectors. A block whose matrix is the one before's is sent the same beats again.",
        )  # fmt: skip
        return (first, *rows, last)

    @property
    def remarks(self) -> tuple[str, ...]:
        return ("exact: sums have the bits that their proven bounds need",)

    @property
    def rows(self) -> tuple[StageRow, ...]:
        unit, given = self.unit, self.unit.format
        often, product = f"{unit.lanes} per beat", multiplier(unit)
        found = [StageRow("points", given.bits, None, given.name, None, often, "points")]
        if not unit.matrix:
            entries, rows = unit.entries, f"{unit.lanes} rows per beat"
            found.append(StageRow("matrix", entries.bits, None, entries.name, None, rows, "matrix"))
        takes = ("points",) if unit.matrix else ("points", "matrix")
        what = "a point times an entry of a row"
        block = unit.beats + 1 + product.latency
        found += [
            StageRow(
                "product", product.product.width, product.product, "", block, what, takes=takes
            ),
            StageRow(
                "sum", unit.sums.width, unit.sums, "", sum_cycles(unit), "of a row's products"
            ),
        ]
        return tuple(found)

    def holds(self, field: Field) -> Format:
        return self.unit.entries if field.name == "matrix" else super().holds(field)
