"""The scale of a tensor, which acts outside of the engines that are explored."""

from __future__ import annotations

from dataclasses import replace
from math import log2

from ...golden.description import TENSOR, Engine, Level, Operand
from ...golden.formats import Format, lookup

#: Octaves from the least to the greatest scale of a format that takes blocks of any data as they
#: are, beside elements of 8 bits that have up to 127 of their own: FP16 has 40, UE4M3 18.
OCTAVES = 64

#: The name of the scale.
NAME = "outer"


def scaled(engine: Engine) -> Engine:
    """``engine`` with a power of two for all of a tensor, where its own scales are few octaves.

    NVFP4 has such a scale, in FP32. A power of two moves exponents alone, so that it can act on
    results anywhere behind the engine: what is lost is this engine's, what it costs that of the
    engine without.
    """
    arithmetic = engine.arithmetic
    weight, activation = map(_outer, (arithmetic.weight, arithmetic.activation))
    return replace(engine, modes=(replace(arithmetic, weight=weight, activation=activation),))


def _outer(operand: Operand) -> Operand:
    [plane] = operand.planes
    if not plane.scales or any(octaves(level.format) >= OCTAVES for level in plane.scales):
        return operand
    level = Level(lookup("e8m0"), TENSOR, NAME)
    return replace(operand, planes=(replace(plane, scales=(*plane.scales, level)),))


def octaves(fmt: Format) -> float:
    """From the least to the greatest value of a format."""
    return log2(float(fmt.maximum)) - fmt.lsb
