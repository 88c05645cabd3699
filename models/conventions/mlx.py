"""MLX: ``weight`` in dense 32-bit words, ``scales`` and ``biases``; and its MX and NVFP4 modes.

Source: mlx, python/mlx/nn/layers/quantized.py and ops quantize: w = scale · q + bias, scales may be
negative; mode "mxfp4", "mxfp8", "nvfp4": scales alone, E8M0 or E4M3 in uint8.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...golden.description import group as group_of
from ...golden.errors import DesignError
from ...golden.formats import lookup
from ...golden.tensor import Quantized
from ..files import Container, Stored
from ..matrix import Matrix
from . import operands
from .bits import unpacked, words_needed
from .config import need, of_scales, shaped, typed, whole
from .found import Found
from .layers import chosen, layers

BITS = (1, 2, 3, 4, 5, 6, 8)

#: mode -> element, scale, bits of an element.
MODES = {
    "mxfp4": ("e2m1", "e8m0", 4),
    "mxfp8": ("e4m3", "e8m0", 8),
    "nvfp4": ("e2m1", "ue4m3", 4),
}


def read(container: Container, config: Mapping[str, Any]) -> Found:
    """All layers with a packed ``weight`` and ``scales``; a layer may have a config of its own."""
    found = Found()
    for layer, arrays in layers(container, "scales"):
        parts = chosen(arrays, "weight", "scales", "biases")
        found.used |= {stored.name for stored in parts.values()}
        own = config.get(layer)
        settings = {**config, **own} if isinstance(own, Mapping) else config
        try:
            found.matrices.append(_matrix(layer, parts, settings, container.path.name))
        except DesignError as error:
            found.refuse(layer, error, sum(stored.size for stored in parts.values()))
    return found


def _matrix(layer: str, parts: dict[str, Stored], config: Mapping[str, Any], where: str) -> Matrix:
    weight, scales = need(parts, layer, "weight", "scales")
    mode = config.get("mode", "affine")
    bits, columns = whole(config, "bits", where), whole(config, "group_size", where)
    if len(weight.shape) != 2 or len(scales.shape) != 2:
        raise DesignError(f"{weight.name} has shape {weight.shape}: only matrices are read")
    typed(weight, "uint32")
    rows, k = scales.shape[0], scales.shape[1] * columns
    if bits not in BITS:
        raise DesignError(f"{layer} has {bits} bits; MLX has {', '.join(map(str, BITS))}")
    shaped(weight, (rows, words_needed(k, bits)))
    if mode in MODES:
        return _floats(layer, parts, mode, columns)
    if mode != "affine":
        raise DesignError(f"{layer}: mode {mode!r} is not read; affine, {', '.join(MODES)} are")
    [biases] = need(parts, layer, "biases")
    shaped(biases, scales.shape)
    operand = operands.with_offset(f"uint{bits}", of_scales(scales), group_of(columns))

    def reader() -> Quantized:
        codes = unpacked(weight.array(), bits, k)
        return Quantized(operand, {"code": codes}, {"d": scales.array(), "m": biases.array()})

    return Matrix(
        layer,
        (rows, k),
        f"MLX {bits} bit, groups of {columns}",
        operand,
        (weight, scales, biases),
        reader,
        ("scale · q + bias; scales may be negative",),
    )


def _floats(layer: str, parts: dict[str, Stored], mode: str, columns: int) -> Matrix:
    weight, scales = parts["weight"], typed(parts["scales"], "uint8")
    element, scale, bits = MODES[mode]
    rows, k = scales.shape[0], scales.shape[1] * columns
    shaped(weight, (rows, words_needed(k, bits)))
    operand = operands.scaled(element, (lookup(scale), group_of(columns)))

    def reader() -> Quantized:
        codes = unpacked(weight.array(), bits, k)
        return Quantized(operand, {"code": codes}, {"scale": scales.array()})

    called = f"MLX {mode.upper()}, groups of {columns}"
    notes = ("nibbles in order, the first low",) if bits == 4 else ()
    return Matrix(layer, (rows, k), called, operand, (weight, scales), reader, notes)
