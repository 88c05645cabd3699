"""Products of two streams of floats, element by element: gate times up of a gated network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from .. import fp
from ..description.unit import UNITS
from ..formats import Format, Minifloat, lookup
from .of_two import BEATS, OfTwo, halfway

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Product(OfTwo):
    """y = values · factor, the exact product, rounded once to nearest even.

    NaN, infinities and signed zeros as in IEEE 754: a zero has the sign of the product, zero times
    infinity is NaN. Subnormals are exact on both sides.

    Source: SwiGLU, arXiv 2002.05202, where ``values`` are SiLU(gate) and ``factor`` is up.

    Parameters
    ----------
    values, factor : formats of what is multiplied: floats with zero, NaN and infinity, with up to
        24 significand bits.
    result : format of the products, such a float.
    lanes : values of a vector in a beat.
    vectors : how many are multiplied side by side.
    """

    kind: ClassVar[str] = "product"
    beside: ClassVar[str] = "factor"
    kinds: ClassVar[tuple[str, ...]] = ("usual", "ties", "under", "over", "near")

    values: Format = lookup("bf16")
    factor: Format = lookup("bf16")
    result: Format = lookup("bf16")
    lanes: int = 1
    vectors: int = 1

    # The golden function.

    def multiply(self, values: npt.ArrayLike, factor: npt.ArrayLike) -> Array:
        """Codes of both factors of one shape -> codes of their products: float64 holds 24 times 24
        bits exactly."""
        a, b = np.asarray(self.values.decode(values)), np.asarray(self.factor.decode(factor))
        return self.result.encode(fp.product(a, b), saturate=False)

    def made(self, values: Array, others: Array) -> Array:
        return self.multiply(values, others)

    # What is worth trying.

    def drawn(self, kind: str, rng: np.random.Generator) -> tuple[Array, Array]:
        shape = BEATS, self.width
        x = rng.standard_t(3, shape) * np.exp2(rng.integers(-10, 10, shape))
        y = rng.standard_t(3, shape)
        if kind == "ties":  # odd numbers whose product has a bit more than a result, which is set
            x, y = self._ties(shape, rng)
        elif kind == "near":  # about a power of two, from where rounding leads to the next
            x, y = 1 + rng.integers(-3, 4, (2, *shape)) * 2.0**-self.result.significand_width
        elif kind in ("under", "over"):  # about the least, and about the greatest results
            assert isinstance(self.result, Minifloat)
            low, high = self.result.lsb, np.frexp(float(self.result.maximum))[1]
            wanted = rng.integers(low - 2, low + self.result.mantissa_width + 2, shape)
            if kind == "over":
                wanted = np.full(shape, high - 1)
            x = halfway(self.result, shape, rng)
            share = wanted // 2 + rng.integers(-2, 3, shape)
            x, y = np.ldexp(x, share), np.ldexp(1 + rng.integers(0, 8, shape) / 8, wanted - share)
        return x, y

    def _ties(self, shape: tuple[int, ...], rng: np.random.Generator) -> tuple[Array, Array]:
        """Odd numbers of w and of p + 1 - w bits, or of one bit more together."""
        bits = self.result.significand_width + 1
        few = int(rng.integers(1, min(bits - 1, self.values.significand_width) + 1))
        rest = bits - few
        x, y = (
            (1 << n - 1) + 2 * rng.integers(0, max(1 << n - 1 >> 1, 1), shape) + (n > 1)
            for n in (few, rest)
        )
        return x * rng.choice([1.0, -1.0], shape), y * np.exp2(rng.integers(-12, 3, shape))


UNITS.register(Product.kind, Product)
