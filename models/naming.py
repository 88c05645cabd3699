"""Operands that differ in the names of their arrays alone."""

from __future__ import annotations

from dataclasses import replace

from ..golden.description import Operand
from ..golden.tensor import Quantized


def plain(operand: Operand) -> Operand:
    """``operand`` with arrays that are named by their order."""
    levels, codes = _levels(operand), {name: f"c{i}" for i, name in enumerate(operand.codes)}
    return replace(
        operand,
        planes=tuple(
            replace(
                plane,
                code="" if plane.constant else codes[plane.code],
                scales=tuple(replace(level, name=levels[level.name]) for level in plane.scales),
            )
            for plane in operand.planes
        ),
    )


def _levels(operand: Operand) -> dict[str, str]:
    return {level.name: f"s{number}" for number, level in enumerate(operand.levels)}


def alike(one: Operand, other: Operand) -> bool:
    """Whether two operands hold the same, whatever their arrays are called."""
    return plain(one) == plain(other)


def renamed(given: Quantized, operand: Operand) -> Quantized:
    """``given`` with the names of ``operand``, which is alike."""
    if given.operand == operand:
        return given
    codes = zip(operand.codes, given.codes.values(), strict=True)
    own = {level.name: given.scales[level.name] for level in given.operand.levels}
    scales = zip((level.name for level in operand.levels), own.values(), strict=True)
    return replace(given, operand=operand, codes=dict(codes), scales=dict(scales))
