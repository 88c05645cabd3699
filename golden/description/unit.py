"""A streaming component that is no matrix product: what all kinds of units have."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..errors import DesignError
from ..streams import Beats, Field, Stream
from .build import Target
from .choices import Choices
from .name import check_name


@dataclass(frozen=True, kw_only=True)
class Unit(ABC):
    """A component with a golden function from streams of beats to streams of beats.

    A kind of unit is a subclass: its fields are its parameters, in Python and in TOML, where
    ``unit = "<kind>"`` names it.

    Parameters
    ----------
    name : of the module, a Verilog identifier.
    build : what the hardware is written for.
    """

    name: str
    build: Target = Target()

    kind: ClassVar[str]

    def __post_init__(self) -> None:
        check_name(self.name, "a unit")

    def check_counts(self, *counts: tuple[str, int, int]) -> None:
        """Raise TypeError or DesignError unless parameters are whole numbers: name, least, most."""
        for what, low, high in counts:
            value = getattr(self, what)
            if not isinstance(value, int) or isinstance(value, bool):
                raise TypeError(f"{what} must be a whole number, got {value!r}")
            if not low <= value <= high:
                raise DesignError(f"{what} must be {low} to {high}, got {value}")

    @property
    @abstractmethod
    def streams(self) -> tuple[Stream, ...]:
        """Those that go in, then the one that comes out."""

    @abstractmethod
    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        """What comes out for what went in, by stream; of what is not whole, nothing."""

    @abstractmethod
    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        """What is worth sending: for each trial the beats of all inputs. Random ones, corners."""

    @abstractmethod
    def bounds(self) -> list[dict[str, Beats]]:
        """Trials that drive every sum inside to its bounds, where it has any."""

    @abstractmethod
    def formats(self, field: Field) -> tuple[str, int | None]:
        """The format of a field's values, or ``integer`` and the exponent of its unit."""

    @property
    def facts(self) -> dict[str, Any]:
        """Parameters as JSON values, for manifests and reports."""
        return {}


#: Kinds of units by name.
UNITS: Choices[type[Unit]] = Choices("unit", "macsmith.golden.units")
