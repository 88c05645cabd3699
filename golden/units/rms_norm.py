"""Root mean square normalization of tokens: x / sqrt(mean(x^2) + eps) · gamma."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..description.unit import UNITS
from ..formats import Minifloat
from .normalization import Normalization
from .scaled import rounded_product

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class RmsNorm(Normalization):
    """y = x · r · gamma, r = 1 / sqrt(mean(x²) + eps), for tokens of ``token`` values x.

    The product of x, r and gamma is exact and rounded once, to nearest even. ``error`` bounds what
    all this differs from the real numbers.

    A token that holds NaN or an infinity becomes NaN as a whole. A gamma that is, and an overflow,
    act on their value as in IEEE 754; zeros have the sign of the product.

    Source: Zhang and Sennrich, Root Mean Square Layer Normalization, 2019.
    """

    kind: ClassVar[str] = "rmsnorm"

    @property
    def source(self) -> Minifloat:
        assert isinstance(self.values, Minifloat)  # after __post_init__
        return self.values

    @property
    def constant(self) -> Fraction:
        return Fraction(self.eps) * self.token

    @property
    def windows(self) -> range:
        return range(self.squares.base - 1, self.squares.windows)

    @property
    def relative(self) -> float:
        return self.root_error

    def normalize(
        self, codes: npt.ArrayLike, gamma: npt.ArrayLike | None = None, **channels: Array
    ) -> Array:
        """Codes of tokens (tokens, token), and of gamma of that shape or (token,), if there is
        one -> codes of results."""
        given = np.asarray(codes, self.values.dtype)
        factors = [self.values.fields(given), self.root.fields(self.roots(given)[:, None])]
        if self.gamma:
            factors.append(self.gamma.fields(np.broadcast_to(np.asarray(gamma), given.shape)))
        return rounded_product(factors, self.result, saturate=False)


UNITS.register(RmsNorm.kind, RmsNorm)
