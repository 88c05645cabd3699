"""Products of two streams as a design."""

from __future__ import annotations

from ..fp import FloatMultiply
from ..fp.pipeline import Pipelined
from .of_two import OfTwoHardware


class ProductHardware(OfTwoHardware):
    """Products of two streams as a design.

    Parameters
    ----------
    design : :class:`Product`
    """

    called, makes = "elementwise product", "product"

    def block(self) -> Pipelined:
        unit = self.unit
        formats = map(self.float_of, (unit.values, unit.other, unit.result))
        return FloatMultiply(*formats, rows=unit.build.policy == "lut")
