"""Layer normalization of tokens: (x - mean) / sqrt(variance + eps) · gamma + beta."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..description.unit import UNITS
from ..formats import Format, Minifloat, lookup
from ..formats.minifloat import POLICIES
from ..fp import odd_sum
from .normalization import Normalization
from .scaled import rounded_product
from .value_sum import ValueSum

Array = npt.NDArray[Any]

#: Bits of a product that beta is added to, beyond those of a result; it has FP32's exponents.
BEYOND = 8


@dataclass(frozen=True, kw_only=True)
class LayerNorm(Normalization):
    """y = (x - mean(x)) · r · gamma + beta, r = 1 / sqrt(mean((x - mean(x))²) + eps), for tokens of
    ``token`` values x.

    N·(x - mean) is of :class:`.ValueSum`, rounded once to ``bits`` bits; r is made of these numbers
    c and N²·eps, so that N drops out of the product. c · r · gamma is exact and rounded once, to
    nearest even; beside a beta first to the format ``product``, and the sum again.

    ``error`` and ``lost`` bound what all this differs from the real numbers. A token that holds NaN
    or an infinity becomes NaN as a whole. A gamma or beta that is, and an overflow, act on their
    value as in IEEE 754; beside a beta also a product of 2^128. A value at the mean becomes zero,
    with the sign of gamma.

    Source: Ba, Kiros and Hinton, Layer Normalization, 2016.

    Parameters
    ----------
    beta : format of what is added to each channel's value, a float as ``gamma``; None: nothing.
    """

    kind: ClassVar[str] = "layernorm"

    beta: Format | None = lookup("bf16")

    @property
    def channel(self) -> dict[str, Format]:
        return super().channel | ({"beta": self.beta} if self.beta else {})

    @cached_property
    def centre(self) -> ValueSum:
        """What makes c of x."""
        assert isinstance(self.values, Minifloat)  # checked before it is asked for
        return ValueSum(self.values, self.token, self.bits)

    @property
    def source(self) -> Minifloat:
        return self.centre.centred

    @property
    def constant(self) -> Fraction:
        return Fraction(self.eps) * self.token**3

    @property
    def windows(self) -> range:
        return range(self.centre.windows)

    @property
    def product(self) -> Minifloat:
        """The format of c · r · gamma where beta is added."""
        width = self.result.significand_width + BEYOND
        return Minifloat("product", 8, width - 1, POLICIES["ieee"], 127)

    @cached_property
    def lost(self) -> float:
        """How far a result may be off, beyond ``error`` ulp, over gamma: nothing unless values of
        a token are more than 2^32 apart, or some are less than 2^-95."""
        return self._off * (1 + self.relative)

    @property
    def _off(self) -> float:
        """How far values and their mean may be off, over the standard deviation."""
        return float(self.centre.far + self.centre.small / self.eps**0.5)

    @cached_property
    def relative(self) -> float:
        """That of the rounding of c, twice, as it is in r too, and of the mean in r; of r, and of
        the product's rounding."""
        near = 2.0**-self.bits
        moved = (1 + near) / (1 - near) * (1 + self.root_error) / (1 - self._off)
        if self.beta:
            moved *= 1 + 2.0**-self.product.significand_width
        return moved - 1

    @property
    def error(self) -> float:
        """How far a result may be from the real number, in ulp: units of the last place that the
        result's format has at that number, or at the product that beta is added to where this is
        the greater one."""
        return super().error

    @property
    def facts(self) -> dict[str, Any]:
        found = {**super().facts, "beta": self.beta.name if self.beta else None}
        return found | ({"lost": self.lost} if self.lost else {})

    def normalize(
        self,
        codes: npt.ArrayLike,
        gamma: npt.ArrayLike | None = None,
        beta: npt.ArrayLike | None = None,
        **channels: Array,
    ) -> Array:
        """Codes of tokens (tokens, token), and of gamma and beta of that shape or (token,), where
        there are some -> codes of results."""
        given = self.centre.differences(np.asarray(codes, self.values.dtype))
        factors = [self.source.fields(given), self.root.fields(self.roots(given)[:, None])]
        if self.gamma:
            factors.append(self.gamma.fields(np.broadcast_to(np.asarray(gamma), given.shape)))
        if not self.beta:
            return rounded_product(factors, self.result, saturate=False)
        products = self.product.decode(rounded_product(factors, self.product, saturate=False))
        addends = np.asarray(self.beta.decode(np.broadcast_to(np.asarray(beta), given.shape)))
        return self.result.encode(odd_sum(np.asarray(products), addends), saturate=False)


UNITS.register(LayerNorm.kind, LayerNorm)
