"""How designs are tried, each kind in a file of its own."""

from ...hw.design import Hardware
from ...hw.engine.hardware import EngineHardware
from .base import Chosen, Harness, Lane, Part
from .engine import EngineHarness

#: A kind of hardware -> how it is tried.
KINDS: dict[type[Hardware], type[Harness]] = {EngineHardware: EngineHarness}


def harness(hardware: Hardware) -> Harness:
    """How a design is tried."""
    return next(KINDS[kind](hardware) for kind in type(hardware).__mro__ if kind in KINDS)


__all__ = ["Chosen", "Harness", "Lane", "Part", "harness"]
