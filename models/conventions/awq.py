"""AWQ: ``qweight``, ``qzeros`` and ``scales`` in the orders of its GEMM and GEMV kernels.

Source: AutoAWQ, modules/linear/gemm.py and gemv.py: version "gemm" packs along the outputs in the
order 0, 2, 4, 6, 1, 3, 5, 7, "gemv" along the inputs in their own order, with padded groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ...golden import storage
from ...golden.errors import DesignError
from ...golden.tensor import Quantized
from ..files import Container, Stored
from ..matrix import Matrix
from . import operands
from .bits import unpacked
from .config import need, of_scales, shaped, whole
from .found import Found
from .layers import chosen, layers

_PARTS = ("qweight", "qzeros", "scales")


def read(container: Container, config: Mapping[str, Any]) -> Found:
    """All layers with a ``qweight``."""
    where = container.path.name
    bits, group = whole(config, "bits", where), whole(config, "group_size", where)
    version = str(config.get("version", "gemm")).lower()
    if bits != 4 or config.get("zero_point") is False:
        raise DesignError(
            f"{where}: AWQ with 4 bits and zero points is read, got {bits} bits, zero_point "
            f"{config.get('zero_point')}"
        )
    if version not in ("gemm", "gemv"):
        raise DesignError(f"{where}: AWQ's version {version!r} is not read; gemm and gemv are")
    found = Found()
    for layer, arrays in layers(container, "qweight"):
        parts = chosen(arrays, *_PARTS)
        found.used |= {stored.name for stored in parts.values()}
        try:
            [qweight, *_] = need(parts, layer, *_PARTS)
            if len(qweight.shape) != 2:
                raise DesignError(f"{qweight.name} has shape {qweight.shape}, it is no matrix")
            made = _gemm if version == "gemm" else _gemv
            found.matrices.append(made(layer, parts, group))
        except DesignError as error:
            found.refuse(layer, error, sum(stored.size for stored in parts.values()))
    return found


def _gemm(layer: str, parts: dict[str, Stored], group: int) -> Matrix:
    k, words = parts["qweight"].shape
    shape = (8 * words, k)
    name = f"awq4_{f'g{group}' if group > 0 else 'row'}"
    scheme = storage.lookup(name)
    scale = of_scales(parts["scales"])
    return Matrix(
        layer,
        shape,
        _called(group),
        operands.affine("uint4", "uint4", scale, scheme.operand.levels[0].span),
        tuple(parts.values()),
        partial(_unpacked, name, parts, shape),
        ("nibbles hold columns 0, 2, 4, 6, 1, 3, 5, 7 (version gemm)", "zero points as they are"),
    )


def _unpacked(name: str, parts: dict[str, Stored], shape: tuple[int, int]) -> Quantized:
    arrays = {part: stored.array() for part, stored in parts.items()}
    return storage.unpack_parts(name, arrays, shape)


def _gemv(layer: str, parts: dict[str, Stored], group: int) -> Matrix:
    rows, words = parts["qweight"].shape
    k = 8 * words
    columns = group if group > 0 else k
    if k % columns:
        raise DesignError(f"{layer}: K = {k} is no whole number of groups of {columns}")
    groups = _padded(k // columns, columns)
    shaped(parts["qzeros"], (rows, groups // 8))
    shaped(parts["scales"], (rows, groups))
    operand = operands.affine(
        "uint4", "uint4", of_scales(parts["scales"]), operands.span(group if group > 0 else None)
    )

    def reader() -> Quantized:
        codes = unpacked(parts["qweight"].array(), 4, k)
        zeros = unpacked(parts["qzeros"].array(), 4, k // columns)
        scales = parts["scales"].array()[:, : k // columns]
        return Quantized(operand, {"code": codes}, {"scale": scales, "zero": zeros})

    return Matrix(
        layer,
        (rows, k),
        _called(group),
        operand,
        tuple(parts.values()),
        reader,
        ("nibbles in order along the inputs (version gemv)", "zero points as they are"),
    )


def _padded(groups: int, columns: int) -> int:
    """Groups as GEMV stores them: whole words, and a multiple of 2 words for groups of 64, of 4
    for groups of 32."""
    multiple = {64: 2, 32: 4}.get(columns, 1)
    words = -(-groups // 8)
    return -(-words // multiple) * multiple * 8


def _called(group: int) -> str:
    return "AWQ 4 bit, " + (f"groups of {group}" if group > 0 else "a scale a row")
