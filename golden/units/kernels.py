"""Matrices of butterflies by name: those of fast transforms, stage by stage."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt

from ..description.choices import Choices

Array = npt.NDArray[Any]


class Kernel(ABC):
    """The matrices of a fast transform.

    Attributes
    ----------
    complex : whether its numbers are.
    """

    complex = True

    @abstractmethod
    def stage(self, distance: int) -> Array:
        """Matrices (distance, 2, 2) of the pairs of a block of twice ``distance`` points."""


class Fourier(Kernel):
    """The discrete Fourier transform by decimation in frequency: a + b and (a - b) w^j.

    Source: Gentleman and Sande, "Fast Fourier Transforms: for fun and profit", 1966. The number of
    a result is that of its place, bits reversed.

    Parameters
    ----------
    sign : of the exponent: -1 forward, 1 backward.
    """

    def __init__(self, sign: int):
        self.sign = sign

    def stage(self, distance: int) -> Array:
        turn = np.exp(self.sign * 1j * np.pi * np.arange(distance) / distance)
        one = np.ones(distance)
        return np.stack([np.stack([one, one], -1), np.stack([turn, -turn], -1)], 1)


class Walsh(Kernel):
    """The Walsh-Hadamard transform in natural order: a + b and a - b."""

    complex = False

    def stage(self, distance: int) -> Array:
        return np.broadcast_to(np.array([[1.0, 1.0], [1.0, -1.0]]), (distance, 2, 2))


#: Kernels by name.
KERNELS: Choices[Kernel] = Choices("kernel", "macsmith.golden.units.kernels")
KERNELS.register("fft", Fourier(-1))
KERNELS.register("ifft", Fourier(1))
KERNELS.register("walsh", Walsh())
