"""Streaming floating point: convert, multiply, scale, add; registers where wanted."""

from .add import FloatAdd
from .convert import FloatToFloat, FloatToInteger
from .fixed import FixedToInteger
from .integer import IntegerToFloat
from .multiply import FloatMultiply
from .product import FloatProduct
from .scale import ScaleToFloat
from .shifted import ShiftToInteger

__all__ = [
    "FixedToInteger",
    "FloatAdd",
    "FloatMultiply",
    "FloatProduct",
    "FloatToFloat",
    "FloatToInteger",
    "IntegerToFloat",
    "ScaleToFloat",
    "ShiftToInteger",
]
