"""Matrices that a storage scheme can hold, drawn at random."""

from __future__ import annotations

import numpy as np
from drawing import quantized
from macsmith.golden import Quantized
from macsmith.golden.storage import DFloat11, Mapped, Scheme
from macsmith.golden.storage.gguf_grids import GRIDS


def drawn(
    rng: np.random.Generator, scheme: Scheme, shape: tuple[int, int], scales: str = "tame"
) -> Quantized:
    """Any codes and scales, but for what the scheme has no place for.

    That is ``ternary``'s second zero in TQ1_0, infinity and NaN in DFloat11, and codes off the grid
    where there is one: those are read from any bytes.
    """
    held = quantized(rng, scheme.operand, how_scales=scales, shape=shape)
    codes = held.codes["code"]
    if scheme.name == "tq1_0":
        codes[codes == 2] = 0
    if isinstance(scheme, DFloat11):
        codes[...] &= 0xBFFF
    if isinstance(scheme, Mapped) and scheme in GRIDS:
        read = scheme.unpack(rng.integers(0, 256, scheme.size(shape), np.uint8), shape)
        codes[...] = read.codes["code"]
    return held
