"""What follows the sums: late scales, several accumulators, bias, conversion, ReLU, clamp."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from . import fp
from .description import Arithmetic, Output
from .formats import Format
from .scales import scale_values
from .tensor import Quantized
from .terms import Accumulator, late
from .watch import tell

Array = npt.NDArray[Any]


def finish(
    arithmetic: Arithmetic,
    sums: list[tuple[Accumulator, Array]],
    weight: Quantized,
    activation: Quantized,
    bias: Array | None,
) -> tuple[Array, Format]:
    """Codes (N, M), or (outputs, N, M), and their format, from the values (N, M) of every sum.

    Each step in the working format is rounded to nearest even: a sum enters, its late scales
    multiply it, the weight's levels as declared and then the activation's, the sums of an output
    add up, the bias adds. If none of that is asked for, the sum is converted as it is, rounded
    once.
    """
    working, output, k = arithmetic.working, arithmetic.output, weight.shape[1]
    results: list[Array | None] = [None] * arithmetic.outputs
    for item, value in sums:
        value = fp.rounded(working, value, "sum") if late(arithmetic) else value
        for number, scale in enumerate(item.scales):
            factor = scale_values(scale, (*value.shape, 1), k, weight, activation)[:, :, 0]
            value = fp.rounded(working, fp.product(value, factor), f"scale {number}")
        so_far = results[item.output]
        results[item.output] = value if so_far is None else fp.add(working, so_far, value)
    found = [value for value in results if value is not None]
    values = found[0] if len(found) == 1 else np.stack(found)
    if bias is not None and output.bias is not None:
        values = fp.add(working, values, output.bias.decode(bias)[:, None])
    target = output.format or working
    return converted(values, target, output), target


def converted(values: Array, target: Format, output: Output) -> Array:
    """Codes of ``values`` in the output's format, after ReLU and clamp."""
    if output.nan == "zero":
        values = np.where(np.isnan(values), 0.0, values)
    tell("output", target, values)
    codes = target.encode(values, output.rounding, output.saturates)
    if not output.relu and output.clamp is None:
        return codes
    if output.relu:
        negative = np.signbit(target.decode(codes)) & ~np.isnan(target.decode(codes))
        codes = np.where(negative, target.encode(0.0), codes)
    if output.clamp is not None:
        codes = clamped(codes, target, *output.clamp)
    return np.asarray(codes).astype(target.dtype)


def clamped(codes: Array, target: Format, low: float, high: float) -> Array:
    """Codes whose values lie in ``low`` to ``high``, both values of the format; NaN stays."""
    held = target.decode(codes)
    ends = (target.encode(bound, saturate=False) for bound in (low, high))
    codes = np.where(held <= low, next(ends), codes)
    return np.asarray(np.where(held >= high, next(ends), codes)).astype(target.dtype)
