"""What the hardware of every unit hands on to its description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

import numpy as np

from ...golden.description.unit import Unit
from ...golden.streams import Beats, Field, Stream
from ..arith.timing import LIMIT
from ..design import Streaming

Kind = TypeVar("Kind", bound=Unit)


class UnitHardware(Streaming, Generic[Kind]):
    """A unit as a design.

    Parameters
    ----------
    design : :class:`Unit`
    """

    kind = "unit"
    levels = LIMIT

    def __init__(self, design: Kind):
        super().__init__(design)
        self.unit = design

    @property
    def streams(self) -> tuple[Stream, ...]:
        return self.unit.streams

    def format_of(self, field: Field) -> tuple[str, int | None]:
        return self.unit.formats(field)

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        return self.unit.answer(sent)

    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        return self.unit.trials(count, rng)

    def bounds(self) -> list[dict[str, Beats]]:
        return self.unit.bounds()
