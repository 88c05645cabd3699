"""Hardware around other hardware, which changes how streams come and go and no bit of a result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..design import Hardware, Piece, StageRow
from .component import instance

#: What the design inside is called among its parts.
ALONE = "without converters"


class Around(Hardware):
    """What is said of a design that stands between other streams: what is said of it alone.

    Parameters
    ----------
    inner : the design itself.
    """

    def __init__(self, inner: Hardware):
        super().__init__(inner.design)
        self.within = inner

    @property
    def alone(self) -> Hardware:
        return self.within.alone

    @property
    def kind(self) -> str:  # type: ignore[override]
        return self.within.kind

    @property
    def work(self) -> str:  # type: ignore[override]
        return self.within.work

    @property
    def timed(self) -> bool:  # type: ignore[override]
        return self.within.timed

    @property
    def kept(self) -> tuple[str, ...]:  # type: ignore[override]
        return tuple(dict.fromkeys((*self.within.kept, instance(self.alone))))

    @property
    def parts(self) -> Mapping[str, str]:  # type: ignore[override]
        return {instance(self.alone): ALONE, **self.within.parts}

    @property
    def latency(self) -> int:
        return self.within.latency

    @property
    def hold(self) -> int:
        return self.within.hold

    @property
    def drain(self) -> int:
        return self.within.drain

    @property
    def rates(self) -> Mapping[str, int | float]:
        return self.within.rates

    @property
    def summary(self) -> str:
        return self.within.summary

    @property
    def notes(self) -> Mapping[str, str]:
        return self.within.notes

    @property
    def manual(self) -> tuple[str, ...]:
        return self.within.manual

    @property
    def remarks(self) -> tuple[str, ...]:
        return self.within.remarks

    @property
    def shape(self) -> str:
        return self.within.shape

    @property
    def pace(self) -> str:
        return self.within.pace

    @property
    def approximate(self) -> list[str]:
        return self.within.approximate

    def explained(self, part: str) -> str:
        return part if part == ALONE else self.within.explained(part)

    @property
    def facts(self) -> Mapping[str, Any]:
        return self.within.facts

    @property
    def rows(self) -> tuple[StageRow, ...]:
        return self.within.rows

    @property
    def pieces(self) -> tuple[Piece, ...]:
        return self.within.pieces
