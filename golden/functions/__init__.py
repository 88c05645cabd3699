"""Functions of one value, as tables of straight lines that the golden model makes."""

from .curves import Curve
from .definitions import FUNCTIONS
from .fit import curve

__all__ = ["FUNCTIONS", "Curve", "curve"]
