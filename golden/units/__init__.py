"""Units that come with the package, each in a file that registers its kind."""

from .block_affine import BlockAffine
from .butterflies import Butterflies
from .dequantize import Dequantize
from .hadamard import Hadamard
from .quantize import Quantize
from .requantize import Requantize

__all__ = ["BlockAffine", "Butterflies", "Dequantize", "Hadamard", "Quantize", "Requantize"]
