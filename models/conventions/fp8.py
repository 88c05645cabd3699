"""Weights in 8-bit floats with scales of a tensor, of rows, or of blocks.

Source: DeepSeek-V3's checkpoints (``weight_scale_inv``, which multiplies in spite of its name,
weight_block_size [128, 128]); vLLM's and compressed-tensors' ``weight_scale``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...golden.description import ROW, TENSOR, Span, block
from ...golden.errors import DesignError
from ...golden.tensor import Quantized
from ..files import CODES, Container, Stored
from ..matrix import Matrix
from . import operands
from .config import need, of_scales, typed
from .found import Found
from .layers import chosen, layers


def read(container: Container, config: Mapping[str, Any]) -> Found:
    """All layers with ``weight_scale_inv`` or ``weight_scale``."""
    found = Found()
    size = config.get("weight_block_size")
    for end in ("weight_scale_inv", "weight_scale"):
        for layer, arrays in layers(container, end):
            parts = chosen(arrays, "weight", end)
            found.used |= {stored.name for stored in parts.values()}
            try:
                weight, scales = need(parts, layer, "weight", end)
                found.matrices.append(matrix(layer, weight, scales, "FP8", size))
            except DesignError as error:
                found.refuse(layer, error, sum(stored.size for stored in parts.values()))
    return found


def matrix(layer: str, weight: Stored, scales: Stored, tool: str, size: Any = None) -> Matrix:
    """``weight`` (rows, K) with its ``scales``; ``size``: rows and columns of a block, if any."""
    typed(weight, "float8_e4m3fn", "float8_e5m2")
    if len(weight.shape) != 2:
        raise DesignError(f"{weight.name} has shape {weight.shape}, it is no matrix")
    shape = weight.shape[0], weight.shape[1]
    where = _span(scales, shape, size)
    element = CODES[weight.type][0]
    operand = operands.scaled(element, (of_scales(scales), where))

    def reader() -> Quantized:
        grid = where.shape(*shape)
        return Quantized(operand, {"code": weight.array()}, {"scale": scales.array().reshape(grid)})

    notes = ("scales multiply (weight_scale_inv)",) if scales.name.endswith("_inv") else ()
    called = f"{element.upper()}, a scale a {where} ({tool})"
    return Matrix(layer, shape, called, operand, (weight, scales), reader, notes)


def _span(scales: Stored, shape: tuple[int, int], size: Any) -> Span:
    """Over which elements a scale holds, by the shape of their array."""
    if scales.count == 1:
        return TENSOR
    if scales.shape in ((shape[0],), (shape[0], 1)):
        return ROW
    if isinstance(size, list) and len(size) == 2 and all(type(item) is int for item in size):
        where = block(*size)
        if scales.shape == where.shape(*shape):
            return where
    raise DesignError(
        f"{scales.name} has shape {scales.shape}: no scale of the tensor, of rows, or of blocks "
        f"{size}, of a matrix {shape[0]} × {shape[1]}"
    )
