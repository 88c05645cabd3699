"""ONNX: the initializers of the graph, inline or in files beside it.

Read by the package onnx, which parses protocol buffers and executes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import numpy_helper

from ...golden.errors import DesignError
from .container import Container
from .stored import Stored, elements, mapped

#: Types by ONNX's name -> our name, bits.
TYPES = {
    "FLOAT": ("float32", 32),
    "FLOAT16": ("float16", 16),
    "BFLOAT16": ("bfloat16", 16),
    "DOUBLE": ("float64", 64),
    "FLOAT8E4M3FN": ("float8_e4m3fn", 8),
    "FLOAT8E5M2": ("float8_e5m2", 8),
    "FLOAT8E8M0": ("float8_e8m0fnu", 8),
    "FLOAT4E2M1": ("float4_e2m1fn", 4),
    "BOOL": ("bool", 8),
    **{f"{kind.upper()}{bits}": (f"{kind}{bits}", bits)
       for kind in ("int", "uint") for bits in (2, 4, 8, 16, 32, 64)},
}  # fmt: skip


def read(path: Path) -> Container:
    """Opens ``path``; the graph itself stands in the metadata as ``graph``.

    DesignError for what is no ONNX model, and for initializers that lie outside its folder.
    """
    model = onnx.ModelProto()
    try:
        model.ParseFromString(mapped(path).tobytes())
    except DecodeError as error:
        raise DesignError(f"{path.name} is no ONNX model: {error}") from None
    if not model.HasField("graph") or not model.ir_version:
        raise DesignError(f"{path.name} is no ONNX model: it has no graph")
    arrays: dict[str, Stored] = {}
    for tensor in [*model.graph.initializer, *_constants(model.graph)]:
        if tensor.name in arrays:
            raise DesignError(f"{path.name}: initializer {tensor.name!r} stands twice")
        if (stored := _stored(path, tensor)) is not None:
            arrays[tensor.name] = stored
    return Container(path, "onnx", arrays, {"graph": model.graph})


def _constants(graph: Any) -> list[Any]:
    """The tensors of nodes Constant, under the names of their outputs."""
    found = []
    for node in graph.node:
        if node.op_type != "Constant" or len(node.output) != 1:
            continue
        for item in node.attribute:
            if item.name == "value" and item.HasField("t"):
                tensor = onnx.TensorProto()
                tensor.CopyFrom(item.t)
                tensor.name = node.output[0]
                found.append(tensor)
    return found


def _stored(path: Path, tensor: Any) -> Stored | None:
    where = f"{path.name}: initializer {tensor.name!r}"
    known = onnx.TensorProto.DataType.values()
    kind = onnx.TensorProto.DataType.Name(tensor.data_type) if tensor.data_type in known else ""
    if kind not in TYPES:
        return None
    called, bits = TYPES[kind]
    shape = tuple(int(size) for size in tensor.dims)
    if any(size < 0 for size in shape):
        raise DesignError(f"{where} has shape {shape}")
    size = -(-elements(where, shape) * bits // 8)
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        return _external(path, where, tensor, (called, shape, size))
    data = tensor.raw_data if tensor.HasField("raw_data") else _packed(where, tensor, bits)
    if len(data) != size:
        raise DesignError(f"{where}: {kind} of shape {shape} is {size} bytes, got {len(data)}")
    return Stored(tensor.name, shape, called, path, 0, size, data)


def _packed(where: str, tensor: Any, bits: int) -> bytes:
    """The bytes of a tensor whose elements are numbers of the message, as raw data has them."""
    try:
        array = numpy_helper.to_array(tensor)
    except (ValueError, TypeError, IndexError) as error:
        raise DesignError(f"{where} cannot be read: {error}") from None
    if bits >= 8:
        return bytes(array.tobytes())
    codes = np.frombuffer(array.tobytes(), np.uint8) & np.uint8((1 << bits) - 1)
    planes = np.unpackbits(codes[:, None], axis=1, count=bits, bitorder="little")
    return np.packbits(planes.reshape(-1), bitorder="little").tobytes()


def _external(
    path: Path, where: str, tensor: Any, about: tuple[str, tuple[int, ...], int]
) -> Stored:
    """An array in a file beside the model: in its folder or below, never outside."""
    called, shape, size = about
    entries = {item.key: item.value for item in tensor.external_data}
    location = Path(entries.get("location", ""))
    if not location.name or location.is_absolute() or ".." in location.parts:
        raise DesignError(f"{where} lies outside the model's folder: {str(location)!r}")
    target = path.parent / location
    try:
        offset, length = int(entries.get("offset", 0)), int(entries.get("length", size))
    except ValueError:
        raise DesignError(f"{where} has no numbers as offset and length") from None
    if not target.is_file():
        raise DesignError(f"{where} lies in {location}, which is missing")
    end = target.stat().st_size
    if length != size or not 0 <= offset <= end - size:
        raise DesignError(
            f"{where}: {size} bytes are needed at {offset} of {location}, which has {end}; its "
            f"length says {length}"
        )
    return Stored(tensor.name, shape, called, target, offset, size)
