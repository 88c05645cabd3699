"""Element formats: what a code stands for."""

from .base import Format
from .bipolar import Bipolar
from .catalogue import lookup, names
from .codebook import Codebook
from .fields import Fields, Kind
from .integer import Integer
from .minifloat import POLICIES, Minifloat, NaN, Policy
from .posit import Posit
from .rounding import ROUNDINGS, Rounding, Stochastic
from .sliced import Sliced

__all__ = [
    "ROUNDINGS",
    "Bipolar",
    "Codebook",
    "Fields",
    "Format",
    "Integer",
    "Kind",
    "Minifloat",
    "NaN",
    "POLICIES",
    "Policy",
    "Posit",
    "Rounding",
    "Sliced",
    "Stochastic",
    "lookup",
    "names",
]
