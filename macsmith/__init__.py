"""Quantized MAC engines: Verilog, a bit-exact proof, and the cost on an FPGA board.

>>> from macsmith import design, matmul
>>> engine = design("int4xint8")
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    from .library import cost, covered, explain, generate, mutants, prove, simulate, verify
    from .own_rtl import prove_rtl, verify_rtl

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
    "cost",
    "covered",
    "design",
    "explain",
    "from_toml",
    "generate",
    "group",
    "load",
    "lookup",
    "matmul",
    "mutants",
    "prove",
    "prove_rtl",
    "quantize",
    "raw",
    "simulate",
    "to_toml",
    "verify",
    "verify_rtl",
]

#: Names that are not the golden model's, and where they are.
_ELSEWHERE = {
    "Options": "designs",
    "design": "designs",
    "prove_rtl": "own_rtl",
    "verify_rtl": "own_rtl",
    **dict.fromkeys(
        ("cost", "covered", "explain", "generate", "mutants", "prove", "simulate", "verify"),
        "library",
    ),
}


if not TYPE_CHECKING:  # for a checker, the names above are all there are

    def __getattr__(name: str) -> object:
        """A public name, or the room behind it; NumPy is loaded when the first is asked for."""
        from importlib import import_module

        if name in ("designs", "golden"):
            return import_module(f".{name}", __name__)
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f".{_ELSEWHERE.get(name, 'golden')}", __name__), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
