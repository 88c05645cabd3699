"""What quantization alone loses: each operand is quantized once, whatever it meets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...golden.description import Engine, Operand
from ...models.running import sqnr
from ..accuracy import Array, Data, quantized
from .outer import scaled


class Losses:
    """Signal to noise of products on some data.

    Operands are quantized as :func:`macsmith.studies.accuracy.accuracy` does, and multiplied in
    float64: what an engine rounds when it adds up is not in it, and is small beside it.

    Parameters
    ----------
    data : what products are of.
    """

    def __init__(self, data: Sequence[Data]):
        self.data = tuple(data)
        self._seen: dict[tuple[str, str, int], list[Array]] = {}
        self._exact = {one.name: [w @ x.T for w, x in one.products] for one in data}

    def __call__(self, engine: Engine) -> dict[str, float]:
        """dB by name of the data: the mean over its products."""
        arithmetic = scaled(engine).arithmetic
        found = {}
        for one in self.data:
            sides = [
                self._values(one, side, operand)
                for side, operand in enumerate((arithmetic.weight, arithmetic.activation))
            ]
            noise = [
                sqnr(exact, w @ x.T)
                for exact, w, x in zip(self._exact[one.name], *sides, strict=True)
            ]
            found[one.name] = float(np.mean(noise))
        return found

    def _values(self, data: Data, side: int, operand: Operand) -> list[Array]:
        """What an operand of each product becomes."""
        key = data.name, repr(operand), side
        if key not in self._seen:
            made = []
            for product in data.products:
                codes, scales = quantized(product[side], operand)
                made.append(codes.dequantize() * scales)
            self._seen[key] = made
        return self._seen[key]
