"""What units that rotate blocks of points have in common: streams, order of beats, trials."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..description.unit import Unit
from ..errors import DesignError
from ..formats import Format, Integer, lookup
from ..streams import Beats, Field, Stream
from .rotation_trials import drawn, in_beats, in_blocks, trial

Array = npt.NDArray[Any]

#: Of a block's results, so many are driven to their bounds.
BOUNDS = 256


@dataclass(frozen=True, kw_only=True)
class Rotation(Unit):
    """A linear function of blocks of ``points``, some of which come with each beat.

    Parameters
    ----------
    points : of a block.
    format : of the points that go in.
    lanes : points of a vector in a beat.
    vectors : how many are transformed side by side.
    """

    points: int = 64
    format: Format = lookup("int8")
    lanes: int = 4
    vectors: int = 1

    @property
    def parts(self) -> int:
        """Numbers of a point: 2 where it is complex, the real part first."""
        return 1

    @property
    def beats(self) -> int:
        """Beats of a block."""
        return self.points // self.lanes

    @property
    @abstractmethod
    def result(self) -> Format:
        """The format of what comes out."""

    @abstractmethod
    def transform(self, codes: npt.ArrayLike) -> Array:
        """Codes of vectors (..., points × parts) -> codes of the result (..., points × parts).

        Integers are codes of ``format`` and two's complement integers of ``result``'s unit.
        """

    def checked(self, codes: npt.ArrayLike) -> Array:
        """Codes of whole vectors as an array."""
        given, count = np.asarray(codes), self.points * self.parts
        if given.shape[-1:] != (count,):
            raise DesignError(f"vectors have {count} points, got shape {given.shape}")
        return given

    # Streams.

    @property
    def streams(self) -> tuple[Stream, ...]:
        shape, result = (self.vectors, self.lanes * self.parts), self.result
        points = Field("points", "codes", 1, "points", *shape, self.format.bits)
        value = Field("value", "value", 1, "value", *shape, result.bits, self.whole)
        return (
            Stream("points", False, "step", (points,), last=True),
            Stream("result", True, "step", (value,), last=True),
        )

    @property
    def whole(self) -> bool:
        """Whether points are integers."""
        return isinstance(self.format, Integer)

    def formats(self, field: Field) -> tuple[str, int | None]:
        if field.kind == "codes":
            return self.format.name, None
        return ("integer", self.result.lsb) if self.whole else (self.result.name, None)

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "points": self.points,
            "lanes": self.lanes,
            "vectors": self.vectors,
            "format": self.format.name,
            "result": self.result.name,
            "result_exponent": self.result.lsb if self.whole else None,
        }

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        given = sent["points"]
        whole = len(given) // self.beats * self.beats
        blocks = in_blocks(given.values[0][:whole], self.vectors, self.points * self.parts)
        values = in_beats(self.transform(blocks), self.lanes * self.parts)
        return {"result": Beats((values,), (None,), given.last[:whole])}

    # What is worth trying.

    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        shape = self.vectors, self.points * self.parts
        codes = (drawn(self.format, shape, index, rng) for index in range(count))
        return [trial(each, self.lanes * self.parts, rng) for each in codes]

    def bounds(self) -> list[dict[str, Beats]]:
        """Numbers of the result at their least and at their greatest, ``BOUNDS`` at most; of
        floats, none."""
        fmt = self.format
        if not isinstance(fmt, Integer):
            return []
        size = self.points * self.parts
        found, count = [], min(size, BOUNDS)
        for start in range(0, count, self.vectors):
            taken = self.rows(np.arange(start, start + self.vectors) % count * size // count)
            for sign in (1, -1):
                values = np.where(taken * sign > 0, fmt.high, fmt.low)
                codes = fmt.encode(values * 2.0**fmt.lsb)
                found.append(trial(codes, self.lanes * self.parts, None))
        return found

    @abstractmethod
    def rows(self, places: Array) -> Array:
        """Rows of the matrix, (places, points × parts), but for a factor above 0."""
