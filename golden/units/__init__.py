"""Units that come with the package, each in a file that registers its kind."""

from .dequantize import Dequantize
from .function import FunctionOfOne
from .hadamard import Hadamard
from .quantize import Quantize
from .requantize import Requantize
from .rope import Rope
from .softmax import Softmax

__all__ = ["Dequantize", "FunctionOfOne", "Hadamard", "Quantize", "Requantize", "Rope", "Softmax"]
from .residual import Residual
from .rms_norm import RmsNorm

__all__ = ["Dequantize", "Hadamard", "Quantize", "Requantize", "Residual", "RmsNorm"]
