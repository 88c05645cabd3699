"""Storage schemes of the literature: bytes <-> codes and scales, as data."""

from .catalogue import lookup, names, pack, pack_parts, unpack, unpack_parts
from .dfloat11 import DFloat11
from .map import Map
from .part import Part
from .places import Digits, Field
from .scaled import Scaled
from .scheme import Mapped, Scheme
from .sums import Sums
from .table import Table
from .words import unpack_act_order

__all__ = [
    "DFloat11",
    "Digits",
    "Field",
    "Map",
    "Mapped",
    "Part",
    "Scaled",
    "Scheme",
    "Sums",
    "Table",
    "lookup",
    "names",
    "pack",
    "pack_parts",
    "unpack",
    "unpack_act_order",
    "unpack_parts",
]
