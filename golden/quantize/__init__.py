"""From real matrices to codes and scales, the common ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..arrays import reals
from ..description import TENSOR, Operand
from ..errors import DesignError, UnknownName
from ..formats import Rounding, Sliced
from ..sparse import prune
from ..tensor import Quantized
from .fit import Task
from .offsets import offset, zero_points
from .planes import sum_of_planes, two_parts
from .rules import SCALE_RULES, default_rule
from .scales import Array
from .tables import selected


def quantize(
    values: npt.ArrayLike,
    operand: Operand,
    *,
    rounding: Rounding = "nearest_even",
    scale_rule: str | None = None,
    outer: Mapping[str, npt.ArrayLike] | None = None,
    saturate: bool = False,
) -> Quantized:
    """Codes, scales and zero points of ``values`` (rows × K, any) for ``operand``.

    A last group, block or window that ``values`` do not fill has the elements that there are, and
    the scale, zero point and table that serve these.

    ``values`` are numbers of any real or complex type of NumPy or ml_dtypes (integers too: the
    numbers, not codes), taken as float64.

    What an operand may be:

    - one plane of elements with any levels of scales (``scale_rule``), perhaps with tables selected
      per block: those with the least squared error;
    - s (q - z), the zero point z a second plane of minus_one with an integer scale (GPTQ, AWQ);
    - d q + m, the offset m a second plane of one or minus_one with scales of its own (GGUF Q4_1,
      Q4_K): a block's least value, or zero if the offset cannot reach it, becomes the least code;
    - a sum of planes with a scale each (PTQTP, DB-LLM): alternately the nearest sum for each value,
      and least squares for each block's scales;
    - two planes for complex ``values``, the real and the imaginary part, each with scales of its
      own; planes of one code (iFairy) take the code of the nearest phase.

    These are the formats' own rules: llama.cpp's files come from others, its Q4_0 and Q6_K make the
    value of greatest magnitude the least code, its K-quants search. Read such files with
    ``golden.storage``.

    Of a sparse operand the elements of greatest magnitude in each window are kept; scales are
    theirs.

    With ``outer``, codes of every level but the first, by name, of their spans' shapes, only the
    first level's scales are chosen, beside these: what a quantizer does that is told the tensor's
    scale. With ``saturate``, a scale beyond its format becomes the nearest that it holds, instead
    of a DesignError. Both are for one plane of elements with scales; ``saturate`` also beside a
    zero point.

    Elements out of range saturate. Sliced integers are stored, and selected, at full width.

    What ``scale_rule`` may be, where a is the greatest magnitude of a block, max the element's
    greatest value and emax its exponent:

    - ``absmax``: the least scale of its format with which a is at most max: never rounded down.
      Beside a zero point or an offset, the least with which the block's range fits;
    - ``nearest``: the scale next to a / max, which may be less: then the greatest is clipped.
      Beside a zero point, the one next to the range over its steps (ONNX DynamicQuantizeLinear);
    - ``absmean``: the mean magnitude, to the nearest scale;
    - ``floor``, 2**(floor(log2 a) - emax); ``even``, the same of a plus half a last place of the
      element's mantissa; ``ceil``, 2**(ceil(log2 a) - emax); ``rceil``, 2**ceil(log2(a / max)).
      A format that does not hold that power has the least scale above;
    - ``mse``: of some twenty to sixty scales as stored, those of all other rules among them, the
      one with the least squared error in its block.

    Outer levels have the least scales with which the level below holds what the rule asks for; with
    ``mse`` those of whichever rule leaves the least error in a block of the last level. Without
    ``scale_rule``: ``floor`` for power-of-two scales, ``absmean`` for posits and for formats of at
    most two bits that reach 1 (binary, ternary), ``mse`` for powers of two without zero, else
    ``absmax``.

    Raises DesignError for other operands, for NaN and infinity, for a scale that its format cannot
    hold, and for a rule that does not apply: zero points have ``absmax``, ``nearest`` and ``mse``,
    offsets ``absmax`` and ``mse``, sums of planes and complex codes none but their own.
    """
    x = _matrix(values)
    if outer is not None or saturate:
        return _beside(x, operand, rounding, scale_rule, outer, saturate)
    if operand.structure is not None:
        indices = prune(x, operand.structure)
        kept = np.take_along_axis(x, operand.structure.positions(indices), 1)
        inner = operand.compressed(operand.structure)
        own = quantize(kept, inner, rounding=rounding, scale_rule=scale_rule)
        return Quantized(operand, own.codes, own.scales, own.select, indices, x.shape[1])
    if scale_rule is not None and scale_rule not in SCALE_RULES:
        raise UnknownName("scale rule", scale_rule, SCALE_RULES)
    if np.iscomplexobj(x):
        return two_parts(
            x,
            operand,
            lambda part, plane: _one_plane(part, plane, rounding, scale_rule),
            scale_rule,
        )
    if operand.affine is None:
        found = offset(x, operand, rounding, scale_rule)
        return found if found is not None else sum_of_planes(x, operand, scale_rule)
    return _one_plane(x, operand, rounding, scale_rule)


def _matrix(values: npt.ArrayLike) -> Array:
    """Finite numbers as float64 or complex128, or DesignError."""
    x = reals(values, "values must be a matrix of numbers, rows × K", or_complex=True)
    if x.ndim != 2 or not x.size:
        raise DesignError(f"values must have two axes, rows × K, got shape {x.shape}")
    if not np.isfinite(x).all():
        raise DesignError("values must be finite")
    return x


def _beside(
    x: Array,
    operand: Operand,
    rounding: Rounding,
    scale_rule: str | None,
    outer: Mapping[str, npt.ArrayLike] | None,
    saturate: bool,
) -> Quantized:
    """One plane beside outer scales that are known, or with scales that saturate."""
    plane, zero = operand.affine or (None, None)
    simple = operand.structure is None and operand.select is None and not np.iscomplexobj(x)
    if scale_rule == "mse":
        raise DesignError("mse chooses among all scales: leave out outer and saturate, or the rule")
    if plane is not None and zero is not None and simple and outer is None:
        return zero_points(x, operand, plane, zero, rounding, scale_rule, None, saturate)
    if plane is None or zero is not None or not plane.scales or not simple:
        raise DesignError(
            "outer scales that are given, and scales that saturate, are for one plane of elements "
            "with scales, without select or structure, and without zero point beside outer scales"
        )
    rule = scale_rule or default_rule(plane.element, plane.scales[0])
    if rule not in SCALE_RULES:
        raise UnknownName("scale rule", rule, SCALE_RULES)
    if rule == "mse":
        raise DesignError("mse chooses among all scales: leave out outer and saturate, or the rule")
    known = None
    if outer is not None:
        levels = {level.name: level for level in plane.scales[1:]}
        if set(outer) != set(levels):
            raise DesignError(
                f"outer must have codes of the levels {', '.join(levels) or 'none'}, got "
                f"{', '.join(outer) or 'none'}"
            )
        known = {name: level.format.check(outer[name]) for name, level in levels.items()}
        for name, level in levels.items():
            if known[name].shape != level.span.shape(*x.shape):
                raise DesignError(
                    f"outer scales {name} must have the shape {level.span.shape(*x.shape)}, got "
                    f"{known[name].shape}"
                )
    span = plane.scales[0].span
    found = Task(x, plane, (plane.element,), span, rounding, known, saturate).fit(rule)
    return Quantized(operand, {plane.code: found.codes}, found.scales, None)


def _one_plane(x: Array, operand: Operand, rounding: Rounding, scale_rule: str | None) -> Quantized:
    """One plane of elements, and its zero point if it has one."""
    assert operand.affine is not None
    plane, zero = operand.affine
    select = None
    if isinstance(plane.element, Sliced) and operand.select is not None:
        plane = replace(plane, element=plane.element.whole)
        select = np.zeros(operand.select.span.shape(*x.shape), np.uint8)
    if zero is not None:
        return zero_points(x, operand, plane, zero, rounding, scale_rule, select)
    rule = scale_rule or (default_rule(plane.element, plane.scales[0]) if plane.scales else "mse")
    if operand.select is not None and select is None:
        return selected(x, operand, plane, rounding, rule)
    span = plane.scales[0].span if plane.scales else TENSOR
    found = Task(x, plane, (plane.element,), span, rounding).fit(rule)
    return Quantized(operand, {plane.code: found.codes}, found.scales, select)
