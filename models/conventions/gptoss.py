"""gpt-oss: experts in MXFP4, ``…_blocks`` and ``…_scales``.

Source: openai/gpt-oss, torch/weights.py: blocks [expert, row, group, 16 bytes] of two E2M1 each,
the first in the low nibble; scales E8M0 in uint8.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...golden.description import group
from ...golden.errors import DesignError
from ...golden.formats import lookup
from ...golden.tensor import Quantized
from ..files import Container, Stored
from ..matrix import Matrix
from . import operands
from .bits import unpacked
from .config import shaped, typed
from .found import Found

_BLOCKS, _SCALES = "_blocks", "_scales"


def read(container: Container, config: Mapping[str, Any]) -> Found:
    """All experts, one matrix each."""
    del config
    found = Found()
    for name, blocks in container.arrays.items():
        if not name.endswith(_BLOCKS):
            continue
        layer = name.removesuffix(_BLOCKS)
        found.used.add(name)
        try:
            scales = container.need(layer + _SCALES, f"{name} has blocks without scales")
            found.used.add(scales.name)
            if len(blocks.shape) != 4 or blocks.shape[3] != 16:
                raise DesignError(
                    f"{name} has shape {blocks.shape}, not experts × rows × K/32 × 16"
                )
            typed(blocks, "uint8")
            shaped(typed(scales, "uint8", "float8_e8m0fnu"), blocks.shape[:3])
        except DesignError as error:
            found.refuse(layer, error, blocks.size)
            continue
        found.matrices += [
            _matrix(layer, expert, blocks, scales) for expert in range(blocks.shape[0])
        ]
    return found


def _matrix(layer: str, expert: int, blocks: Stored, scales: Stored) -> Matrix:
    _, rows, groups, _ = blocks.shape
    operand = operands.scaled("e2m1", (lookup("e8m0"), group(32)))

    def reader() -> Quantized:
        words = blocks.array()[expert].reshape(rows, groups * 16)
        codes = unpacked(words, 4, groups * 32)
        return Quantized(operand, {"code": codes}, {"scale": scales.array()[expert]})

    return Matrix(
        f"{layer}[{expert}]",
        (rows, groups * 32),
        "MXFP4 (gpt-oss)",
        operand,
        tuple(slice_of(stored, expert) for stored in (blocks, scales)),
        reader,
        ("nibbles in order, the first low (not GGUF's order)", "scales are E8M0 in uint8"),
    )


def slice_of(stored: Stored, expert: int) -> Stored:
    """The part of ``stored`` that belongs to one expert."""
    from dataclasses import replace

    size = stored.size // stored.shape[0]
    place = stored.offset + expert * size
    return replace(stored, shape=stored.shape[1:], offset=place, size=size)
