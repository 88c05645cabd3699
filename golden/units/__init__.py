"""Units that come with the package, each in a file that registers its kind."""

from .dequantize import Dequantize
from .hadamard import Hadamard
from .quantize import Quantize
from .requantize import Requantize
from .unpack import Unpack

__all__ = ["Dequantize", "Hadamard", "Quantize", "Requantize", "Unpack"]
