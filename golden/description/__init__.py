"""The description of a design: frozen dataclasses from which every view is derived."""

from .arithmetic import Arithmetic, Output, Stage, raw
from .engine import Build, Engine
from .operand import ROW, TENSOR, Level, Operand, Plane, Select, Span, block, group

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
    "Stage",
    "block",
    "group",
    "raw",
]
