"""How a core meets the world: ways of laying streams out on a wrapper's ports, one file each."""

from .axis import AXIS
from .interface import Interface, Pin, Slice
from .native import NATIVE
from .packets import PACKETS, SOME_PACKETS

__all__ = ["AXIS", "NATIVE", "PACKETS", "SOME_PACKETS", "Interface", "Pin", "Slice"]
