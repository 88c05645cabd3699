"""A one-node ONNX model, written as protocol buffers by hand, for onnxruntime to run.

Field numbers are those of onnx/onnx.proto. Integers are varints, everything else is
length-delimited.
"""

from __future__ import annotations

import numpy as np
import onnxruntime

FLOAT, UINT8, INT_ATTRIBUTE = 1, 2, 2
_TYPES = {np.dtype(np.float32): FLOAT, np.dtype(np.uint8): UINT8}


def matmul_nbits(
    activation: np.ndarray, weight: np.ndarray, scales: np.ndarray, zeros: np.ndarray | None,
    block: int,
) -> np.ndarray:  # fmt: skip
    """com.microsoft.MatMulNBits of 4 bits: float32 (M, K) × uint4 (N, K) -> float32 (M, N).

    ``scales`` (N, blocks) float32; ``zeros`` uint4 alike, 8 if None. Codes are packed low nibble
    first, the last block filled up, zero points padded to a whole byte a row.
    """
    (n, k), m = weight.shape, len(activation)
    filled = np.pad(weight, ((0, 0), (0, -k % block)))
    tensors = {
        "B": _pack(filled).reshape(n, -1, block // 2),
        "scales": scales.astype(np.float32).ravel(),
    }
    if zeros is not None:
        padded = np.pad(zeros, ((0, 0), (0, zeros.shape[1] % 2)))
        tensors["zeros"] = _pack(padded).ravel()
    attributes = {"K": k, "N": n, "bits": 4, "block_size": block}
    node = b"".join(
        [
            *(_text(1, name) for name in ("A", *tensors)),
            _text(2, "Y"),
            _text(4, "MatMulNBits"),
            *(
                _bytes(5, _text(1, key) + _int(3, value) + _int(20, INT_ATTRIBUTE))
                for key, value in attributes.items()
            ),
            _text(7, "com.microsoft"),
        ]
    )
    graph = b"".join(
        [
            _bytes(1, node),
            _text(2, "g"),
            *(_bytes(5, _tensor(name, array)) for name, array in tensors.items()),
            _bytes(11, _value("A", (m, k))),
            _bytes(12, _value("Y", (m, n))),
        ]
    )
    versions = {"": 17, "com.microsoft": 1}
    opsets = b"".join(_bytes(8, _text(1, name) + _int(2, v)) for name, v in versions.items())
    session = onnxruntime.InferenceSession(
        _int(1, 8) + _bytes(7, graph) + opsets, providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"A": activation.astype(np.float32)})[0]


def _pack(nibbles: np.ndarray) -> np.ndarray:
    return (nibbles[..., 0::2] | nibbles[..., 1::2] << 4).astype(np.uint8)


def _tensor(name: str, array: np.ndarray) -> bytes:
    dims = b"".join(_int(1, size) for size in array.shape)
    return dims + _int(2, _TYPES[array.dtype]) + _text(8, name) + _bytes(9, array.tobytes())


def _value(name: str, shape: tuple[int, ...]) -> bytes:
    dims = b"".join(_bytes(1, _int(1, size)) for size in shape)
    return _text(1, name) + _bytes(2, _bytes(1, _int(1, FLOAT) + _bytes(2, dims)))


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
