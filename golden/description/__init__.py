"""The description of a design: frozen dataclasses from which every view is derived."""

from .arithmetic import Arithmetic, raw
from .engine import Build, Engine
from .operand import ROW, TENSOR, Level, Operand, Plane, Select, Span, block, group
from .output import Output
from .stage import Stage
from .structure import Sparse

__all__ = [
    "ROW",
    "TENSOR",
    "Arithmetic",
    "Build",
    "Engine",
    "Level",
    "Operand",
    "Output",
    "Plane",
    "Select",
    "Span",
    "Sparse",
    "Stage",
    "block",
    "group",
    "raw",
]
