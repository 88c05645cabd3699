"""How designs are tried, each kind in a file of its own."""

from collections.abc import Callable

from ...hw.design import Hardware, Streaming
from ...hw.engine.hardware import EngineHardware
from ...hw.system.chain import ChainHardware
from ...hw.system.converted import ConvertedHardware
from ...hw.system.crossed import CrossedHardware
from ...hw.system.interleaved import InterleavedHardware
from .base import Chosen, Harness, Lane, Part
from .chain import ChainHarness
from .converted import ConvertedHarness
from .crossed import CrossedHarness
from .engine import EngineHarness
from .interleaved import InterleavedHarness
from .unit import UnitHarness

#: A kind of hardware -> how it is tried.
KINDS: dict[type, Callable[..., Harness]] = {
    EngineHardware: EngineHarness,
    Streaming: UnitHarness,
    ChainHardware: ChainHarness,
    ConvertedHardware: lambda converted: ConvertedHarness(converted, harness(converted.within)),
    CrossedHardware: lambda found: CrossedHarness(found, harness(found.within)),
    InterleavedHardware: lambda found: InterleavedHarness(found, harness(found.within)),
}


def harness(hardware: Hardware) -> Harness:
    """How a design is tried."""
    return next(KINDS[kind](hardware) for kind in type(hardware).__mro__ if kind in KINDS)


__all__ = ["Chosen", "Harness", "Lane", "Part", "harness"]
