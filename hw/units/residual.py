"""Residual addition as a design."""

from __future__ import annotations

from ..fp import FloatAdd
from ..fp.pipeline import Pipelined
from .of_two import OfTwoHardware


class ResidualHardware(OfTwoHardware):
    """Residual addition as a design.

    Parameters
    ----------
    design : :class:`Residual`
    """

    called, makes = "residual addition", "sum"

    def block(self) -> Pipelined:
        unit = self.unit
        return FloatAdd(*map(self.float_of, (unit.values, unit.other, unit.result)))
