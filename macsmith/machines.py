"""Simulators of engines, built once and kept for the next call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeVar

from .golden.description import Build, Chain, Design, Engine
from .hw.text.emit import emit
from .sim.sliced.lockstep import Lockstep
from .sim.streams import Simulator

#: Multiplications from which on making gates pays.
MANY = 1 << 24

#: Compiled designs that are kept.
_KEPT = 16

D = TypeVar("D", Engine, Chain)


def without_converters(design: D) -> D:
    """``design`` with each stream as wide as it is, in one die: neither changes a bit."""
    around: dict[str, Any] = {"axis_width": 0, "die_crossings": 0}
    if isinstance(design.build, Build):
        around["interleave"] = False
    return replace(design, build=replace(design.build, **around))


def ready(engine: Engine, copies: bool) -> Iterator[Simulator | Lockstep]:
    """Build what simulates ``engine``, as many or alone; the next is for what the one
    before cannot do."""
    engine = without_converters(engine)
    if copies and engine.build.flow != "weight_stationary":
        yield _copies(engine)
    yield alone(engine)


@lru_cache(2)
def _copies(design: Design) -> Lockstep:
    return Lockstep(emit(design))


@lru_cache(_KEPT)
def alone(design: Design) -> Simulator:
    """The simulator of ``design``, kept for the next call."""
    return Simulator(emit(design))
