"""How far a design's results are from those of real numbers, on data of some kind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.arrays import reals
from ..golden.description import ROW, Arithmetic, Engine, Level, Operand
from ..golden.errors import DesignError
from ..golden.formats import Minifloat, lookup
from ..golden.matmul import matmul
from ..golden.quantize import quantize
from ..golden.tensor import Quantized
from ..models.running import sqnr
from ..options import whole_groups

Array = npt.NDArray[Any]

#: Codes and scales of a matrix, and the scales of its rows that act outside of the engine.
Side = tuple[Quantized, Array]

#: Rows of weights, vectors of activations, and K at most, of data that are drawn.
ROWS, VECTORS, LENGTH = 64, 16, 1024

#: Bits of a float from which on numbers of all sizes are taken as they are.
WIDE = 16


@dataclass(frozen=True)
class Data:
    """Products to try a design with.

    Parameters
    ----------
    name : a word.
    title : what it is.
    products : weights (N × K) and activations (M × K) of each.
    words : the options of a command line that name it, each with a space before; empty for what
        is drawn.
    """

    name: str
    title: str
    products: tuple[tuple[Array, Array], ...]
    words: str = ""


@dataclass(frozen=True)
class Accuracy:
    """Signal to quantization noise in dB, the mean over the products of some data.

    Parameters
    ----------
    weight, activation : of each operand alone, as quantized.
    product : of the design's results against float64 products of the values before.
    """

    weight: float
    activation: float
    product: float


def drawn(k: int, seed: int) -> tuple[Data, Data]:
    """Normal numbers, and Student's t with three degrees of freedom: outliers, as activations of
    language models have."""
    rng = np.random.default_rng(seed)
    k = min(k, LENGTH)

    def one(draw: Any) -> tuple[tuple[Array, Array], ...]:
        return ((draw((ROWS, k)), draw((VECTORS, k))),)

    return (
        Data("gaussian", "Gaussian", one(lambda size: rng.normal(size=size))),
        Data(
            "student_t",
            "Student's t, 3 degrees of freedom",
            one(lambda size: rng.standard_t(3, size=size)),
        ),
    )


def accuracy(engine: Engine, data: Data) -> Accuracy:
    """The accuracy of the first mode of ``engine`` by the golden model.

    Matrices are quantized by :func:`macsmith.quantize` with the formats' own rules. An operand
    without any scale gets one in FP32 for each row, which acts outside of the engine
    (:func:`bare`). Raises DesignError for what cannot be told.
    """
    arithmetic = engine.modes[0]
    output = arithmetic.output
    if output.relu or output.clamp is not None:
        raise DesignError("its results are cut off: no product of matrices")
    if output.bias is not None or arithmetic.initial is not None or arithmetic.outputs != 1:
        raise DesignError("its results are more than a product of matrices")
    found = [_of_product(engine, *pair) for pair in data.products]
    return Accuracy(*(float(np.mean(side)) for side in zip(*found, strict=True)))


def _of_product(engine: Engine, weight: Array, activation: Array) -> tuple[float, float, float]:
    """dB of weights, activations and products."""
    arithmetic = engine.modes[0]
    sides = quantized(weight, arithmetic.weight), quantized(activation, arithmetic.activation)
    seen = [codes.dequantize() * scales for codes, scales in sides]
    return (
        sqnr(weight, seen[0]),
        sqnr(activation, seen[1]),
        sqnr(weight @ activation.T, multiplied(engine, *sides)),
    )


def multiplied(engine: Engine, weight: Side, activation: Side) -> Array:
    """Results of the golden model of the first mode of ``engine``, with the scales that act
    outside: float64 (N × M)."""
    (w, weight_scale), (x, activation_scale) = weight, activation
    single = _long_enough(engine.alone(0), w.shape[1])
    return np.asarray(matmul(single, w, x).decode() * weight_scale * activation_scale.T)


def _long_enough(engine: Engine, k: int) -> Engine:
    """``engine`` for reductions over ``k``: data may have more than is compared."""
    arithmetic = engine.arithmetic
    if k <= arithmetic.k_max:
        return engine
    longest = whole_groups(k, arithmetic.weight, arithmetic.activation, arithmetic.accumulate)
    return replace(engine, modes=(replace(arithmetic, k_max=longest),))


def quantized(values: Array, operand: Operand) -> Side:
    """Codes and scales, and the scales of rows that act outside (rows, 1)."""
    scaled = outside(operand)
    if scaled is None:
        return quantize(values, operand), np.ones((len(values), 1))
    found = quantize(values, scaled)
    [level] = scaled.levels
    scales = level.format.decode(found.scales[level.name])
    return replace(found, operand=operand, scales={}), scales


def outside(operand: Operand) -> Operand | None:
    """An operand of one plane without scales, with an FP32 scale for each row; None for others, and
    for floats that are wide enough to do without, as FP16 and BF16 are."""
    element = operand.planes[0].element
    if operand.levels or len(operand.planes) != 1 or operand.select is not None:
        return None
    if isinstance(element, Minifloat) and element.bits >= WIDE:
        return None
    level = Level(lookup("fp32"), ROW)
    return replace(operand, planes=(replace(operand.planes[0], scales=(level,)),))


def bare(arithmetic: Arithmetic) -> list[str]:
    """The sides of the product whose scales act outside of the engine."""
    sides = {"weight": arithmetic.weight, "activation": arithmetic.activation}
    return [name for name, side in sides.items() if outside(side) is not None]


def checked(values: npt.ArrayLike, what: str) -> Array:
    """A matrix of real finite numbers as float64, or DesignError."""
    found = np.asarray(reals(values, f"{what} must be a matrix of numbers, rows × K"), np.float64)
    if found.ndim != 2 or not found.size:
        raise DesignError(f"{what} must have two axes, rows × K, got shape {found.shape}")
    if not np.isfinite(found).all():
        raise DesignError(f"{what} must be finite")
    if not found.any():
        raise DesignError(f"{what} must not be all zeros: nothing of them could be lost")
    return found
