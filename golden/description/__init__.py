"""The description of a design: frozen dataclasses from which every view is derived."""

from .arithmetic import Arithmetic, raw
from .build import Build, Target
from .chain import Chain
from .design import Design
from .engine import Engine
from .operand import ROW, TENSOR, Level, Operand, Plane, Select, Span, block, group
from .output import Output
from .stage import Stage
from .structure import Sparse
from .unit import UNITS, Unit

__all__ = [
    "ROW",
    "TENSOR",
    "UNITS",
    "Arithmetic",
    "Build",
    "Chain",
    "Design",
    "Engine",
    "Level",
    "Operand",
    "Output",
    "Plane",
    "Select",
    "Span",
    "Sparse",
    "Stage",
    "Target",
    "Unit",
    "block",
    "group",
    "raw",
]
