"""All kinds of designs, and the hardware of each."""

from __future__ import annotations

from collections.abc import Callable

from ..golden.description import Chain, Design, Engine
from ..golden.errors import DesignError
from ..golden.units import (
    Augment,
    BlockAffine,
    Butterflies,
    Dequantize,
    DFloat11Decoder,
    FunctionOfOne,
    Hadamard,
    ILayerNorm,
    LayerNorm,
    Product,
    Quantize,
    Requantize,
    Residual,
    RmsNorm,
    Rope,
    ShiftGelu,
    Shiftmax,
    Softmax,
    Unpack,
)
from .design import Hardware
from .engine.hardware import EngineHardware
from .system.chain import ChainHardware
from .system.converted import ConvertedHardware
from .system.crossed import CrossedHardware
from .system.interleaved import InterleavedHardware
from .units.augment import AugmentHardware
from .units.block_affine import BlockAffineHardware
from .units.butterfly import ButterfliesHardware
from .units.dequantize import DequantizeHardware
from .units.dfloat11 import DFloat11Hardware
from .units.function import FunctionHardware
from .units.hadamard import HadamardHardware
from .units.ilayernorm import ILayerNormHardware
from .units.layer_norm import LayerNormHardware
from .units.product import ProductHardware
from .units.quantize import QuantizeHardware
from .units.requantize import RequantizeHardware
from .units.residual import ResidualHardware
from .units.rms_norm import RmsNormHardware
from .units.rope import RopeHardware
from .units.shiftgelu import ShiftGeluHardware
from .units.shiftmax import ShiftmaxHardware
from .units.softmax import SoftmaxHardware
from .units.unpack import UnpackHardware

#: A description's type -> what makes its hardware.
BUILDERS: dict[type, Callable[..., Hardware]] = {
    Engine: EngineHardware,
    Augment: AugmentHardware,
    BlockAffine: BlockAffineHardware,
    Butterflies: ButterfliesHardware,
    Dequantize: DequantizeHardware,
    DFloat11Decoder: DFloat11Hardware,
    Quantize: QuantizeHardware,
    Requantize: RequantizeHardware,
    FunctionOfOne: FunctionHardware,
    Rope: RopeHardware,
    Softmax: SoftmaxHardware,
    Hadamard: HadamardHardware,
    Residual: ResidualHardware,
    Product: ProductHardware,
    RmsNorm: RmsNormHardware,
    LayerNorm: LayerNormHardware,
    ILayerNorm: ILayerNormHardware,
    ShiftGelu: ShiftGeluHardware,
    Shiftmax: ShiftmaxHardware,
    Unpack: UnpackHardware,
    Chain: lambda design: ChainHardware(design, alone),
}


def hardware(design: Design) -> Hardware:
    """The hardware of a design. Raises DesignError for what cannot be built."""
    found, width, borders = alone(design), design.build.axis_width, design.build.die_crossings
    if isinstance(found, EngineHardware) and found.engine.build.interleave:
        found = InterleavedHardware(found)
    found = ConvertedHardware(found, width) if width else found
    return CrossedHardware(found, borders) if borders else found


def alone(design: Design) -> Hardware:
    """The same without converters of widths and crossings of dies, as it stands in a chain."""
    for kind in type(design).__mro__:
        if kind in BUILDERS:
            return BUILDERS[kind](design)
    raise DesignError(f"a design is an engine, a unit or a chain, got {design!r}")
