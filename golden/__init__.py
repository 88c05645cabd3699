"""What is true: formats, descriptions, and the bit-exact answer of every engine."""

from .description import (
    ROW,
    TENSOR,
    Arithmetic,
    Build,
    Engine,
    Level,
    Operand,
    Output,
    Plane,
    Select,
    Span,
    Stage,
    block,
    group,
    raw,
)
from .description.serialize import from_toml, load, to_toml
from .errors import DesignError, MacsmithError, Mismatch, ToolFailed, ToolMissing, UnknownName
from .formats import Codebook, Format, Integer, Minifloat, Policy, lookup
from .matmul import Result, matmul
from .quantize import quantize
from .tensor import Quantized

__all__ = [
    "ROW",
    "TENSOR",
    "Arithmetic",
    "Build",
    "Codebook",
    "DesignError",
    "Engine",
    "Format",
    "Integer",
    "Level",
    "MacsmithError",
    "Minifloat",
    "Mismatch",
    "Operand",
    "Output",
    "Plane",
    "Policy",
    "Quantized",
    "Result",
    "Select",
    "Span",
    "Stage",
    "ToolFailed",
    "ToolMissing",
    "UnknownName",
    "block",
    "from_toml",
    "group",
    "load",
    "lookup",
    "matmul",
    "quantize",
    "raw",
    "to_toml",
]
