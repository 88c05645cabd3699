"""Which design serves a matrix: a preset of the same weights, or its weights beside activations."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ..designs import design, presets
from ..golden.description import (
    ROW,
    Arithmetic,
    Build,
    Engine,
    Level,
    Operand,
    Output,
    Plane,
    Stage,
)
from ..golden.errors import DesignError
from ..golden.formats import Integer, Minifloat, lookup
from ..golden.quantize import quantize
from ..golden.tensor import Quantized
from ..pairs import Half, paired
from .folding import fold
from .matrix import Matrix
from .naming import alike, renamed

#: Activations that weights meet where no preset has them, by name of the preset that gives them.
INTEGERS = "w8a8"
FLOATS = "e4m3"

_GGUF = "gguf_"


@dataclass(frozen=True)
class Served:
    """A matrix and the design for it.

    Parameters
    ----------
    engine : the design.
    weight : codes and scales under the design's names.
    how : what was done to the weights, in words; empty for nothing.
    """

    engine: Engine
    weight: Quantized
    how: str = ""


def matching(operand: Operand, called: str = "") -> tuple[str, ...]:
    """The presets whose weights are ``operand`` and whose products are exact; those of llama.cpp's
    activations first where ``called``, the scheme, is one of GGUF."""
    found = [
        name
        for name in presets()
        if len((engine := design(name)).modes) == 1
        and engine.arithmetic.product == "exact"
        and alike(engine.arithmetic.weight, operand)
    ]
    gguf = called.startswith("GGUF")
    return tuple(sorted(found, key=lambda name: (name.startswith(_GGUF) != gguf, name)))


def engine_for(matrix: Matrix) -> Engine:
    """The design that serves ``matrix``: the first of :func:`matching`, else its weights beside the
    activations of :data:`INTEGERS` or :data:`FLOATS`.

    DesignError, with the reason, where none does.
    """
    if found := matching(matrix.operand, matrix.scheme):
        return _engine(found[0])
    element = matrix.operand.planes[0].element
    if not matrix.operand.levels:
        raise DesignError(f"weights in {element.name} are not quantized: a design quantizes them")
    wide = isinstance(element, Minifloat) and element.bits == 8
    return beside(matrix, FLOATS if wide else INTEGERS)


def beside(matrix: Matrix, activation: str) -> Engine:
    """The weights of ``matrix`` as they are with the activations of a preset or of a format."""
    half = Half(activation, _engine(activation), activation in presets())
    name = f"{identifier(matrix.scheme)}_x_{identifier(activation)}"
    return paired(name, _half(matrix.operand, name), replace(half, preset=True))


def serve(matrix: Matrix, name: str | None = None, activation: str | None = None) -> Served:
    """``matrix`` on the design called ``name``; by default on that of :func:`engine_for`, or with
    the activations of a preset.

    Weights that are stored as the design takes them stay as they are. Zero points are folded into
    wider codes where the design has these; else the weights' values are quantized anew.
    """
    if name is not None and activation is not None:
        raise DesignError("choose --design or --activation: a design has its own activations")
    if name is None:
        engine = engine_for(matrix) if activation is None else _beside(matrix, activation)
    else:
        engine = _engine(name)
    wanted, weight = engine.arithmetic.weight, matrix.quantized()
    if alike(wanted, weight.operand):
        return Served(engine, renamed(weight, wanted))
    folded = fold(weight)
    if folded is not None and alike(wanted, folded.operand):
        how = f"zero points folded into {wanted.planes[0].element.name} codes, exactly"
        return Served(engine, renamed(folded, wanted), how)
    values = weight.dequantize()
    return Served(engine, quantize(values, wanted), f"quantized from {matrix.scheme} by macsmith")


def _beside(matrix: Matrix, activation: str) -> Engine:
    """``beside``; of folded codes where the sums of the activation's take one plane alone."""
    try:
        return beside(matrix, activation)
    except DesignError as error:
        folded = fold(matrix.quantized())
        if folded is None:
            raise
        try:
            return beside(replace(matrix, operand=folded.operand), activation)
        except DesignError:
            raise error from None


def _engine(name: str) -> Engine:
    found = design(name)
    if not isinstance(found, Engine) or len(found.modes) != 1:
        raise DesignError(f"{name} is no engine of one mode: matrices are multiplied by engines")
    return found


def _half(operand: Operand, name: str) -> Half:
    """The weights, with INT8 activations for the time being."""
    int8 = Operand((Plane(lookup("int8"), (Level(lookup("fp32"), ROW),)),))
    across = (Stage("fp", format=lookup("fp32")),) if operand.group else ()
    stages = (Stage(), *across)
    if any(isinstance(plane.element, Minifloat) for plane in operand.planes):
        int8 = Operand((Plane(operand.planes[0].element, (Level(lookup("fp32"), ROW),)),))
    output = Output(lookup("fp32"))
    arithmetic = Arithmetic(operand, int8, accumulate=stages, output=output)
    return Half(name, Engine(name, (arithmetic,), Build()), False)


def identifier(text: str) -> str:
    """``text`` as a part of a Verilog name."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


__all__ = ["Integer", "Served", "beside", "engine_for", "matching", "serve"]
