"""Operands that drive every sum of an engine to its bounds."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from ..golden.description import Arithmetic, Level, Operand
from ..golden.formats import Format
from ..golden.tensor import Quantized
from ..golden.terms import Term
from .codes import finite_corners, last_places

Array = npt.NDArray[Any]

#: A code for every array of codes and every integer level of a side.
Choice = dict[str, int]


def extremes(arithmetic: Arithmetic, output: int, sign: int) -> tuple[Choice, Choice]:
    """What makes an element's contribution to an output the greatest (``sign`` 1) or least."""
    sides, values = _extreme_values(arithmetic)
    table = np.asarray(arithmetic.combine[output], np.float64)
    totals = values[0] @ table @ values[1].T * sign
    best = np.unravel_index(int(totals.argmax()), totals.shape)
    return sides[0][int(best[0])], sides[1][int(best[1])]


def ends_of_term(arithmetic: Arithmetic, term: Term) -> tuple[float, float]:
    """The least and the greatest that an element adds to a term's sum, integer scales included."""
    _, (weights, activations) = _extreme_values(arithmetic)
    totals = np.zeros((len(weights), len(activations)))
    for part in term.parts:
        for i, j, sign in part.pairs:
            totals = totals + sign * np.outer(weights[:, i], activations[:, j])
    return float(totals.min()), float(totals.max())


def _extreme_values(arithmetic: Arithmetic) -> tuple[list[list[Choice]], list[Array]]:
    """The extreme choices of both sides, and each plane's value for each (choices, planes)."""
    operands = arithmetic.weight, arithmetic.activation
    sides = [_choices(side) for side in operands]
    values = [
        np.asarray([_planes(side, choice) for choice in choices])
        for side, choices in zip(operands, sides, strict=True)
    ]
    return sides, values


def filled(operand: Operand, choice: Choice, shape: tuple[int, int], *, largest: bool) -> Quantized:
    """The same element everywhere.

    Float scales of groups are the largest that there are if ``largest``, else one; those at the
    end of the reduction are one.
    """
    structure, kept = operand.structure, shape
    if structure is not None:
        kept = shape[0], structure.compressed(shape[1], "K")
    codes = {name: np.full(kept, choice[name], fmt.dtype) for name, fmt in operand.codes.items()}
    scales = {lv.name: _scale(lv, choice, shape, largest) for lv in operand.levels}
    select = operand.select
    chosen = np.full(select.span.shape(*shape), choice["select"]) if select else None
    places = None if structure is None else last_places(structure, kept)
    return Quantized(operand, codes, scales, chosen, places)


def _scale(level: Level, choice: Choice, shape: tuple[int, int], largest: bool) -> Array:
    fmt = level.format
    if level.integer:
        code = choice[level.name]
    else:
        value = float(fmt.maximum) if largest and level.when != "end" else 1.0
        code = int(fmt.encode(np.asarray([value]))[0])
    return np.full(level.span.shape(*shape), code, fmt.dtype)


def _choices(operand: Operand) -> list[Choice]:
    """All combinations of extreme codes; products are linear in each, so extremes suffice."""
    options: dict[str, Array] = {}
    for name, fmt in operand.codes.items():
        shared = sum(plane.code == name for plane in operand.planes) > 1
        options[name] = finite_corners(fmt) if shared else _ends(fmt)
        if operand.select:
            options[name] = np.asarray(fmt.legal)
    if operand.select:
        options["select"] = np.arange(1 << operand.select.width)
    for level in operand.levels:
        if level.integer:
            options[level.name] = _ends(level.format)
    names = list(options)
    return [dict(zip(names, map(int, codes), strict=True)) for codes in product(*options.values())]


def _ends(fmt: Format) -> Array:
    """The codes of the least and of the greatest value."""
    codes = finite_corners(fmt)
    values = fmt.decode(codes)
    return np.asarray([codes[values.argmin()], codes[values.argmax()]])


def _planes(operand: Operand, choice: Choice) -> list[float]:
    """Each plane's element times its integer scales."""
    found = []
    for plane in operand.planes:
        code = 0 if plane.constant else choice[plane.code]
        table = choice["select"] if plane.element.select_width else 0
        value = float(plane.element.decode(np.asarray([code]), table)[0])
        for level in plane.scales:
            if level.integer:
                value *= float(level.format.decode(np.asarray([choice[level.name]]))[0])
        found.append(value)
    return found
