"""Integers of compressed-tensors: packed into 32-bit words, or INT8 as they are.

Codes and zero points are stored with an offset of 2^(bits − 1). Of codes that do not divide 32
bits, older versions leave the rest of a word empty, newer ones let codes run across words; the
length of a row tells which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...golden.description import ROW, TENSOR, Operand, Span, group
from ...golden.errors import DesignError
from ...golden.storage.words import in_order
from ...golden.tensor import Quantized
from ..files import Stored
from ..matrix import Array, Matrix
from . import operands
from .bits import unpacked, words_needed
from .config import need, of_scales, shaped, typed

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Packed:
    """One layer's arrays, by the ends of their names."""

    layer: str
    parts: Mapping[str, Stored]

    def matrix(self, weights: list[Arguments]) -> Matrix:
        """The matrix, by the one group of the config's ``weights`` that its shapes fit."""
        packed, scales, stated = need(
            self.parts, self.layer, "weight_packed", "weight_scale", "weight_shape"
        )
        typed(packed, "int32")
        shape = self._stated(stated)
        bits, dense = self._bits(packed, shape, weights)
        columns = _columns(scales, shape)
        zeros = "weight_zero_point" in self.parts
        where = _span(scales, shape, columns)
        operand = self._operand(bits, where, scales, zeros)
        notes = [f"codes are stored plus {1 << (bits - 1)}"]
        if 32 % bits:
            notes.append(
                "codes run across words" if dense else f"{32 // bits} codes a word, the rest empty"
            )
        order = None
        if "weight_g_idx" in self.parts:
            index = shaped(self.parts["weight_g_idx"], (shape[1],))
            notes.append("inputs are sorted by weight_g_idx (actorder)")

            def order() -> Array:
                return in_order(index.array(), columns)

        def reader() -> Quantized:
            codes = _codes(packed.array(), bits, shape[1], dense) ^ (1 << (bits - 1))
            if order is not None:
                codes = codes[:, order()]
            return self._read(operand, codes, where, shape, bits)

        called = f"INT{bits}, a scale a {where} (compressed-tensors)"
        used = tuple(
            self.parts[name]
            for name in self.parts
            if name.startswith("weight_") and name != "weight_shape"
        )
        return Matrix(self.layer, shape, called, operand, used, reader, tuple(notes), order)

    def whole(self, weight: Stored, scales: Stored) -> Matrix:
        """INT8 codes that are not packed."""
        shape = weight.shape[0], weight.shape[1]
        where = _span(scales, shape, _columns(scales, shape))
        operand = self._operand(8, where, scales, "weight_zero_point" in self.parts)

        def reader() -> Quantized:
            return self._read(operand, weight.array().view(np.uint8), where, shape, 8)

        called = f"INT8, a scale a {where} (compressed-tensors)"
        names = ("weight", "weight_scale", "weight_zero_point")
        used = tuple(self.parts[name] for name in names if name in self.parts)
        return Matrix(self.layer, shape, called, operand, used, reader)

    def _stated(self, stated: Stored) -> tuple[int, int]:
        sizes = stated.array().reshape(-1).tolist()
        if len(sizes) != 2 or not all(0 < size < 1 << 32 for size in sizes):
            raise DesignError(f"{stated.name} is {sizes}, not rows and K of a matrix")
        return int(sizes[0]), int(sizes[1])

    def _bits(
        self, packed: Stored, shape: tuple[int, int], weights: list[Arguments]
    ) -> tuple[int, bool]:
        """Bits of a code, and whether codes run across words."""
        rows, k = shape
        fits: list[tuple[int, bool]] = []
        stated = [item.get("num_bits") for item in weights]
        for bits in sorted({bits for bits in stated if type(bits) is int and 1 <= bits <= 8}):
            if packed.shape == (rows, words_needed(k, bits)):
                fits.append((bits, True))
            elif packed.shape == (rows, -(-k // (32 // bits))):
                fits.append((bits, False))
        if len(fits) != 1:
            raise DesignError(
                f"{packed.name} has shape {packed.shape}: that fits {len(fits)} of the config's "
                f"num_bits ({', '.join(map(str, stated))}) for a matrix {rows} × {k}"
            )
        return fits[0]

    def _operand(self, bits: int, where: Span, scales: Stored, zeros: bool) -> Operand:
        scale = of_scales(scales)
        if zeros:
            return operands.affine(f"int{bits}", f"int{bits}", scale, where)
        return operands.scaled(f"int{bits}", (scale, where))

    def _read(
        self, operand: Operand, codes: Array, where: Span, shape: tuple[int, int], bits: int
    ) -> Quantized:
        grid = where.shape(*shape)
        scales = {"scale": self.parts["weight_scale"].array().reshape(grid)}
        if "weight_zero_point" in self.parts:
            scales["zero"] = self._zeros(grid, bits)
        return Quantized(operand, {"code": codes}, scales)

    def _zeros(self, grid: tuple[int, int], bits: int) -> Array:
        """Zero points, as codes of INT ``bits``; packed ones along the rows."""
        stored = self.parts["weight_zero_point"]
        if stored.type == "int8":
            return shaped(stored, grid, grid[:1], (1,)).array().view(np.uint8).reshape(grid)
        dense = (words_needed(grid[0], bits), grid[1])
        padded = (-(-grid[0] // (32 // bits)), grid[1])
        shaped(typed(stored, "int32"), dense, padded)
        words = np.ascontiguousarray(stored.array().T)
        return _codes(words, bits, grid[0], stored.shape == dense).T ^ (1 << (bits - 1))


def _columns(scales: Stored, shape: tuple[int, int]) -> int | None:
    """Elements of a group, where rows have several; None for all."""
    if len(scales.shape) == 2 and scales.shape[1] > 1:
        groups = scales.shape[1]
        if shape[1] % groups:
            raise DesignError(f"{scales.name}: {groups} groups do not divide K = {shape[1]}")
        return shape[1] // groups
    return None


def _span(scales: Stored, shape: tuple[int, int], columns: int | None) -> Span:
    if scales.count == 1 and shape[0] != 1:
        return TENSOR
    shaped(scales, (shape[0],), (shape[0], 1), (shape[0], shape[1] // (columns or shape[1])))
    return ROW if columns is None else group(columns)


def _codes(words: Array, bits: int, count: int, dense: bool) -> Array:
    if dense:
        return unpacked(words, bits, count)
    each = 32 // bits
    shifts = np.arange(each, dtype=np.uint32) * np.uint32(bits)
    parts = (words.view(np.uint32)[:, :, None] >> shifts) & np.uint32((1 << bits) - 1)
    return parts.reshape(len(words), -1)[:, :count].astype(np.uint8)
