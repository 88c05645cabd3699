"""Whether a module's latency is the one that its map says, and fixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from ...golden.streams import Beats
from .. import lanes
from ..harness import harness
from ..streams import Simulator
from .adapter import probed
from .candidate import Candidate
from .hardware import Guest

#: Cycles beyond the latency of the map that are looked at.
_BEYOND = 17

#: Cycles of a run.
_LONG = 1 << 12


def explained(candidate: Candidate, trials: Sequence[Any]) -> None:
    """Raise DesignError if results are right, but come after other cycles than the map says."""
    output, lines = candidate.fit.output, candidate.fit.found.lines
    result = candidate.guest.results[0]
    if output.latency is None or result.last:
        return
    seen = [_right(candidate, trials[place:]) for place in range(len(trials) - 1)]
    if not all(cycles for cycles in seen):
        return  # a wrong number, whenever it comes
    if common := set.intersection(*seen):
        if output.latency not in common:
            right = min(common)
            lines.refuse(
                f"latency is {output.latency}, but results come after {right} cycles: say latency "
                f"= {right}", "latency", "output",
            )  # fmt: skip
        return
    few, many = min(min(cycles) for cycles in seen), max(min(cycles) for cycles in seen)
    lines.refuse(
        f"the latency is not fixed: one result comes after {few} cycles, one after {many}; give "
        "the results a valid", "latency", "output",
    )  # fmt: skip


def _right(candidate: Candidate, trials: Sequence[Any]) -> set[int]:
    """Cycles after the end of the first trial, which others follow, in which its right result
    stands at the outputs."""
    machine, cycles = _probe(candidate)
    tried, result = harness(candidate.guest), candidate.guest.results[0]
    wanted = tried.sent(result, trials[:1])
    sent = {stream.name: tried.sent(stream, trials) for stream in candidate.guest.sources}
    machine.reset()
    run = machine.run(sent, len(wanted), most=_LONG)
    if len(run.last) < len(wanted):
        return set()
    each = len(result.fields)
    return {
        cycle
        for cycle in range(cycles)
        if _same(candidate.guest, wanted, run.words[cycle * each : (cycle + 1) * each])
    }


def _same(guest: Guest, wanted: Beats, words: Sequence[lanes.Array]) -> bool:
    """Whether words are the results that are wanted."""
    every = zip(guest.results[0].fields, words, wanted.values, wanted.flags, strict=True)
    for field, word, values, flags in every:
        if not np.array_equal(lanes.patterns(field, word), lanes.pattern_of(field, values)):
            return False
        if flags is not None and not np.array_equal(lanes.flags_of(field, word), flags):
            return False
    return True


def _probe(candidate: Candidate) -> tuple[Simulator, int]:
    """The module with an adapter that shows its outputs in every cycle after a trial."""
    known = candidate.__dict__.get("probe")
    if known is None:
        cycles = (candidate.fit.output.latency or 0) + _BEYOND
        guest = _twin(candidate.guest)
        guest.result = probed(guest.result, cycles)
        emitted = replace(candidate.emitted, hardware=guest, rtlil=candidate.rtlil(cycles))
        known = candidate.__dict__["probe"] = Simulator(emitted), cycles
    return cast(tuple[Simulator, int], known)


def _twin(guest: Guest) -> Guest:
    made = type(guest)(guest.design)
    made.own, made.called = guest.own, guest.called
    made.result, made.outlasted = guest.result, guest.outlasted
    return made
