"""NVFP4 as safetensors hold it: two E2M1 a byte, E4M3 block scales, and a scale of the tensor.

The tensor's scale is amax / 2688 and multiplies in ModelOpt's files; compressed-tensors stores the
reciprocal and divides. 2688 = 448 · 6; recipes with four-over-six use 256 · 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...golden.tensor import Quantized
from ..files import Stored
from ..matrix import Array, Matrix
from . import operands
from .bits import unpacked
from .config import shaped, typed


@dataclass(frozen=True)
class Nvfp4:
    """One layer; ``divides`` says that the tensor's scale is the reciprocal of the factor."""

    layer: str
    packed: Stored
    scales: Stored
    tensor: Stored
    divides: bool

    def matrix(self, tool: str) -> Matrix:
        """The matrix, as two levels of scales; DesignError for arrays that do not fit."""
        rows, half = self.packed.shape
        shaped(typed(self.scales, "float8_e4m3fn", "uint8"), (rows, half // 8))
        shaped(typed(self.tensor, "float32"), (), (1,))
        typed(self.packed, "uint8")
        how = "divides; its rounded reciprocal multiplies here" if self.divides else "multiplies"
        notes = ["nibbles in order, the first low", f"the tensor's scale {how} ({tool})"]
        if self.divides:
            notes.append(self.differing())
        return Matrix(
            self.layer,
            (rows, 2 * half),
            f"NVFP4 ({tool})",
            operands.scaled("e2m1", *operands.TWO_LEVELS),
            (self.packed, self.scales, self.tensor),
            self.quantized,
            tuple(notes),
            tool=self.divided if self.divides else None,
        )

    @property
    def factor(self) -> np.float32:
        """What multiplies: the stored number, or its reciprocal rounded to FP32."""
        stored = np.float32(self.tensor.array().reshape(-1)[0])
        with np.errstate(divide="ignore"):
            return np.float32(1) / stored if self.divides else stored

    def quantized(self) -> Quantized:
        """Codes and both levels of scales."""
        rows, half = self.packed.shape
        return Quantized(
            operands.scaled("e2m1", *operands.TWO_LEVELS),
            {"code": unpacked(self.packed.array(), 4, 2 * half)},
            {
                # E4M3 without a sign: NVFP4's scales are positive.
                "scale": self.scales.array(),
                "scale_2": np.full((1, 1), self.factor, np.float32),
            },
        )

    def divided(self) -> Array:
        """The weights with block scales divided by the tensor's, each rounded to FP32: what
        compressed-tensors computes. Float64 (rows, K)."""
        found = self.quantized()
        scales = self._quotients().astype(np.float64)
        return found.elements(0) * np.repeat(scales, 16, axis=1)

    def _quotients(self) -> Array:
        level = operands.TWO_LEVELS[0][0]
        scales = level.decode(self.scales.array()).astype(np.float32)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(scales / np.float32(self.tensor.array().reshape(-1)[0]))

    def differing(self) -> str:
        """How many block scales the reciprocal changes, in words."""
        level = operands.TWO_LEVELS[0][0]
        scales = level.decode(self.scales.array()).astype(np.float32)
        with np.errstate(invalid="ignore", over="ignore"):
            ours, theirs = scales * self.factor, self._quotients()
        ulps = np.abs(ours.view(np.int32).astype(np.int64) - theirs.view(np.int32))
        return (
            f"{np.count_nonzero(ulps)} of {ulps.size} block scales differ from the quotient, by "
            f"{ulps.max(initial=0)} ulp at most"
        )
