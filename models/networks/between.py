"""What stands between the products of a llama: in FP32, or as the library's units compute it."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from . import parts

Array = npt.NDArray[Any]


class Between(Protocol):
    """Norms, rotations, softmax, SiLU, gates and residual sums, of FP32 arrays.

    Values are FP32 whatever they are computed in.
    """

    @property
    def name(self) -> str:
        """For tables."""

    def taken(self, x: Array) -> Array:
        """What comes from a product, or from the table of words."""

    def norm(self, x: Array, weight: Array, eps: float) -> Array:
        """RMSNorm over the last axis."""

    def rotate(self, x: Array, turns: Array, neighbours: bool) -> Array:
        """Rotary positions, as of :func:`.parts.rotate`."""

    def softmax(self, scores: Array) -> Array:
        """Over the last axis, at whose end some may be masked: -infinity."""

    def gated(self, gate: Array, up: Array) -> Array:
        """SiLU(gate) · up."""

    def add(self, x: Array, y: Array) -> Array:
        """The residual ``x`` and what is added to it."""


class Single:
    """All in FP32, in NumPy."""

    name = "FP32"

    def taken(self, x: Array) -> Array:
        return x

    def norm(self, x: Array, weight: Array, eps: float) -> Array:
        return parts.rms_norm(x, weight, eps)

    def rotate(self, x: Array, turns: Array, neighbours: bool) -> Array:
        return parts.rotate(x, turns, neighbours)

    def softmax(self, scores: Array) -> Array:
        return parts.softmax(scores)

    def gated(self, gate: Array, up: Array) -> Array:
        return parts.silu(gate) * up

    def add(self, x: Array, y: Array) -> Array:
        return np.asarray(x + y)


#: What networks take where nobody says else.
SINGLE = Single()
