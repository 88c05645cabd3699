"""ONNX: matrices by the operators that multiply with them.

Source: onnx's documentation of QLinearMatMul, MatMulInteger and DequantizeLinear, onnxruntime's
ContribOperators.md (MatMulNBits), qonnx's documentation of Quant. Weights of MatMul are K × rows,
and turned here; those of Gemm with transB are not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...golden.description import ROW, TENSOR, Level, Operand, Plane, Span, group
from ...golden.errors import DesignError
from ...golden.formats import Format, lookup
from ...golden.tensor import Quantized
from ..files import Container, Stored
from ..matrix import Array, Matrix
from . import operands
from .bits import unpacked
from .config import of_scales
from .found import Found
from .plain import ELEMENTS

#: Types of weights -> element, bits.
CODES = {
    **{f"{kind}{bits}": (f"{kind}{bits}", bits) for kind in ("int", "uint") for bits in (2, 4, 8)},
    "float8_e4m3fn": ("e4m3", 8),
    "float8_e5m2": ("e5m2", 8),
    "float4_e2m1fn": ("e2m1", 4),
}

_QONNX = ("qonnx.custom_op.general", "finn.custom_op.general", "onnx.brevitas")


def read(container: Container) -> Found:
    """The weights of every product in the graph, once each."""
    graph = _Graph(container)
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
    for kind, why in _NOT_READ.items():
        if count := sum(node.op_type == kind for node in graph.nodes):
            found.refuse(f"{count} × {kind}", why)
    # What a graph does not multiply with is no matrix, whatever its shape.
    found.used |= set(container.arrays)
    return found


#: Operators that multiply with weights and are no products of matrices here.
_NOT_READ = {
    "Conv": "convolutions are no matrices until something unfolds them",
    "ConvInteger": "convolutions are no matrices until something unfolds them",
    "QLinearConv": "convolutions are no matrices until something unfolds them",
    "LSTM": "gates of recurrent layers are not taken apart",
    "GRU": "gates of recurrent layers are not taken apart",
    "If": "what stands in its branches is not looked into",
    "Loop": "what stands in its body is not looked into",
}


class _Graph:
    """Nodes, and which of their inputs are known."""

    def __init__(self, container: Container):
        self.container = container
        self.nodes = list(container.metadata["graph"].node)
        self.maker = {name: node for node in self.nodes for name in node.output}

    def stored(self, node: Any, place: int) -> Stored | None:
        """The initializer that is an input; None for what is computed, or absent."""
        name = self.input(node, place)
        return self.container.get(name) if name else None

    def input(self, node: Any, place: int) -> str:
        return str(node.input[place]) if place < len(node.input) else ""

    def need(self, node: Any, place: int, what: str) -> Stored:
        found = self.stored(node, place)
        if found is None:
            raise DesignError(f"{node.op_type}: {what} is computed at run time, no initializer")
        return found


def _attributes(node: Any) -> dict[str, Any]:
    return {item.name: item.i if item.type == 2 else item.s for item in node.attribute}


@dataclass(frozen=True)
class _Codes:
    """Quantized weights with scales: an initializer, which way it lies, and its scale's axis.

    Parameters
    ----------
    weight, scales, zeros : as stored.
    turned : whether it is K × rows.
    axis : of the scales where they are a vector or blocked.
    block : elements that share a scale along the axis; 0 for vectors and scalars.
    """

    weight: Stored
    scales: Stored | None
    zeros: Stored | None
    turned: bool
    axis: int = 0
    block: int = 0

    def matrix(self, scheme: str, notes: tuple[str, ...] = ()) -> Matrix:
        if len(self.weight.shape) != 2:
            raise DesignError(f"{self.weight.name} has shape {self.weight.shape}, it is no matrix")
        if self.weight.type not in CODES:
            raise DesignError(f"{self.weight.name} is of type {self.weight.type}, no known codes")
        first, second = self.weight.shape
        shape = (second, first) if self.turned else (first, second)
        operand = self._operand(shape)
        arrays = tuple(item for item in (self.weight, self.scales, self.zeros) if item)
        return Matrix(
            self.weight.name, shape, scheme, operand, arrays,
            lambda: self._read(operand, shape), notes,
        )  # fmt: skip

    def _span(self, shape: tuple[int, int]) -> Span:
        """Over which weights a scale holds."""
        scales = self.scales or self.zeros
        if scales is None or scales.count == 1:
            return TENSOR
        along_k = self.axis == (0 if self.turned else 1)
        if self.block:
            if not along_k:
                raise DesignError(f"{scales.name}: blocks of rows share scales; none are read")
            return group(self.block)
        if along_k or scales.count != shape[0]:
            raise DesignError(
                f"{scales.name} has shape {scales.shape}: no scale of the tensor or of the "
                f"{shape[0]} rows"
            )
        return ROW

    def _operand(self, shape: tuple[int, int]) -> Operand:
        element, _ = CODES[self.weight.type]
        where = self._span(shape)
        levels = () if self.scales is None else (Level(of_scales(self.scales), where),)
        first = Plane(lookup(element), levels)
        if self._zero is None:
            return Operand((first,))
        zero = Level(lookup(element), where, "zero", "group" if where.columns else "")
        return Operand((first, Plane(lookup("minus_one"), (zero, *levels))))

    @property
    def _zero(self) -> Array | None:
        """The zero points; None where all are 0, which changes nothing."""
        if self.zeros is None or self.weight.type not in CODES:
            return None
        codes = _codes(self.zeros, CODES[self.weight.type][1])
        return codes if codes.any() else None

    def _read(self, operand: Operand, shape: tuple[int, int]) -> Quantized:
        codes = _codes(self.weight, CODES[self.weight.type][1])
        grid = self._span(shape).shape(*shape)
        scales: dict[str, Array] = {}
        if self.scales is not None:
            scales["scale"] = self._grid(self.scales.array(), grid)
        if (zero := self._zero) is not None:
            scales["zero"] = self._grid(zero, grid)
        return Quantized(operand, {"code": codes.T if self.turned else codes}, scales)

    def _grid(self, array: Array, grid: tuple[int, int]) -> Array:
        if self.block and self.turned:
            array = array.T
        if array.size != grid[0] * grid[1]:
            raise DesignError(f"{self.weight.name}: scales of shape {array.shape}, not {grid}")
        return array.reshape(grid)


def _codes(stored: Stored, bits: int) -> Array:
    """Unsigned codes of an initializer, in its own shape; narrow ones are packed throughout."""
    if bits == 8:
        return stored.bytes().reshape(stored.shape)
    return unpacked(stored.bytes()[None], bits, stored.count).reshape(stored.shape)


def _nbits(graph: _Graph, node: Any) -> Matrix:
    """MatMulNBits: blocks along K of one row after the other."""
    given = {"bits": 4, "block_size": 32, **_attributes(node)}
    sizes = [given.get(key, 0) for key in ("N", "K", "bits", "block_size")]
    if not all(type(size) is int and 0 < size < 1 << 32 for size in sizes):
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
    zeros = graph.stored(node, 3)
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


def _qlinear(graph: _Graph, node: Any) -> Matrix:
    """QLinearMatMul(a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero)."""
    weight = graph.need(node, 3, "b")
    item = _Codes(weight, graph.need(node, 4, "b_scale"), graph.stored(node, 5), True, axis=1)
    return item.matrix("QLinearMatMul", ("the output's scale and zero point are a requantizer's",))


def _integer(graph: _Graph, node: Any) -> Matrix | None:
    """MatMulInteger(A, B, a_zero, b_zero); activations on both sides have no weights."""
    weight = graph.stored(node, 1)
    if weight is None:
        return None
    return _Codes(weight, None, graph.stored(node, 3), True, axis=1).matrix("MatMulInteger")


def _product(graph: _Graph, node: Any) -> Matrix | None:
    """MatMul and Gemm: with floats, or with what DequantizeLinear or Quant make of weights."""
    turned = not (node.op_type == "Gemm" and _attributes(node).get("transB", 0))
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
            return _dequantized(graph, maker, turned, _quantized(graph, before))
        if graph.stored(maker, 0) is not None:
            return _dequantized(graph, maker, turned)
    if maker.op_type == "Quant" and maker.domain in _QONNX and graph.stored(maker, 0) is not None:
        return _quant(graph, maker, turned)
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


def _quantized(graph: _Graph, node: Any) -> Stored:
    """What QuantizeLinear(x, scale, zero) makes of float weights: 8-bit codes, saturated."""
    x, scales, zeros = (
        graph.need(node, 0, "x"),
        graph.need(node, 1, "y_scale"),
        graph.stored(node, 2),
    )
    kind = zeros.type if zeros else "uint8"
    given = {"axis": 1, "block_size": 0, **_attributes(node)}
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


def _dequantized(graph: _Graph, node: Any, turned: bool, codes: Stored | None = None) -> Matrix:
    given = {"axis": 1, "block_size": 0, **_attributes(node)}
    item = _Codes(
        codes or graph.need(node, 0, "x"),
        graph.need(node, 1, "x_scale"),
        graph.stored(node, 2),
        turned,
        axis=given["axis"] % 2,
        block=given["block_size"],
    )
    block = f", blocks of {item.block}" if item.block else ""
    return item.matrix(f"DequantizeLinear {item.weight.type}{block}")


def _quant(graph: _Graph, node: Any, turned: bool) -> Matrix:
    """QONNX: floats that the graph itself quantizes: q = clamp(round(x / scale + zero))."""
    given = {"signed": 1, "narrow": 0, "rounding_mode": b"ROUND", **_attributes(node)}
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


_HANDLERS: Mapping[tuple[str, str], Callable[[_Graph, Any], Matrix | None]] = {
    ("com.microsoft", "MatMulNBits"): _nbits,
    ("", "QLinearMatMul"): _qlinear,
    ("", "MatMulInteger"): _integer,
    ("", "MatMul"): _product,
    ("", "Gemm"): _product,
}
