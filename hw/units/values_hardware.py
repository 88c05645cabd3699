"""What the hardware of units has in common whose beats hold lanes of vectors of values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from ...golden.formats import Format
from ...golden.streams import Beats, Field
from ...golden.units import Quantize
from ...golden.units.normalization import Normalization
from ...golden.units.of_two import OfTwo
from .unit_hardware import UnitHardware

Kind = TypeVar("Kind", bound=Normalization | Quantize | OfTwo)


class ValuesHardware(UnitHardware[Kind]):
    """A unit as a design that takes values of a format, some lanes of some vectors a beat.

    Parameters
    ----------
    design : :class:`Unit`
    """

    work = "element"

    @property
    def rates(self) -> Mapping[str, int | float]:
        return {self.unit.values.name: self.unit.vectors * self.unit.lanes}

    @property
    def per_beat(self) -> str:
        """What a beat of values holds."""
        unit = self.unit
        many = f" of each of {unit.vectors} vectors" * (unit.vectors > 1)
        return f"{unit.lanes} value{'s' * (unit.lanes > 1)}{many}"

    @property
    def order(self) -> str:
        """How values stand in a beat."""
        return "vector by vector, lane by lane" if self.unit.vectors > 1 else "lane by lane"

    def holds(self, field: Field) -> Format:
        return self.unit.holds(field)

    def worth(self, trial: Mapping[str, Beats]) -> int:
        return trial["values"].values[0].size
