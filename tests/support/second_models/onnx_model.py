"""A one-node ONNX model, written as protocol buffers by hand, for onnxruntime to run.

Field numbers are those of onnx/onnx.proto. Integers are varints, everything else is
length-delimited.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import numpy.typing as npt
import onnxruntime

INT_ATTRIBUTE = 2
_TYPES = {np.dtype(np.float32): 1, np.dtype(np.uint8): 2, np.dtype(np.int8): 3}


def matmul_nbits(
    activation: np.ndarray, weight: np.ndarray, scales: np.ndarray, zeros: np.ndarray | None,
    block: int,
) -> np.ndarray:  # fmt: skip
    """com.microsoft.MatMulNBits of 4 bits: float32 (M, K) × uint4 (N, K) -> float32 (M, N).

    ``scales`` (N, blocks) float32; ``zeros`` uint4 alike, 8 if None. Codes are packed low nibble
    first, the last block filled up, zero points padded to a whole byte a row.
    """
    n, k = weight.shape
    filled = np.pad(weight, ((0, 0), (0, -k % block)))
    tensors = {
        "B": _pack(filled).reshape(n, -1, block // 2),
        "scales": scales.astype(np.float32).ravel(),
    }
    if zeros is not None:
        padded = np.pad(zeros, ((0, 0), (0, zeros.shape[1] % 2)))
        tensors["zeros"] = _pack(padded).ravel()
    attributes = {"K": k, "N": n, "bits": 4, "block_size": block}
    given = activation.astype(np.float32)
    made = {"Y": (np.float32, (len(given), n))}
    return _run("MatMulNBits", "com.microsoft", given, tensors, made, attributes)[0]


def qlinear_matmul(
    activation: np.ndarray, weight: np.ndarray, scale: float, zero: np.ndarray,
    scales: np.ndarray | None = None,
) -> np.ndarray:  # fmt: skip
    """QLinearMatMul of (M, K) × int8 (K, N), all scales 1 but the first.

    ``scales`` (N,) are those of the second, one a column. The zero point of the first is 128 in
    uint8, 0 in int8. ``zero`` is the result's, whose type is that of the first and of the result
    (M, N).
    """
    one, nothing = np.float32([1]), np.zeros(1 if scales is None else len(scales), np.int8)
    second = one if scales is None else scales.astype(np.float32)
    first = np.array([128 * (activation.dtype == np.uint8)]).astype(activation.dtype)
    tensors = {
        "a_scale": np.float32([scale]), "a_zero": first, "b": weight, "b_scale": second,
        "b_zero": nothing, "y_scale": one, "y_zero": zero.reshape(1),
    }  # fmt: skip
    scalars = {name for name in tensors if name != "b"}
    scalars -= {"b_scale", "b_zero"} if scales is not None else set()
    made = {"Y": (zero.dtype, (len(activation), weight.shape[1]))}
    return _run("QLinearMatMul", "", activation, tensors, made, {}, scalars)[0]


def quantize_linear(values: np.ndarray, scale: float, zero: np.ndarray) -> np.ndarray:
    """QuantizeLinear of float32 values with one scale: codes of the zero point's type."""
    tensors = {"y_scale": np.float32([scale]), "y_zero": zero.reshape(1)}
    made = {"Y": (zero.dtype, values.shape)}
    return _run("QuantizeLinear", "", values, tensors, made, {}, tensors)[0]


def dynamic_quantize_linear(values: np.ndarray) -> tuple[np.ndarray, np.float32, np.uint8]:
    """DynamicQuantizeLinear of float32 values (1, K): codes, their scale and their zero point."""
    made = {"Y": (np.uint8, values.shape), "S": (np.float32, ()), "Z": (np.uint8, ())}
    codes, scale, zero = _run("DynamicQuantizeLinear", "", values, {}, made, {})
    return codes, scale[()], zero[()]


def _run(
    operator: str, domain: str, fed: np.ndarray, tensors: Mapping[str, np.ndarray],
    made: Mapping[str, tuple[npt.DTypeLike, tuple[int, ...]]], attributes: Mapping[str, int],
    scalars: Collection[str] = (),
) -> list[np.ndarray]:  # fmt: skip
    """The results of one operator of ``fed`` and constants; of each its type and shape."""
    node = b"".join(
        [
            *(_text(1, name) for name in ("A", *tensors)),
            *(_text(2, name) for name in made),
            _text(4, operator),
            *(
                _bytes(5, _text(1, key) + _int(3, value) + _int(20, INT_ATTRIBUTE))
                for key, value in attributes.items()
            ),
            _text(7, domain),
        ]
    )
    constants = [
        _bytes(5, _tensor(name, array.reshape(()) if name in scalars else array))
        for name, array in tensors.items()
    ]
    graph = b"".join(
        [
            _bytes(1, node),
            _text(2, "g"),
            *constants,
            _bytes(11, _value("A", fed.shape, fed.dtype)),
            *(
                _bytes(12, _value(name, shape, np.dtype(kind)))
                for name, (kind, shape) in made.items()
            ),
        ]
    )
    versions = {"": 17, "com.microsoft": 1}
    opsets = b"".join(_bytes(8, _text(1, name) + _int(2, v)) for name, v in versions.items())
    session = onnxruntime.InferenceSession(
        _int(1, 8) + _bytes(7, graph) + opsets, providers=["CPUExecutionProvider"]
    )
    found: list[np.ndarray] = session.run(None, {"A": fed})
    return found


def _pack(nibbles: np.ndarray) -> np.ndarray:
    return (nibbles[..., 0::2] | nibbles[..., 1::2] << 4).astype(np.uint8)


def _tensor(name: str, array: np.ndarray) -> bytes:
    dims = b"".join(_int(1, size) for size in array.shape)
    return dims + _int(2, _TYPES[array.dtype]) + _text(8, name) + _bytes(9, array.tobytes())


def _value(name: str, shape: tuple[int, ...], dtype: np.dtype) -> bytes:
    dims = b"".join(_bytes(1, _int(1, size)) for size in shape)
    return _text(1, name) + _bytes(2, _bytes(1, _int(1, _TYPES[dtype]) + _bytes(2, dims)))


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def _int(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())
