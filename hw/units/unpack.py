"""Unpackers as designs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from amaranth.lib import wiring

from ...golden.formats import Format
from ...golden.streams import Beats, Field
from ...golden.units import Unpack
from ..design import StageRow
from .unit_hardware import UnitHardware
from .unpack_plan import UnpackPlan
from .unpacker import Unpacker

#: Cycles from the last of a word's bytes in a gearbox to the beat of results that follows.
BEHIND = 4


class UnpackHardware(UnitHardware[Unpack]):
    """An unpacker as a design.

    Parameters
    ----------
    design : :class:`Unpack`
    """

    kept = ("entry",)
    work = "element"

    @cached_property
    def plan(self) -> UnpackPlan:
        return UnpackPlan(self.unit)

    def component(self) -> wiring.Component:
        return Unpacker(self.unit)

    @property
    def latency(self) -> int:
        found = 0
        for gear in self.plan.gears.values():
            narrow = gear.wide < gear.port
            chunks = -(-min(gear.port, gear.word) // gear.chunk)
            steps = max(gear.port // gear.wide, chunks, 1)
            found = max(found, narrow + steps + BEHIND + (gear.left > 0))
        return found + self.plan.between + self.plan.early

    @property
    def drain(self) -> int:
        """What is inside leaves: a few beats of bytes, and two words."""
        found = 0
        for name, gear in self.plan.gears.items():
            inside = 3 * gear.port + 2 * gear.wide + gear.chunk
            found = max(found, (inside // gear.word + 3) * self.unit.words[name].beats)
        return self.latency + found

    @property
    def hold(self) -> int:
        return self.drain + 8

    @property
    def share(self) -> float:
        """Of the cycles at full rate those that make a beat of results."""
        unit = self.unit
        needed = [words.size / words.beats / unit.bytes for words in unit.words.values()]
        return 1 / max(1.0, *needed)

    @property
    def rates(self) -> Mapping[str, int | float]:
        [(_, element), *_] = self.unit.codes.items()
        many = self.unit.rows * self.unit.lanes
        return {element.name: many if self.share == 1 else many * self.share}

    @property
    def pace(self) -> str:
        unit = self.unit
        told = [
            f"{words.size} bytes of {name} in {words.beats} beats"
            for name, words in unit.words.items()
        ]
        return ", ".join(told)

    @property
    def summary(self) -> str:
        unit = self.unit
        ports = f"{len(unit.words)} ports" if len(unit.words) > 1 else "a port"
        return (
            f"unpacker of {unit.scheme}, {ports} of {unit.port} bits to {unit.rows} x "
            f"{unit.lanes} elements per beat, latency {self.latency} cycles"
        )

    @property
    def notes(self) -> Mapping[str, str]:
        unit, order = self.unit, "row by row, lane by lane"
        blocks = "blocks of the rows side by side, then of the next columns" * (unit.rows > 1)
        told = f"{unit.bytes} bytes, the first in the low bits; {blocks or 'block after block'}"
        made = [f"{name} ({fmt.name}; {order})" for name, fmt in unit.codes.items()]
        for name, (fmt, span) in unit.beside.items():
            made.append(f"{name} ({fmt.name}; of {span}, in every beat)")
        return {name: told for name in unit.words} | {
            "result": f"from the low bits: {', '.join(made)}"
        }

    @property
    def manual(self) -> tuple[str, ...]:
        unit = self.unit
        held = ", ".join(
            f"{words.size} bytes of `{name}` are {words.columns} columns of {unit.rows} row"
            f"{'s' * (unit.rows > 1)} and become {words.beats} beat{'s' * (words.beats > 1)}"
            for name, words in unit.words.items()
        )
        found = [
            "Bytes follow each other without gaps, wherever beats begin and end, also from one row "
            f"to the next. {held}.",
            f"`last` comes with the end of a row of {unit.k} elements."
            if unit.k
            else "`last` stays low: nothing says where a row ends.",
            "Scales stand beside the codes that they belong to, in every beat.",
        ]
        if len(unit.words) > 1:
            found.append("A beat of results leaves when all parts of it have come.")
        found.append(
            f"Some {self.latency} cycles from the last byte of a word to its first beat of results "
            "when nobody stalls, no `ready` depends on another stream's. The reset is synchronous: "
            "the next byte begins a word."
        )
        return tuple(found)

    @property
    def remarks(self) -> tuple[str, ...]:
        lines = []
        for name, gear in self.plan.gears.items():
            lines.append(
                f"{name}: words of {gear.word} bytes in {gear.chunks} of {gear.chunk}, which begin "
                f"at {gear.positions} place{'s' * (gear.positions > 1)} of {gear.wide} bytes"
            )
        return tuple(lines)

    @property
    def facts(self) -> Mapping[str, Any]:
        words = {name: words.size for name, words in self.unit.words.items()}
        return {**self.unit.facts, "words": words}

    @property
    def rows(self) -> tuple[StageRow, ...]:
        found = []
        for name, gear in self.plan.gears.items():
            often = f"{gear.port} bytes per beat"
            found.append(StageRow(name, 8, None, "uint8", None, often, name))
        word = sum(gear.word for gear in self.plan.gears.values())
        found.append(StageRow("word", 8 * word, None, "", self.latency - 1, "whole blocks"))
        for name, fmt in self.unit.codes.items():
            often = f"{self.unit.rows * self.unit.lanes} per beat, chosen out of the word"
            found.append(StageRow(name, fmt.bits, None, fmt.name, 1, often))
        return tuple(found)

    def holds(self, field: Field) -> Format:
        return self.unit.holds(field)

    # How it is tried.

    @property
    def result_beats(self) -> int:
        return self.unit.period

    def cycles(self, trials: Sequence[Mapping[str, Beats]]) -> int | None:
        return None  # bytes come as fast as a port has them

    def worth(self, trial: Mapping[str, Beats]) -> int:
        return self.unit.period * self.unit.rows * self.unit.lanes
