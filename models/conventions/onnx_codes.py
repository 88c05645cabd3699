"""Quantized weights of ONNX: an initializer with scales and zero points."""

from __future__ import annotations

from dataclasses import dataclass

from ...golden.description import ROW, TENSOR, Level, Operand, Plane, Span, group
from ...golden.errors import DesignError
from ...golden.formats import lookup
from ...golden.tensor import Quantized
from ..files import Stored
from ..matrix import Array, Matrix
from .bits import unpacked
from .config import of_scales

#: Types of weights -> element, bits.
CODES = {
    **{f"{kind}{bits}": (f"{kind}{bits}", bits) for kind in ("int", "uint") for bits in (2, 4, 8)},
    "float8_e4m3fn": ("e4m3", 8),
    "float8_e5m2": ("e5m2", 8),
    "float4_e2m1fn": ("e2m1", 4),
}


@dataclass(frozen=True)
class Codes:
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
        codes = codes_of(self.zeros, CODES[self.weight.type][1])
        return codes if codes.any() else None

    def _read(self, operand: Operand, shape: tuple[int, int]) -> Quantized:
        codes = codes_of(self.weight, CODES[self.weight.type][1])
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


def codes_of(stored: Stored, bits: int) -> Array:
    """Unsigned codes of an initializer, in its own shape; narrow ones are packed throughout."""
    if bits == 8:
        return stored.bytes().reshape(stored.shape)
    return unpacked(stored.bytes()[None], bits, stored.count).reshape(stored.shape)
