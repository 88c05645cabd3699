"""Quantized MAC engines: Verilog, a bit-exact proof, and the cost on an FPGA board.

>>> from macsmith import design, matmul
>>> engine = design("int4xint8")
"""

from .designs import Options, design
from .golden import (
    ROW,
    TENSOR,
    Arithmetic,
    Build,
    DesignError,
    Engine,
    Level,
    MacsmithError,
    Operand,
    Output,
    Plane,
    Quantized,
    Stage,
    Stochastic,
    from_toml,
    group,
    load,
    lookup,
    matmul,
    quantize,
    raw,
    to_toml,
)

__version__ = "0.1.0"

__all__ = [
    "ROW",
    "TENSOR",
    "Arithmetic",
    "Build",
    "DesignError",
    "Engine",
    "Level",
    "MacsmithError",
    "Operand",
    "Options",
    "Output",
    "Plane",
    "Quantized",
    "Stage",
    "Stochastic",
    "design",
    "from_toml",
    "group",
    "load",
    "lookup",
    "matmul",
    "quantize",
    "raw",
    "to_toml",
]
