"""ONNX: matrices by the operators that multiply with them.

Source: onnx's documentation of QLinearMatMul, MatMulInteger and DequantizeLinear, onnxruntime's
ContribOperators.md (MatMulNBits), qonnx's documentation of Quant. Weights of MatMul are K × rows,
and turned here; those of Gemm with transB are not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ...golden.description import Operand, Plane
from ...golden.errors import DesignError
from ...golden.formats import lookup
from ...golden.tensor import Quantized
from ..files import Container, Stored
from ..matrix import Matrix
from .found import Found
from .onnx_blocks import nbits
from .onnx_codes import Codes
from .onnx_graph import Graph, attributes
from .onnx_linear import dequantized, quant, quantized
from .plain import ELEMENTS

_QONNX = ("qonnx.custom_op.general", "finn.custom_op.general", "onnx.brevitas")


def read(container: Container) -> Found:
    """The weights of every product in the graph, once each."""
    graph = Graph(container)
    found = Found()
    for node in graph.nodes:
        handler = _HANDLERS.get((node.domain or "", node.op_type))
        if handler is None:
            continue
        try:
            matrix = handler(graph, node)
        except DesignError as error:
            name = node.name or (node.output[0] if node.output else node.op_type)
            found.refuse(name, error)
            continue
        if matrix is not None and matrix.name not in {item.name for item in found.matrices}:
            found.matrices.append(matrix)
    kinds = Counter(node.op_type for node in graph.nodes if _not_read(graph, node))
    for kind, count in kinds.items():
        found.refuse(f"{count} × {kind}", _NOT_READ.get(kind, _UNKNOWN))
    # What a graph does not multiply with is no matrix, whatever its shape.
    found.used |= set(container.arrays)
    return found


#: Operators that multiply with weights and are no products of matrices here.
_NOT_READ = {
    "Conv": "convolutions are no matrices until something unfolds them",
    "ConvInteger": "convolutions are no matrices until something unfolds them",
    "QLinearConv": "convolutions are no matrices until something unfolds them",
    "ConvTranspose": "convolutions are no matrices until something unfolds them",
    "DeformConv": "convolutions are no matrices until something unfolds them",
    "LSTM": "gates of recurrent layers are not taken apart",
    "GRU": "gates of recurrent layers are not taken apart",
    "RNN": "gates of recurrent layers are not taken apart",
    "If": "what stands in its branches is not looked into",
    "Loop": "what stands in its body is not looked into",
    "Scan": "what stands in its body is not looked into",
}

#: What the names of operators hold that multiply with matrices, in any domain.
_PRODUCTS = ("MatMul", "Gemm", "Attention", "MoE", "Einsum")

_UNKNOWN = "this operator's weights are not read"


def _not_read(graph: Graph, node: Any) -> bool:
    """Whether a node multiplies with weights that no handler reads."""
    if node.op_type in _NOT_READ:
        return True
    known = (node.domain or "", node.op_type) in _HANDLERS
    product = any(part in node.op_type for part in _PRODUCTS)
    return product and not known and graph.weights(node)


def qlinear(graph: Graph, node: Any) -> Matrix:
    """QLinearMatMul(a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero)."""
    weight, zeros = graph.need(node, 3, "b"), graph.optional(node, 5, "b_zero_point")
    item = Codes(weight, graph.need(node, 4, "b_scale"), zeros, True, axis=1)
    return item.matrix("QLinearMatMul", ("the output's scale and zero point are a requantizer's",))


def integer_product(graph: Graph, node: Any) -> Matrix | None:
    """MatMulInteger(A, B, a_zero, b_zero); activations on both sides have no weights."""
    weight = graph.stored(node, 1)
    if weight is None:
        return None
    zeros = graph.optional(node, 3, "b_zero_point")
    return Codes(weight, None, zeros, True, axis=1).matrix("MatMulInteger")


def _product(graph: Graph, node: Any) -> Matrix | None:
    """MatMul and Gemm: with floats, or with what DequantizeLinear or Quant make of weights.

    None for activations on both sides; DesignError for weights that are not read.
    """
    if (matrix := _right(graph, node)) is not None:
        alpha = attributes(node, alpha=1.0)["alpha"] if node.op_type == "Gemm" else 1.0
        note = f"Gemm multiplies the product by alpha = {alpha:g}, which is not in the weights"
        return matrix if alpha == 1 else replace(matrix, notes=(*matrix.notes, note))
    if graph.weights(node, 0):
        raise DesignError(f"{node.op_type}: weights on its left side are not read")
    if graph.weights(node, 1):
        raise DesignError(
            f"{node.op_type}: its weights are no float matrix of the file and no DequantizeLinear "
            "or Quant of one: not read"
        )
    return None


def _right(graph: Graph, node: Any) -> Matrix | None:
    """The weights on the right side of a product."""
    turned = not (node.op_type == "Gemm" and attributes(node, transB=0)["transB"])
    name = graph.input(node, 1)
    if (stored := graph.container.get(name)) is not None:
        return _plain(stored, turned)
    maker = graph.maker.get(name)
    if maker is not None and maker.op_type == "Transpose" and len(maker.input) == 1:
        turned, name = not turned, maker.input[0]
        maker = graph.maker.get(name)
        if (stored := graph.container.get(name)) is not None:
            return _plain(stored, turned)
    if maker is None:
        return None
    if maker.op_type == "DequantizeLinear":
        before = graph.maker.get(graph.input(maker, 0))
        if before is not None and before.op_type == "QuantizeLinear" and graph.stored(before, 0):
            return dequantized(graph, maker, turned, quantized(graph, before))
        if graph.stored(maker, 0) is not None:
            return dequantized(graph, maker, turned)
    if maker.op_type == "Quant" and maker.domain in _QONNX and graph.stored(maker, 0) is not None:
        return quant(graph, maker, turned)
    return None


def _plain(stored: Stored, turned: bool) -> Matrix | None:
    if len(stored.shape) != 2 or stored.type not in ELEMENTS:
        return None
    element = lookup(ELEMENTS[stored.type])
    operand = Operand((Plane(element),))
    first, second = stored.shape

    def reader() -> Quantized:
        array = stored.array()
        return Quantized(operand, {"code": array.T if turned else array}, {})

    shape = (second, first) if turned else (first, second)
    return Matrix(stored.name, shape, element.name.upper(), operand, (stored,), reader)


_HANDLERS: Mapping[tuple[str, str], Callable[[Graph, Any], Matrix | None]] = {
    ("com.microsoft", "MatMulNBits"): nbits,
    ("", "QLinearMatMul"): qlinear,
    ("", "MatMulInteger"): integer_product,
    ("", "MatMul"): _product,
    ("", "Gemm"): _product,
}
