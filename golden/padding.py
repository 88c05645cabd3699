"""Matrices as hardware takes them: K filled up to whole steps and groups with what changes nothing.

A product that counts for nothing needs a zero on one side only. Elements are filled up with zeros
where their format has one, else with their least magnitude, and beside a zero point, if need be,
with that: (q - z) is zero. Groups that are not there at all have the scale one, and the zero point
of the group before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from math import lcm
from typing import Any

import numpy as np
import numpy.typing as npt

from .aligned import leading
from .description import Arithmetic, Engine, Operand
from .errors import DesignError
from .formats import Format, Kind
from .matrices import Matrices
from .tensor import Quantized, spread

Array = npt.NDArray[Any]

#: Codes (rows,) that fill up a side's arrays, by name.
Fill = Mapping[str, Array]


def unit(engine: Engine) -> int:
    """Elements of K that hardware takes together: K is filled up to a multiple.

    Steps, groups and spans of stages. A group of all that K may be ends where K does, unless sums
    align, which take every step of a group.
    """
    arithmetic = engine.arithmetic
    sizes = [size for size in (arithmetic.group, arithmetic.accumulate[0].span) if size]
    if not arithmetic.aligned:
        sizes = [size for size in sizes if size != arithmetic.k_max]
    return lcm(engine.step(), *sizes)


def padded(engine: Engine, matrices: Matrices) -> Matrices:
    """``matrices`` for ``engine``, of a single mode, with K filled up to a multiple of its unit.

    Their results are those of ``matrices``, bit for bit. Raises DesignError where nothing that
    changes nothing can fill them up: where neither side has a zero.
    """
    size, k = unit(engine), matrices.k
    longer = -(-k // size) * size
    if longer == k:
        return matrices
    weight, activation = _fills(engine.arithmetic, matrices, longer)
    return replace(
        matrices,
        weight=_longer(matrices.weight, longer, weight),
        activation=_longer(matrices.activation, longer, activation),
    )


def _longer(given: Quantized, k: int, fill: Fill) -> Quantized:
    """``given`` with K = ``k``, whole windows."""
    rows, before = given.kept
    operand, structure = given.operand, given.operand.structure
    more = (k if structure is None else structure.count(k)) - before

    def edge(array: Array, columns: int) -> Array:
        return np.pad(array, ((0, 0), (0, columns - array.shape[1])), "edge")

    codes = {
        name: np.concatenate([array, np.repeat(fill[name][:, None], more, axis=1)], axis=1)
        for name, array in given.codes.items()
    }
    scales = {}
    for level in operand.levels:
        held = np.asarray(given.scales[level.name])
        scales[level.name] = edge(held, level.span.shape(rows, k)[1])
        if not level.integer:
            scales[level.name][:, held.shape[1] :] = level.format.encode(1.0)
    select, indices = given.select, given.indices
    if select is not None and operand.select is not None:
        select = edge(select, operand.select.span.shape(rows, k)[1])
    if indices is not None and structure is not None:
        places = np.arange(before, before + more) % structure.kept
        indices = np.concatenate([indices, np.broadcast_to(places, (rows, more))], axis=1)
    return Quantized(operand, codes, scales, select, indices)


def _fills(arithmetic: Arithmetic, matrices: Matrices, longer: int) -> tuple[Fill, Fill]:
    """What fills up either side, so that all products are zero, alone or beside a zero point."""
    sides = matrices.weight, matrices.activation
    fills = [_zeros(side.operand, side.shape[0]) for side in sides]
    left = _pairs_left(arithmetic)
    if not left:
        return fills[0], fills[1]
    for number, given in enumerate(sides):
        own = _at_zero_point(given)
        if own is not None and not arithmetic.aligned:
            fills[number] = own
            return fills[0], fills[1]
    names = [
        " and ".join(dict.fromkeys(side.operand.planes[pair[number]].element.name for pair in left))
        for number, side in enumerate(sides)
    ]
    raise DesignError(
        f"K = {matrices.k} would be filled up to {longer} with zeros, and neither {names[0]} of "
        f"the weight nor {names[1]} of the activation can be one; give matrices whose K is a "
        "multiple of the lanes and of the groups"
    )


def _pairs_left(arithmetic: Arithmetic) -> list[tuple[int, int]]:
    """Planes (of the weight, of the activation) that meet, and whose fill is not zero together.

    Where products align, one that is zero has an exponent: -126 plus that of the other element.
    With a zero on one side it hides nothing if the other's is at most 0.
    """
    sides = arithmetic.weight, arithmetic.activation
    zero = [[_is_zero(operand, index) for index in range(len(operand.planes))] for operand in sides]
    small = [
        [
            zero[side][index]
            or _exponent((plane.element,) if plane.constant else _alike(operand, plane.code)) <= 0
            for index, plane in enumerate(operand.planes)
        ]
        for side, operand in enumerate(sides)
    ]

    def vanishes(i: int, j: int) -> bool:
        harmless = not arithmetic.aligned or (small[0][i] and small[1][j])
        return (zero[0][i] or zero[1][j]) and harmless

    met = {
        (i, j)
        for table in arithmetic.combine
        for i, signs in enumerate(table)
        for j, sign in enumerate(signs)
        if sign
    }
    return sorted(pair for pair in met if not vanishes(*pair))


def _zeros(operand: Operand, rows: int) -> Fill:
    """Zeros where there are any, else elements of the least magnitude."""
    return {
        name: np.full(rows, _least(_alike(operand, name))[0], fmt.dtype)
        for name, fmt in operand.codes.items()
    }


def _at_zero_point(given: Quantized) -> Fill | None:
    """Codes of (q - z) = 0: the zero points of the last group; None where there are none, or where
    the elements do not hold them."""
    plane, level = given.operand.affine or (None, None)
    if plane is None or level is None or level.when == "end":
        return None
    held = spread(np.asarray(given.scales[level.name]), level.span, given.shape)[:, -1]
    wanted, select = level.format.decode(held), given.plane_select(0)
    last = select[:, -1] if isinstance(select, np.ndarray) else select
    codes = plane.element.encode(wanted)
    if plane.element.select_width or (plane.element.decode(codes, last) != wanted).any():
        return None
    return {plane.code: codes}


def _alike(operand: Operand, name: str) -> tuple[Format, ...]:
    """The element formats that read an array of codes."""
    return tuple(p.element for p in operand.planes if p.code == name and not p.constant)


def _is_zero(operand: Operand, index: int) -> bool:
    """Whether what fills up a plane is zero."""
    plane = operand.planes[index]
    return not plane.constant and _least(_alike(operand, plane.code))[1] == 0


@cache
def _least(formats: tuple[Format, ...]) -> tuple[int, float]:
    """The code with the least magnitude in all formats and all their tables, and that."""
    first = formats[0]
    codes = first.legal if first.bits <= 16 else np.asarray(first.encode([0.0]))
    values = np.stack([fmt.decode(codes, table) for fmt in formats for table in _tables(fmt)])
    magnitudes = np.abs(values).max(axis=0)
    place = int(np.where(np.isfinite(magnitudes), magnitudes, np.inf).argmin())
    return int(codes[place]), float(magnitudes[place])


def _exponent(formats: tuple[Format, ...]) -> int:
    """The exponent that the code of the least magnitude counts with, at the most."""
    code = _least(formats)[0]
    found = []
    for fmt in formats:
        for table in _tables(fmt):
            fields = fmt.full(fmt.fields(np.asarray([code]), table))
            assert fields.kind[0] == Kind.FINITE
            found.append(int(fields.exponent[0]) + leading(fmt))
    return max(found)


def _tables(fmt: Format) -> range:
    return range(1 << fmt.select_width)
