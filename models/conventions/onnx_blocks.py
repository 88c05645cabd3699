"""ONNX Runtime's MatMulNBits: blocks along K, a zero point each, which may be a float.

Source: onnxruntime, ContribOperators.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...golden.description import Level, Operand, Plane, Span, group
from ...golden.errors import DesignError
from ...golden.formats import Format, lookup
from ...golden.tensor import Quantized
from ..matrix import Array, Matrix
from . import operands
from .bits import unpacked
from .config import of_scales
from .onnx_graph import Graph, attributes


def nbits(graph: Graph, node: Any) -> Matrix:
    """MatMulNBits: blocks along K of one row after the other."""
    given = attributes(node, N=0, K=0, bits=4, block_size=32)
    sizes = [given[key] for key in ("N", "K", "bits", "block_size")]
    if not all(0 < size < 1 << 32 for size in sizes):
        raise DesignError(f"{node.op_type}: N, K, bits, block_size are {sizes}")
    rows, k, bits, block = sizes
    if bits not in (2, 4, 8) or block % (8 // bits):
        raise DesignError(f"{node.op_type}: {bits} bits in blocks of {block} are not read")
    weight, scales = graph.need(node, 1, "B"), graph.need(node, 2, "scales")
    if graph.input(node, 4):
        raise DesignError(f"{node.op_type}: g_idx, inputs in another order, is not read")
    groups = -(-k // block)
    if weight.size != rows * groups * block * bits // 8 or scales.count != rows * groups:
        raise DesignError(
            f"{weight.name}: {weight.size} bytes and {scales.count} scales do not fit {rows} rows "
            f"of {groups} blocks of {block} elements of {bits} bits"
        )
    zeros = graph.optional(node, 3, "zero_points")
    scale, where = of_scales(scales), group(block)
    half = 1 << (bits - 1)

    def codes() -> Array:
        return unpacked(weight.bytes().reshape(rows, -1), bits, groups * block)[:, :k]

    def grid() -> Array:
        return scales.array().reshape(rows, groups)

    reader: Callable[[], Quantized]
    if zeros is None:
        operand = operands.scaled(f"int{bits}", (scale, where))
        note = f"without zero points they are {half}"

        def reader() -> Quantized:
            return Quantized(operand, {"code": codes() ^ half}, {"scale": grid()})

    elif zeros.type == "uint8":
        operand = operands.affine(f"uint{bits}", f"uint{bits}", scale, where)
        note = "zero points are packed, each row from a byte of its own"
        if zeros.size != rows * (-(-groups * bits // 8)):
            raise DesignError(f"{zeros.name}: {zeros.size} bytes do not fit {rows} × {groups}")

        def reader() -> Quantized:
            zero = unpacked(zeros.bytes().reshape(rows, -1), bits, groups)
            return Quantized(operand, {"code": codes()}, {"scale": grid(), "zero": zero})

    else:
        operand, made = _float_zeros(f"uint{bits}", scale, where, of_scales(zeros))
        note = "zero points are floats: s (q − z) is s q + m, m rounded to FP32"

        def reader() -> Quantized:
            zero = zeros.array().reshape(rows, groups)
            return made(codes(), grid(), zero)

    arrays = tuple(item for item in (weight, scales, zeros) if item)
    called = f"MatMulNBits {bits} bit, blocks of {block}"
    return Matrix(weight.name, (rows, k), called, operand, arrays, reader, (note,))


def _float_zeros(
    element: str, scale: Format, where: Span, zero: Format
) -> tuple[Operand, Callable[[Array, Array, Array], Quantized]]:
    """s q + m for zero points that are no integers: m = −s z."""
    operand = Operand(
        (
            Plane(lookup(element), (Level(scale, where, "d"),)),
            Plane(lookup("one"), (Level(lookup("fp32"), where, "m"),)),
        )
    )

    def made(codes: Array, scales: Array, zeros: Array) -> Quantized:
        s, z = scale.decode(scale.received(scales)), zero.decode(zero.received(zeros))
        return Quantized(operand, {"code": codes}, {"d": scales, "m": (-s * z).astype(np.float32)})

    return operand, made
