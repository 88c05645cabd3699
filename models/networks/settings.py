"""Numbers that describe a network, from GGUF's metadata or config.json, each checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...golden.errors import DesignError

#: More than this no network has; arrays of such lengths would not fit into memory.
MOST = 1 << 24


@dataclass(frozen=True)
class Settings:
    """Named values of one source.

    Parameters
    ----------
    where : the file and what of it, for errors.
    values : by name.
    """

    where: str
    values: Mapping[str, Any]

    def whole(self, name: str, default: int | None = None) -> int:
        """A count of at least 1."""
        value = self._value(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST:
            raise DesignError(f"{self.where}: {name} is a count from 1 to 2^24, got {value!r}")
        return value

    def real(self, name: str, default: float | None = None) -> float:
        """A finite number above zero."""
        value = self._value(name, default)
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        if not fits or not math.isfinite(value) or value <= 0:
            raise DesignError(f"{self.where}: {name} is a finite number above 0, got {value!r}")
        return float(value)

    def must_be(self, name: str, *allowed: Any) -> None:
        """A value that is not there, or one of those that are computed here."""
        value = self.values.get(name)
        fits = isinstance(value, str | int | float) and value in allowed  # not so an array
        if value is not None and not fits:
            known = ", ".join(map(str, allowed)) or "none"
            raise DesignError(f"{self.where}: {name} = {value!r} is not computed; known: {known}")

    def _value(self, name: str, default: Any) -> Any:
        value = self.values.get(name)
        if value is None:
            value = default
        if value is None:
            raise DesignError(f"{self.where}: {name} is missing; the network needs it")
        return value
