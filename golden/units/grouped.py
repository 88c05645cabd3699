"""Units with a result for every element of a stream, with values that a group shares."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ..description.unit import Unit
from ..errors import DesignError
from ..formats import Format, Integer
from ..streams import Beats, Field, Stream

Array = npt.NDArray[Any]

#: Elements that are taken in a cycle, and that share values, at the most.
MOST_ELEMENTS, LONGEST = 1 << 12, 1 << 20


class Grouped(Unit):
    """A unit whose beats hold ``lanes`` elements of each of ``rows`` rows, one result each.

    The values of a group (scales, zero points, multipliers …) come once for it, those of every row,
    in a stream of their own. A group ends after ``group`` elements of a row, and with ``last``.

    A subclass has these parameters, ``group`` only where groups share anything, and says its
    formats.
    """

    rows: int
    lanes: int
    group: int = 0

    @property
    @abstractmethod
    def result(self) -> Format:
        """The format of results."""

    @property
    def holders(self) -> int:
        """How many sets of values a group has: one for each row, or one for all."""
        return self.rows

    @property
    def together(self) -> bool:
        """Whether every row takes the values of all holders."""
        return False

    @property
    @abstractmethod
    def source(self) -> tuple[str, Format]:
        """The stream of elements: its name, and their format."""

    @property
    @abstractmethod
    def held(self) -> dict[str, Format]:
        """What comes once for a group, by the name of its field."""

    def check_shape(self) -> None:
        """Raise DesignError, or TypeError for what is no number, for a shape that cannot be."""
        self.check_counts(
            ("rows", 1, MOST_ELEMENTS), ("lanes", 1, MOST_ELEMENTS), ("group", 0, LONGEST)
        )
        if self.rows * self.lanes > MOST_ELEMENTS:
            raise DesignError(
                f"rows × lanes must be at most {MOST_ELEMENTS}, got {self.rows} × {self.lanes}"
            )
        if self.group % self.lanes:
            raise DesignError(
                f"a group of {self.group} elements does not divide into beats of {self.lanes} "
                "lanes: make it a multiple, or 0 for all up to last"
            )

    @property
    def beats(self) -> int:
        """Beats of a whole group; 0: any number, up to ``last``."""
        return self.group // self.lanes

    @property
    def streams(self) -> tuple[Stream, ...]:
        shape, result = (self.rows, self.lanes), self.result
        signed = isinstance(result, Integer) and result.signed
        value = Field("value", "value", 0, "value", *shape, result.bits, signed)
        name, element = self.source
        codes = Field(name, "codes", 0, name, *shape, element.bits)
        found = [Stream(name, False, "step", (codes,), last=True)]
        if self.held:
            fields = tuple(
                Field(key, "scales", 0, key, self.holders, 1, fmt.bits)
                for key, fmt in self.held.items()
            )
            found.append(Stream("scale", False, "group", fields))
        return (*found, Stream("result", True, "step", (value,), last=True))

    def formats(self, field: Field) -> tuple[str, int | None]:
        return self.holds(field).name, None

    def holds(self, field: Field) -> Format:
        """The format of a field's codes."""
        name, element = self.source
        return {name: element, "value": self.result, **self.held}[field.array]

    def ends(self, last: Array) -> Array:
        """Where a group ends, bool (beats,), for the marks of as many beats."""
        if not self.beats:
            return np.asarray(last, bool)
        index = np.arange(len(last))
        starts = np.concatenate([[0], np.flatnonzero(last) + 1])
        number = index - starts[np.searchsorted(starts, index, side="right") - 1]
        return np.asarray(last | (number % self.beats == self.beats - 1))


class OneFormat(Grouped):
    """A unit whose values and results have the same format, and whose groups share nothing more."""

    format: Format

    @property
    def result(self) -> Format:
        return self.format

    @property
    def source(self) -> tuple[str, Format]:
        return "values", self.format

    @property
    def held(self) -> dict[str, Format]:
        return {}


class Elementwise(Grouped):
    """A unit whose results depend on one element each, and on what its group shares."""

    @abstractmethod
    def results(self, codes: Array, held: Mapping[str, Array]) -> Array:
        """Codes of elements -> codes of results, of the same shape; ``held`` broadcast."""

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        given = sent[self.source[0]]
        ends = self.ends(given.last)
        group = np.cumsum(ends) - ends
        codes, held, last = given.values[0], {}, given.last
        if self.held:
            whole = group < len(sent["scale"])
            codes, group, last = codes[whole], group[whole], last[whole]
            held = {
                name: values[group][:, :, None]
                for name, values in zip(self.held, sent["scale"].values, strict=True)
            }
        shape = (len(codes), self.rows, self.lanes)
        made = self.results(codes.reshape(shape), held).reshape(len(codes), self.rows * self.lanes)
        if self.streams[-1].fields[0].signed:
            made = made.astype(np.int64)
            made = made - (made >> (self.result.bits - 1) << self.result.bits)
        return {"result": Beats((made,), (None,), last)}
