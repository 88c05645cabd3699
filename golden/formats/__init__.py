"""Element formats: what a code stands for."""

from .base import Fields, Format, Kind
from .catalogue import lookup, names
from .codebook import Codebook
from .integer import Integer
from .minifloat import Minifloat, Policy
from .rounding import ROUNDINGS

__all__ = [
    "ROUNDINGS",
    "Codebook",
    "Fields",
    "Format",
    "Integer",
    "Kind",
    "Minifloat",
    "Policy",
    "lookup",
    "names",
]
