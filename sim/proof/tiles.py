"""Where the results of a tile stand behind the entrance of an engine's tail, and what each is.

That ``last`` comes with a tile's final result is a matter of counting: the entrance counts what
enters, and gives it its mark; some fifty stages later it must come with the right number. A solver
that looks at single bits does not find what connects the two. It is this: the mark of a result is
set where those that entered after it, taken back from the entrance's count, leave none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ...hw.design import Hardware
from ...hw.engine.hardware import EngineHardware
from ...hw.plan.plan import Plan

#: The module behind the scale units, in the flat core under its monitor.
TAIL = "core.path.tail"

#: Registers that say that a result is there: in the scale units, and in the tail's stages.
ONE_EACH = re.compile(r"core\.path\.(final_\d+|sums__valid|tail\.(valid_\d+|made__valid))")


@dataclass(frozen=True)
class Tiles:
    """The registers that say where results of a tile are.

    Parameters
    ----------
    rows, beats : of a tile: beats of results are counted in rows.
    stages : from the entrance on, two bits each: whether a result is there, and its ``last``.
    mark : the place of ``last`` in a beat, where results leave through a queue of two; else None.
    """

    rows: int
    beats: int
    stages: tuple[tuple[str, str], ...]
    mark: int | None

    @property
    def row_width(self) -> int:
        """Bits of the entrance's count of rows."""
        return max((self.rows - 1).bit_length(), 1)

    @property
    def beat_width(self) -> int:
        """Bits of its count of the beats of a row."""
        return max((self.beats - 1).bit_length(), 1)

    @property
    def connections(self) -> list[str]:
        """What a script connects in the flat design, before memories are mapped."""
        wires = {"tile_row": f"{TAIL}.row", "tile_beat": f"{TAIL}.beat"}
        for number, (there, last) in enumerate(self.stages):
            wires |= {f"stage_there[{number}]": there, f"stage_last[{number}]": last}
        if self.mark is not None:
            for name in ("count", "room", "o__valid", "address", "read_address_0"):
                wires[f"queue_{name}"] = f"{TAIL}.queue.{name}"
        return [f"connect -nounset -set {wire} {name}" for wire, name in wires.items()]

    @property
    def words(self) -> list[str]:
        """What it connects when memories are registers: marks of results in the queue."""
        if self.mark is None:
            return []
        words = f"{TAIL}.queue.kept.words"
        return [
            f"connect -nounset -set queue_last[{n}] {words}[{n}][{self.mark}]" for n in range(2)
        ]


def tiles_of(hardware: Hardware) -> Tiles | None:
    """Of an engine with scales whose results leave one after the other; else None."""
    engine = hardware.alone
    if not isinstance(engine, EngineHardware) or not isinstance(engine.plan, Plan):
        return None
    plan = engine.plan
    if plan.path is None or plan.results == plan.rows * plan.cols:
        return None
    queued = not plan.path.shared.collected
    depth = plan.path.tail - queued
    there = [*(f"{TAIL}.valid_{stage}" for stage in range(depth - 1)), f"{TAIL}.made__valid"]
    last = [f"{TAIL}.last_{stage}" for stage in range(depth)]
    mark = hardware.results[0].payload_bits - 1 if queued else None
    return Tiles(plan.rows, plan.cols // plan.results, tuple(zip(there, last, strict=True)), mark)


def one_each(
    names: Mapping[int, Sequence[tuple[str, int]]], among: Collection[int]
) -> dict[int, int]:
    """How many results each latch tells of, on the way from the scale units through a queue.

    Parameters
    ----------
    names : of latches, each with its bit.
    among : latches that may be told.
    """
    found = {}
    for latch in sorted(among):
        for name, bit in names[latch]:
            if ONE_EACH.fullmatch(name):
                found[latch] = 1
            elif name == f"{TAIL}.queue.count":
                found[latch] = 1 << bit
    return found
