"""All kinds of designs, and the hardware of each."""

from __future__ import annotations

from collections.abc import Callable

from ..golden.description import Chain, Design, Engine
from ..golden.errors import DesignError
from ..golden.units import Dequantize, Hadamard, Quantize, Requantize, Unpack
from .design import Hardware
from .engine.hardware import EngineHardware
from .system.chain import ChainHardware
from .units.dequantize import DequantizeHardware
from .units.hadamard import HadamardHardware
from .units.quantize import QuantizeHardware
from .units.requantize import RequantizeHardware
from .units.unpack import UnpackHardware

#: A description's type -> what makes its hardware.
BUILDERS: dict[type, Callable[..., Hardware]] = {
    Engine: EngineHardware,
    Dequantize: DequantizeHardware,
    Quantize: QuantizeHardware,
    Requantize: RequantizeHardware,
    Hadamard: HadamardHardware,
    Unpack: UnpackHardware,
    Chain: lambda design: ChainHardware(design, hardware),
}


def hardware(design: Design) -> Hardware:
    """The hardware of a design. Raises DesignError for what cannot be built."""
    for kind in type(design).__mro__:
        if kind in BUILDERS:
            return BUILDERS[kind](design)
    raise DesignError(f"a design is an engine, a unit or a chain, got {design!r}")
