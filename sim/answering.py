"""What simulated hardware answers to given beats."""

from __future__ import annotations

from collections.abc import Mapping

from ..golden.errors import ToolFailed
from ..golden.streams import Beats
from . import lanes
from .streams import Array, Simulator


def answered(simulator: Simulator, sent: Mapping[str, Beats], wanted: int) -> tuple[Array, ...]:
    """For each field of the results its bit patterns (beats, values), of ``wanted`` beats.

    Raises ToolFailed where as many do not come.
    """
    run = simulator.run(sent, wanted)
    if len(run.last) < wanted or run.extra:
        raise ToolFailed(f"{simulator.emitted.name} hung or gave results twice in simulation")
    fields = simulator.result.fields
    return tuple(
        lanes.patterns(field, found) for field, found in zip(fields, run.words, strict=True)
    )
