"""Functions of one value, as tables of straight lines that the golden model makes."""

from .curve import Curve, curve
from .definitions import FUNCTIONS

__all__ = ["FUNCTIONS", "Curve", "curve"]
