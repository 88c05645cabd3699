"""Units that come with the package, each in a file that registers its kind."""

from .dequantize import Dequantize
from .hadamard import Hadamard
from .ilayernorm import ILayerNorm
from .quantize import Quantize
from .requantize import Requantize
from .shiftgelu import ShiftGelu
from .shiftmax import Shiftmax

__all__ = [
    "Dequantize",
    "Hadamard",
    "ILayerNorm",
    "Quantize",
    "Requantize",
    "ShiftGelu",
    "Shiftmax",
]
