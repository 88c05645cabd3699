"""GGUF's blocks: each tensor says its own type.

Source: ggml-common.h and gguf-py's quants.py; NVFP4's second scale: the tensor ``.scale``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ...golden import storage
from ...golden.description import TENSOR, Level, Operand
from ...golden.formats import lookup
from ...golden.tensor import Quantized
from ..files import Container, Stored
from ..matrix import Matrix
from .found import Found
from .plain import ELEMENTS
from .plain import matrix as plain_matrix

_WEIGHT = ".weight"


def read(container: Container) -> Found:
    """All matrices; of three axes, one for each expert."""
    found = Found()
    known = set(storage.names())
    for name, stored in container.arrays.items():
        if len(stored.shape) < 2 or not stored.count:
            continue
        if stored.type not in ELEMENTS and stored.type not in known:
            found.refuse(name, f"no scheme for GGUF's type {stored.type}", stored.size)
            found.used.add(name)
            continue
        if len(stored.shape) > 3:
            continue
        second = _second(container, name, stored)
        for part, scale in _experts(stored, second):
            found.matrices.append(_matrix(part, scale))
        if second is not None:
            found.used.add(second.name)
    return found


def _second(container: Container, name: str, stored: Stored) -> Stored | None:
    """The tensor's own scale, which llama.cpp multiplies the results of NVFP4 with."""
    if stored.type != "nvfp4" or not name.endswith(_WEIGHT):
        return None
    found = container.get(name.removesuffix(_WEIGHT) + ".scale")
    return found if found is not None and found.type == "float32" else None


def _experts(stored: Stored, second: Stored | None) -> list[tuple[Stored, Stored | None]]:
    """A tensor of three axes as one matrix an expert."""
    if len(stored.shape) == 2:
        return [(stored, second)]
    count = stored.shape[0]
    size = stored.size // count

    def part(number: int) -> Stored:
        return replace(
            stored,
            name=f"{stored.name}[{number}]",
            shape=stored.shape[1:],
            offset=stored.offset + number * size,
            size=size,
        )

    def scale(number: int) -> Stored | None:
        if second is None or second.count != count:
            return second
        return replace(second, shape=(), offset=second.offset + 4 * number, size=4)

    return [(part(number), scale(number)) for number in range(count)]


def _matrix(stored: Stored, second: Stored | None) -> Matrix:
    if stored.type in ELEMENTS:
        return plain_matrix(stored)
    scheme = storage.lookup(stored.type)
    shape = (stored.shape[0], stored.shape[1])
    reader = partial(_blocks, stored, shape)
    called = f"GGUF {stored.type.upper()}"
    if second is None:
        return Matrix(stored.name, shape, called, scheme.operand, (stored,), reader)
    operand = _with_tensor_scale(scheme.operand)
    reader = partial(_scaled, stored, second, shape, operand)
    notes = ("the tensor's own scale multiplies (GGUF: .scale)",)
    return Matrix(stored.name, shape, called, operand, (stored, second), reader, notes)


def _with_tensor_scale(operand: Operand) -> Operand:
    level = Level(lookup("fp32"), TENSOR, "tensor")
    return replace(
        operand,
        planes=tuple(replace(plane, scales=(*plane.scales, level)) for plane in operand.planes),
    )


def _blocks(stored: Stored, shape: tuple[int, int]) -> Quantized:
    return storage.unpack(stored.type, stored.bytes(), shape)


def _scaled(stored: Stored, second: Stored, shape: tuple[int, int], operand: Operand) -> Quantized:
    found = _blocks(stored, shape)
    scales = {**found.scales, "tensor": second.array().reshape(1, 1)}
    return replace(found, operand=operand, scales=scales)
