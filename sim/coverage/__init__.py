"""Coverage of stimuli: bins declared from a design's widths and formats, and which were met."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..directed import units_of
from ..harness import Harness
from ..harness.engine import EngineHarness
from . import operands
from .bins import Bin, Bins
from .bits import bits
from .rounding import roundings

__all__ = ["Bin", "Bins", "coverage"]


def coverage(tried: Harness, trials: Sequence[Any]) -> Bins:
    """The bins of a design, and which of them ``trials`` meet; an engine's golden answers are
    computed anew."""
    bins, tried = Bins(), tried.alone
    bits(bins, tried, trials)
    if isinstance(tried, EngineHarness):
        engine, units = tried.engine, units_of(tried.plan)
        for mode in range(len(engine.modes)):
            alone = engine.alone(mode)
            tiles = [tile for tile in trials if tile.mode == mode]
            own = Bins() if len(engine.modes) > 1 else bins
            for part in (operands.codes, operands.scales, operands.bounds):
                part(own, alone, tiles)
            roundings(own, alone, tiles, units)
            if own is not bins:
                bins.add(own, f"mode {mode}: ")
    return bins
