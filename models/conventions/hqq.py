"""HQQ: groups of a flattened matrix, (W_q − zero) · scale with zero points that are no integers.

Source: mobiusml/hqq, core/bitpack.py and quantize.py; checkpoints as transformers write them: what
is known of a layer (shape, nbits, group_size, axis) stands beside its codes as small arrays. The
groups' codes are packed by parts of the list of groups: its first part in the high bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...golden.description import Level, Operand, Plane, group
from ...golden.errors import DesignError
from ...golden.formats import lookup
from ...golden.tensor import Quantized
from ..files import Container, Stored
from ..matrix import Array, Matrix
from .config import need, of_scales, typed
from .found import Found
from .layers import chosen, layers

_FACTS = ("shape", "nbits", "group_size", "axis")
_OTHERS = (
    *("channel_wise", "optimize", "round_zero", "packing", "unpack_view_dtype", "view_as_float"),
    *("quant_scale", "quant_zero", "compute_dtype", "offload_meta", "stores_quant_config"),
    "encoded_state_dict",
)


def read(container: Container, config: Mapping[str, Any]) -> Found:
    """All layers with a ``W_q``."""
    del config
    found = Found()
    for layer, arrays in layers(container, "W_q"):
        parts = chosen(arrays, "W_q", "scale", "zero", *_FACTS, *_OTHERS)
        found.used |= {stored.name for stored in parts.values()}
        try:
            found.matrices.append(_matrix(layer, parts))
        except DesignError as error:
            found.refuse(layer, error, sum(stored.size for stored in parts.values()))
    return found


def _matrix(layer: str, parts: dict[str, Stored]) -> Matrix:
    codes, scales, zeros, *facts = need(parts, layer, "W_q", "scale", "zero", *_FACTS)
    sizes, *numbers = (np.ravel(item.array()).tolist() for item in facts)
    if not all(len(item) == 1 for item in numbers):
        raise DesignError(f"{layer}: {', '.join(_FACTS[1:])} are a number each, got {numbers}")
    [bits], [columns], [axis] = numbers
    if len(sizes) != 2 or axis != 1 or bits not in (2, 4, 8):
        raise DesignError(
            f"{layer}: HQQ of 2, 4 or 8 bits along axis 1 of a matrix is read, got {bits} bits, "
            f"axis {axis}, shape {sizes}"
        )
    rows, k, columns = int(sizes[0]), int(sizes[1]), int(columns)
    groups = rows * k // columns if columns > 0 else 0
    if columns <= 0 or k % columns or typed(codes, "uint8").size != groups * columns * bits // 8:
        raise DesignError(f"{codes.name}: {codes.size} bytes, groups of {columns}, {rows} × {k}")
    if not scales.count == zeros.count == groups:
        raise DesignError(
            f"{layer}: {scales.count} scales and {zeros.count} zeros, {groups} groups"
        )
    where = group(columns)
    scale, zero, offset = of_scales(scales), of_scales(zeros), lookup("fp32")
    operand = Operand(
        (
            Plane(lookup(f"uint{bits}"), (Level(scale, where, "d"),)),
            Plane(lookup("one"), (Level(offset, where, "m"),)),
        )
    )
    grid = rows, k // columns

    def reader() -> Quantized:
        d, z = (
            fmt.decode(fmt.received(item.array().reshape(grid)))
            for fmt, item in ((scale, scales), (zero, zeros))
        )
        m = (-d * z).astype(np.float32)
        found = _unpacked(codes.bytes().reshape(-1, columns), bits).reshape(rows, k)
        return Quantized(operand, {"code": found}, {"d": scales.array().reshape(grid), "m": m})

    notes = (
        "zero points are no integers: (q − z) · s is s q + m, m = −s z rounded to FP32",
        "parts of the list of groups are packed together, the first in the high bits",
    )
    called = f"HQQ {bits} bit, groups of {columns}"
    return Matrix(layer, (rows, k), called, operand, (codes, scales, zeros), reader, notes)


def _unpacked(packed: Array, bits: int) -> Array:
    """(groups · bits / 8, columns) bytes -> (groups, columns) codes."""
    shifts = range(8 - bits, -1, -bits)
    return np.concatenate([packed >> shift & ((1 << bits) - 1) for shift in shifts])
