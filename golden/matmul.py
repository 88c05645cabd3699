"""The bit-exact answer of an engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import aligned, exact, fp
from .bounds import Range, result_range
from .description import Arithmetic, Engine
from .errors import DesignError
from .flags import Flags
from .formats import Format, Minifloat, lookup
from .scales import scale_values
from .sums import bounded, fp_sum, raw_sum
from .tensor import Quantized, single
from .terms import Accumulator, accumulators

Array = npt.NDArray[Any]
Matrix = Quantized | npt.ArrayLike


@dataclass(frozen=True)
class Result:
    """Results of shape (N, M), or (outputs, N, M) where an engine has several.

    ``values`` are integers in units of ``2**format.lsb`` when ``format`` is a Range (raw output),
    else codes of ``format``. ``flags`` are those of a raw output; where one is set, ``values``
    counts the special elements as zero.
    """

    values: Array
    format: Range | Format
    flags: Flags

    def decode(self) -> Array:
        """The results as float64 (rounded where a raw sum has more than 53 bits)."""
        if isinstance(self.format, Format):
            return self.format.decode(self.values)
        values = np.ldexp(self.values.astype(np.float64), self.format.lsb)
        values = np.where(self.flags.positive, np.inf, values)
        values = np.where(self.flags.negative, -np.inf, values)
        nan = self.flags.nan | (self.flags.positive & self.flags.negative)
        return np.where(nan, np.nan, values)


def matmul(
    engine: Engine,
    weight: Matrix,
    activation: Matrix,
    mode: int = 0,
    initial: npt.ArrayLike | None = None,
) -> Result:
    """weight (N × K) times activation (M × K): what the hardware answers, to the bit.

    Parameters
    ----------
    engine : the design.
    weight, activation : :class:`Quantized`, or bare codes where an operand is one unscaled plane.
    mode : which of the engine's arithmetics.
    initial : (N, M) integers that the sums start from, if the arithmetic has ``initial``.

    Raises DesignError if K differs, exceeds k_max, or is not a multiple of the lanes and groups.
    """
    if not 0 <= mode < len(engine.modes):
        raise DesignError(f"{engine.name} has modes 0…{len(engine.modes) - 1}, got {mode}")
    arithmetic = engine.modes[mode]
    w = weight if isinstance(weight, Quantized) else single(arithmetic.weight, weight)
    a = activation
    if not isinstance(a, Quantized):
        a = single(arithmetic.activation, a)
    _check(engine, mode, w, a)
    result = compute(arithmetic, w, a)
    if initial is None and arithmetic.initial is None:
        return result
    return Result(_preloaded(arithmetic, result, initial), result.format, result.flags)


def _preloaded(arithmetic: Arithmetic, result: Result, initial: npt.ArrayLike | None) -> Array:
    if initial is None or arithmetic.initial is None:
        raise DesignError("initial values and an arithmetic with initial go together")
    start = np.asarray(initial)
    low, high = arithmetic.initial.low, arithmetic.initial.high
    if start.shape != result.values.shape or start.min() < low or start.max() > high:
        raise DesignError(
            f"initial must be {result.values.shape} integers in {low}…{high}, got {start.shape}"
        )
    total = result.values + start.astype(result.values.dtype)
    last = arithmetic.accumulate[-1]
    return bounded(total, last) if last.rule == "int" else np.asarray(total)


def compute(arithmetic: Arithmetic, weight: Quantized, activation: Quantized) -> Result:
    """``matmul`` of one arithmetic, whatever the lanes."""
    if arithmetic.aligned:
        return _aligned(arithmetic, weight, activation)
    sums = accumulators(arithmetic)
    if arithmetic.output.format is None and arithmetic.accumulate[-1].rule != "fp":
        outputs = [raw_sum(item, arithmetic, weight, activation) for item in sums]
        marks = [flags for _, flags in outputs]
        several = marks[0].stack(marks[1:]) if len(marks) > 1 else marks[0]
        return Result(_stack([v for v, _ in outputs]), result_range(arithmetic), several)
    return _rounded(arithmetic, sums, weight, activation)


def _check(engine: Engine, mode: int, weight: Quantized, activation: Quantized) -> None:
    arithmetic, lanes = engine.modes[mode], engine.lanes(mode)
    for side, given, wanted in (
        ("weight", weight.operand, arithmetic.weight),
        ("activation", activation.operand, arithmetic.activation),
    ):
        if given != wanted:
            raise DesignError(f"the {side} was quantized for another operand than the engine's")
    k = weight.shape[1]
    if activation.shape[1] != k:
        raise DesignError(f"K must agree: weight has {k}, activation {activation.shape[1]}")
    if k > arithmetic.k_max:
        raise DesignError(f"K must be at most k-max = {arithmetic.k_max}, got {k}")
    if not k or k % lanes:
        raise DesignError(f"lanes must divide K = {k}, got {lanes}")


def _stack(outputs: list[Array]) -> Array:
    return outputs[0] if len(outputs) == 1 else np.stack(outputs)


def _aligned(arithmetic: Arithmetic, weight: Quantized, activation: Quantized) -> Result:
    stage = arithmetic.accumulate[0]
    assert isinstance(stage.format, Minifloat) and stage.fraction and stage.terms
    formats = arithmetic.weight.planes[0].element, arithmetic.activation.planes[0].element
    fields = [
        fmt.fields(side.plane_codes(0), side.plane_select(0))
        for fmt, side in zip(formats, (weight, activation), strict=True)
    ]
    codes = aligned.accumulate(
        fields[0], fields[1], formats, stage.format, stage.fraction, stage.terms
    )
    return Result(codes, stage.format, Flags.none(codes.shape))


def _rounded(
    arithmetic: Arithmetic,
    sums: tuple[Accumulator, ...],
    weight: Quantized,
    activation: Quantized,
) -> Result:
    """A result in a number format: accumulate, apply the late scales, round to the output."""
    last = arithmetic.accumulate[-1]
    working = last.format if last.rule == "fp" and last.format else lookup("fp32")
    outputs: list[Array | None] = [None] * arithmetic.outputs
    for item in sums:
        if last.rule == "fp":
            value = fp_sum(item, arithmetic, weight, activation)
        else:
            raw, marks = raw_sum(item, arithmetic, weight, activation)
            value = exact.to_float(raw, result_range(arithmetic).lsb)
            if item.scales or len(sums) > arithmetic.outputs:
                value = fp.rounded(working, value)
            value = marks.apply(value)
        for scale in item.scales:
            factor = scale_values(scale, (*value.shape, 1), weight, activation)[:, :, 0]
            value = fp.rounded(working, fp.product(value, factor))
        so_far = outputs[item.output]
        outputs[item.output] = value if so_far is None else fp.add(working, so_far, value)
    values = _stack([value for value in outputs if value is not None])
    output = arithmetic.output
    target = output.format or working
    codes = fp.convert(target, values, output.rounding, output.saturates)
    return Result(codes, target, Flags.none(values.shape))
