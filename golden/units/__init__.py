"""Units that come with the package, each in a file that registers its kind."""

from .augment import Augment
from .block_affine import BlockAffine
from .butterflies import Butterflies
from .dequantize import Dequantize
from .dfloat11 import DFloat11Decoder
from .function import FunctionOfOne
from .hadamard import Hadamard
from .ilayernorm import ILayerNorm
from .layer_norm import LayerNorm
from .product import Product
from .quantize import Quantize
from .requantize import Requantize
from .residual import Residual
from .rms_norm import RmsNorm
from .rope import Rope
from .shiftgelu import ShiftGelu
from .shiftmax import Shiftmax
from .softmax import Softmax
from .unpack import Unpack

__all__ = [
    "Augment",
    "BlockAffine",
    "Butterflies",
    "DFloat11Decoder",
    "Dequantize",
    "FunctionOfOne",
    "Hadamard",
    "ILayerNorm",
    "LayerNorm",
    "Product",
    "Quantize",
    "Requantize",
    "Residual",
    "RmsNorm",
    "Rope",
    "ShiftGelu",
    "Shiftmax",
    "Softmax",
    "Unpack",
]
