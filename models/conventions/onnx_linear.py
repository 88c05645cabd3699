"""Weights that an ONNX graph holds as floats and quantizes itself, or dequantizes.

Source: onnx's documentation of QuantizeLinear and DequantizeLinear, qonnx's of Quant.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...golden.description import ROW, TENSOR
from ...golden.errors import DesignError
from ...golden.formats import lookup
from ...golden.tensor import Quantized
from ..files import Stored
from ..matrix import Array, Matrix
from . import operands
from .onnx_codes import Codes
from .onnx_graph import Graph, attributes


def quantized(graph: Graph, node: Any) -> Stored:
    """What QuantizeLinear(x, scale, zero) makes of float weights: 8-bit codes, saturated."""
    x, scales, zeros = (
        graph.need(node, 0, "x"),
        graph.need(node, 1, "y_scale"),
        graph.optional(node, 2, "y_zero_point"),
    )
    kind = zeros.type if zeros else "uint8"
    given = attributes(node, axis=1, block_size=0)
    if x.type != "float32" or scales.type != "float32" or kind not in ("int8", "uint8"):
        raise DesignError(f"{x.name}: QuantizeLinear of {x.type} to {kind} is not read")
    if given["block_size"] or len(x.shape) != 2:
        raise DesignError(f"{x.name}: QuantizeLinear in blocks, of shape {x.shape}, is not read")

    def along(array: Array) -> Array:
        shape = [1, 1]
        shape[given["axis"] % 2] = array.size
        return array.reshape(shape)

    zero = along(zeros.array().astype(np.float32)) if zeros else np.float32(0)
    limits = np.iinfo(kind)
    codes = np.rint(x.array() / along(scales.array())) + zero
    stored = np.clip(codes, limits.min, limits.max).astype(kind)
    return Stored(x.name, x.shape, kind, x.path, x.offset, stored.size, stored.tobytes())


def dequantized(graph: Graph, node: Any, turned: bool, codes: Stored | None = None) -> Matrix:
    given = attributes(node, axis=1, block_size=0)
    item = Codes(
        codes or graph.need(node, 0, "x"),
        graph.need(node, 1, "x_scale"),
        graph.optional(node, 2, "x_zero_point"),
        turned,
        axis=given["axis"] % 2,
        block=given["block_size"],
    )
    block = f", blocks of {item.block}" if item.block else ""
    return item.matrix(f"DequantizeLinear {item.weight.type}{block}")


def quant(graph: Graph, node: Any, turned: bool) -> Matrix:
    """QONNX: floats that the graph itself quantizes: q = clamp(round(x / scale + zero))."""
    given = attributes(node, signed=1, narrow=0, rounding_mode=b"ROUND")
    weight, scales = graph.need(node, 0, "x"), graph.need(node, 1, "scale")
    zeros, widths = graph.need(node, 2, "zeropt"), graph.need(node, 3, "bitwidth")
    bits = float(widths.array().reshape(-1)[0]) if widths.count == 1 else 0.0
    if bits not in range(2, 17) or given["rounding_mode"] != b"ROUND" or len(weight.shape) != 2:
        raise DesignError(
            f"{weight.name}: Quant to {bits:g} bits, rounding {given['rounding_mode']!r}, of shape "
            f"{weight.shape} is not read"
        )
    if zeros.array().any():
        raise DesignError(f"{weight.name}: Quant with a zero point is not read")
    kind = "int" if given["signed"] else "uint"
    element = lookup(f"{kind}{int(bits)}{'_sym' if given['signed'] and given['narrow'] else ''}")
    first, second = weight.shape
    shape = (second, first) if turned else (first, second)
    rows_first = scales.shape in ((first, 1), (1, second)) and scales.count == shape[0]
    if scales.count != 1 and not rows_first:
        raise DesignError(f"{scales.name} has shape {scales.shape}: no scale of tensor or rows")
    where = TENSOR if scales.count == 1 else ROW
    operand = operands.scaled(element.name, (lookup("fp32"), where))

    def reader() -> Quantized:
        values = weight.array().astype(np.float32) / scales.array().astype(np.float32)
        codes = element.encode(values.T if turned else values)
        grid = where.shape(*shape)
        scale = scales.array().astype(np.float32).reshape(grid)
        return Quantized(operand, {"code": codes}, {"scale": scale})

    called = f"QONNX Quant {element.name}"
    return Matrix(weight.name, shape, called, operand, (weight, scales), reader)
