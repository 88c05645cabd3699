"""bitsandbytes: NF4 and FP4 in blocks that run across rows, and LLM.int8's rows.

Source: bitsandbytes, functional.py: QuantState. What it says of a weight stands in the file itself,
as JSON in the array ``quant_state.bitsandbytes__nf4`` (or ``__fp4``). A byte holds its first code
in the high nibble. With nested statistics a block's scale is table[code] · second scale + offset.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...golden.description import ROW, group
from ...golden.errors import DesignError
from ...golden.formats import lookup
from ...golden.tensor import Quantized
from ..files import Container, Stored
from ..matrix import Array, Matrix
from . import operands
from .config import shaped, typed
from .found import Found

_STATE = ".quant_state.bitsandbytes__"
ELEMENTS = {"nf4": "nf4", "fp4": "fp4_bnb"}

#: 1 / 127 as the library multiplies with it.
_TO_ROW = np.float32(1 / 127)


def read(container: Container, config: Mapping[str, Any]) -> Found:
    """All weights with a state, or with ``SCB``."""
    del config
    found = Found()
    for name, stored in container.arrays.items():
        kind = next((item for item in ELEMENTS if name.endswith(_STATE + item)), None)
        weight = name.split(_STATE)[0] if kind else name.removesuffix("SCB") + "weight"
        if kind is None and not name.endswith(".SCB"):
            continue
        used = [
            item for item in container.arrays if item == weight or item.startswith(weight + ".")
        ]
        found.used |= {*used, name, name.removesuffix("SCB") + "weight_format"}
        size = sum(container.arrays[item].size for item in used)
        try:
            made = (
                _rows(container, weight, stored)
                if kind is None
                else _blocks(container, weight, stored, kind)
            )
            found.matrices.append(made)
        except DesignError as error:
            found.refuse(weight, error, size)
    return found


def _rows(container: Container, name: str, scales: Stored) -> Matrix:
    """LLM.int8: a row's greatest magnitude stands for 127."""
    weight = typed(container.need(name, f"{scales.name} scales it"), "int8")
    if len(weight.shape) != 2:
        raise DesignError(f"{name} has shape {weight.shape}, it is no matrix")
    shaped(typed(scales, "float32"), weight.shape[:1])
    operand = operands.scaled("int8", (lookup("fp32"), ROW))

    def reader() -> Quantized:
        scale = (scales.array() * _TO_ROW)[:, None]
        return Quantized(operand, {"code": weight.array().view(np.uint8)}, {"scale": scale})

    def tool() -> Array:
        products = weight.array().astype(np.float32) * scales.array()[:, None]
        return np.asarray(products * _TO_ROW, np.float64)

    shape = weight.shape[0], weight.shape[1]
    notes = ("scales are the rows' greatest magnitudes over 127, rounded to FP32 (SCB)",)
    arrays = (weight, scales)
    return Matrix(name, shape, "LLM.int8", operand, arrays, reader, notes, tool=tool)


def _blocks(container: Container, name: str, state: Stored, kind: str) -> Matrix:
    try:
        given = json.loads(state.bytes().tobytes().rstrip(b"\0").decode())
        shape, block = tuple(given["shape"]), given["blocksize"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DesignError(f"{state.name} holds no JSON with shape and blocksize") from None
    if len(shape) != 2 or not all(type(size) is int and size > 0 for size in (*shape, block)):
        raise DesignError(f"{state.name}: shape {shape}, blocksize {block}: no matrix in blocks")
    if shape[1] % block:
        raise DesignError(
            f"{name}: blocks of {block} run across rows of {shape[1]}: no group of a row has one "
            "scale"
        )
    layer = _Layer(container, name, kind, (shape[0], shape[1]), block, given)
    return layer.matrix(state)


@dataclass(frozen=True)
class _Layer:
    container: Container
    name: str
    kind: str
    shape: tuple[int, int]
    block: int
    state: Mapping[str, Any]

    def matrix(self, state: Stored) -> Matrix:
        rows, k = self.shape
        weight = typed(self.container.need(self.name, f"{state.name} describes it"), "uint8")
        if weight.size != rows * k // 2:
            raise DesignError(f"{self.name}: {weight.size} bytes do not hold {rows} × {k} nibbles")
        absmax = self._part("absmax")
        if absmax.count != rows * k // self.block:
            raise DesignError(
                f"{absmax.name} has {absmax.count} scales, not {rows * k}/{self.block}"
            )
        arrays = [weight, absmax, self._part("quant_map")]
        notes = ["the first code stands in a byte's high nibble"]
        if self._nested:
            arrays += [self._part("nested_absmax"), self._part("nested_quant_map")]
            notes.append("scales are quantized themselves; unfolded to FP32 here")
        notes.append(f"levels are the format's own ({ELEMENTS[self.kind]}), in fixed point")
        return Matrix(
            self.name,
            self.shape,
            f"bitsandbytes {self.kind.upper()}, blocks of {self.block}",
            self._operand,
            tuple(arrays),
            self._read,
            tuple(notes),
            tool=self._values,
        )

    @property
    def _operand(self) -> Any:
        return operands.scaled(ELEMENTS[self.kind], (lookup("fp32"), group(self.block)))

    @property
    def _nested(self) -> bool:
        return "nested_offset" in self.state

    def _part(self, end: str) -> Stored:
        return self.container.need(f"{self.name}.{end}", f"{self.name} is stored with it")

    def _codes(self) -> Array:
        data = self.container[self.name].bytes()
        return np.stack([data >> 4, data & 15], axis=-1).reshape(self.shape)

    def _scales(self) -> Array:
        """One FP32 scale a block: (rows, blocks)."""
        absmax = self._part("absmax")
        grid = self.shape[0], self.shape[1] // self.block
        if not self._nested:
            return typed(absmax, "float32").array().reshape(grid)
        codes = typed(absmax, "uint8").array().reshape(-1)
        table = shaped(typed(self._part("nested_quant_map"), "float32"), (256,)).array()
        second = typed(self._part("nested_absmax"), "float32").array().reshape(-1)
        size = self.state.get("nested_blocksize", 256)
        offset = self.state["nested_offset"]
        if type(size) is not int or size < 1 or len(second) < -(-codes.size // size):
            raise DesignError(f"{absmax.name}: {len(second)} second scales for blocks of {size}")
        if not isinstance(offset, int | float):
            raise DesignError(f"{absmax.name}: nested_offset is {offset!r}, no number")
        products = table[codes] * np.repeat(second, size)[: codes.size]
        return np.asarray((products + np.float32(offset)).reshape(grid), np.float32)

    def _read(self) -> Quantized:
        return Quantized(self._operand, {"code": self._codes()}, {"scale": self._scales()})

    def _values(self) -> Array:
        """With the levels that the file itself has, products rounded to FP32."""
        levels = shaped(typed(self._part("quant_map"), "float32"), (16,)).array()
        scales = np.repeat(self._scales(), self.block, axis=1)
        return np.asarray(levels[self._codes()] * scales, np.float64)
