"""The protocol of hardware: what emission, benches, manifests and reports know of a design.

Nothing above this floor asks what kind of design it has. A new kind is a subclass of
:class:`Hardware` and an entry in :mod:`macsmith.hw.catalogue`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
from amaranth.lib import wiring

from ..golden.bounds import Range
from ..golden.description import Design, Target
from ..golden.description.build import INTERFACES
from ..golden.formats import Format
from ..golden.streams import Beats, Field, Stream
from .outside import Interface


@dataclass(frozen=True)
class StageRow:
    """One stage of a number's way through a design.

    Parameters
    ----------
    stage : its name.
    bits : width of a value.
    range : its bounds and unit; None for codes and floats.
    format : of the value; empty for integers.
    cycles : latency that it adds; None where it has none of its own.
    what : one line.
    stream : which stream brings it; empty for what is made inside.
    takes : the stages whose values it takes; None for the one before.
    """

    stage: str
    bits: int
    range: Range | None
    format: str
    cycles: int | None
    what: str
    stream: str = ""
    takes: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Piece:
    """A part of a design, as its picture shows it.

    Parameters
    ----------
    hardware : of the part.
    names : what its streams are called outside, where that differs.
    entry : its stream that takes the results of the part before; empty for the first part.
    join : what happens to these on their way, in words.
    """

    hardware: Hardware
    names: Mapping[str, str] = field(default_factory=dict)
    entry: str = ""
    join: str = ""


class Hardware(ABC):
    """The hardware of a design.

    Parameters
    ----------
    design : its description.

    Attributes
    ----------
    kept : names of modules that stay apart in synthesis: repeated ones, registered at their edge.
    parts : those of ``kept`` that are also costed apart, and what each is called.
    kind, work : what it is called, and what a rate counts, in the singular.
    timed : whether its cycles without stalls are known.
    levels : LUTs in series from which on it is mapped for fewer; None: as it comes.
    """

    kept: ClassVar[tuple[str, ...]] = ()
    parts: ClassVar[Mapping[str, str]] = {}
    kind: ClassVar[str] = "engine"
    work: ClassVar[str] = "MAC"
    timed: ClassVar[bool] = True
    levels: ClassVar[int | None] = None

    def __init__(self, design: Design):
        self.design = design

    @property
    def name(self) -> str:
        return self.design.name

    @property
    def target(self) -> Target:
        return self.design.build

    @property
    def alone(self) -> Hardware:
        """The design without what only widens or narrows its streams: itself, in general."""
        return self

    @property
    def beat_cycles(self) -> Mapping[Stream, Fraction]:
        """Cycles that a beat takes on its port, by the streams of ``alone``, where it may be more
        than one."""
        return {}

    @property
    def interface(self) -> Interface:
        found: Interface = INTERFACES[self.target.interface]
        return found

    @property
    @abstractmethod
    def streams(self) -> tuple[Stream, ...]:
        """All streams in the order of the ports; those that come out last."""

    @property
    def sources(self) -> tuple[Stream, ...]:
        return tuple(stream for stream in self.streams if not stream.output)

    @property
    def results(self) -> tuple[Stream, ...]:
        return tuple(stream for stream in self.streams if stream.output)

    @abstractmethod
    def component(self) -> wiring.Component:
        """The core: a port of ``stream.Signature`` for each stream."""

    @property
    @abstractmethod
    def latency(self) -> int:
        """Cycles from the last input of a result to the first result, without stalls."""

    @property
    def hold(self) -> int:
        """Cycles without a transfer after which everything inside stands still."""
        return self.latency + 8

    @property
    def drain(self) -> int:
        """Cycles after which nothing comes any more, when all inputs were taken."""
        return self.latency

    @property
    @abstractmethod
    def rates(self) -> Mapping[str, int | float]:
        """Units of ``work`` a cycle at full rate, by mode."""

    @property
    @abstractmethod
    def summary(self) -> str:
        """One line that says what it is."""

    @property
    @abstractmethod
    def notes(self) -> Mapping[str, str]:
        """What each stream carries, in one line each."""

    def note(self, stream: Stream) -> str:
        """The line of one of its streams, or of one that has some of its fields."""
        return self.notes[stream.name]

    @property
    @abstractmethod
    def manual(self) -> tuple[str, ...]:
        """How to use its streams, a paragraph each, for who connects them."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is worth knowing, a line each."""
        return ()

    @property
    def shape(self) -> str:
        """Its shape as part of a name, where it has one."""
        return ""

    @property
    def pace(self) -> str:
        """How often what is taken, in words; empty for a beat a cycle."""
        return ""

    @property
    def approximate(self) -> list[str]:
        """Rules in use whose results are not exact."""
        return []

    def explained(self, part: str) -> str:
        """A part's name, with what it is."""
        return part

    @property
    def facts(self) -> Mapping[str, Any]:
        """What programs may want to know beside latency and rate: JSON values by name."""
        return {}

    @property
    @abstractmethod
    def rows(self) -> tuple[StageRow, ...]:
        """The stages in the order in which a number meets them."""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The parts through which numbers go one after the other; one, where there are none."""
        return (Piece(self),)

    @abstractmethod
    def format_of(self, field: Field) -> tuple[str, int | None]:
        """The format of a field's values, or ``integer`` and the exponent of its unit."""

    @abstractmethod
    def holds(self, field: Field) -> Format | Range:
        """What a field's values are: codes of a format, or integers of a range."""

    @abstractmethod
    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        """The golden model: what comes out for what went in, by stream."""


class Streaming(Hardware):
    """Hardware that is tried with beats, as units are: what to send, and what it takes."""

    @property
    def whole(self) -> int:
        """Elements along K of a vector that are taken and made as a whole."""
        return self.result_beats * self.results[0].fields[0].lanes

    @property
    @abstractmethod
    def result_beats(self) -> int:
        """Beats of results of a trial."""

    @abstractmethod
    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        """What is worth sending: for each trial the beats of all inputs."""

    @abstractmethod
    def bounds(self) -> list[dict[str, Beats]]:
        """Trials that drive every sum inside to its bounds, where it has any."""

    @abstractmethod
    def cycles(self, trials: Sequence[Mapping[str, Beats]]) -> int | None:
        """From the first transfer to the last result without stalls; None where some occur."""

    @abstractmethod
    def worth(self, trial: Mapping[str, Beats]) -> int:
        """Units of ``work`` of a trial."""
