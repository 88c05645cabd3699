"""L-Mul: the product of two minifloats by one integer addition."""

from __future__ import annotations

import numpy as np

from .. import exact
from ..errors import DesignError
from ..formats import Fields, Format, Kind, Minifloat
from ..interval import Range
from .rule import CHUNK, Array, Exact, Factors, Pair


class LMul(Exact):
    """Two equal minifloats multiply by adding their exponent and mantissa fields as one integer.

    ``field(z) = field(x) + field(y) - (bias << m) + 2**(m - l(m))``, signs by exclusive or, where
    ``l(m) = m`` up to 3 mantissa bits, 3 for 4, and 4 above. A carry out of the mantissas raises
    the exponent, as it does in an integer adder: the published formula ``(1 + x_m + y_m +
    2**-l) * 2**(x_e + y_e)`` differs there. A product's exponent has no bounds: it neither
    overflows nor becomes subnormal. Zero and subnormal elements count as zero.

    Source: Luo and Sun, "Addition is all you need", arXiv:2410.00907, and its code's offset rule;
    the integer form and the treatment of zero, subnormals and overflow are this project's reading.
    """

    name = "lmul"
    approximate = True

    def check(self, weight: Format, activation: Format) -> None:
        usable = isinstance(weight, Minifloat) and weight.has_zero and weight.mantissa_width
        if weight != activation or not usable:
            raise DesignError(
                "product lmul needs one minifloat with a mantissa on both sides, such as bf16 or "
                f"e4m3, got {weight.name} × {activation.name}",
                {"product": "exact"},
            )

    def offset(self, fmt: Format) -> int:
        """2**-l(m) in units of the last mantissa bit."""
        m = fmt.significand_width - 1
        return 1 << (m - (m if m <= 3 else 3 if m == 4 else 4))

    def range(self, weight: Format, activation: Format) -> Range:
        m, top = weight.significand_width - 1, weight.high.bit_length()
        last = (weight.high >> (top - m - 1)) - (1 << m)
        mantissa = 2 * last + self.offset(weight)
        shift = 2 * (top - m - 1) + (mantissa >> m)
        high = ((1 << m) + mantissa % (1 << m)) << shift
        return Range(2 * weight.lsb + m, -high if weight.low < 0 else 0, high)

    def leading(self, weight: Format, activation: Format) -> int:
        return weight.significand_width - 1

    def elements(self, fields: Fields, fmt: Format) -> Fields:
        full = fields.significand >> (fmt.significand_width - 1) > 0
        kept = np.where(full | (fields.kind != Kind.FINITE), fields.significand, 0)
        return fields._replace(significand=kept)

    def factors(self, w: Fields, a: Fields, formats: Pair) -> Factors:
        fmt = formats[0]
        m = fmt.significand_width - 1
        zero = (w.significand == 0) | (a.significand == 0)
        mantissa = w.significand.astype(np.int64) + a.significand - (2 << m) + self.offset(fmt)
        significand = (1 << m) + (mantissa & ((1 << m) - 1))
        carry = np.where(zero, 0, mantissa >> m)
        exponent = w.exponent.astype(np.int64) + a.exponent + m + carry
        return Factors(w.sign ^ a.sign, np.where(zero, 0, significand), exponent)

    def products(self, weight: Array, activation: Array, formats: Pair) -> Array:
        codes = weight[..., None, None], activation[..., None, None]
        w, a = (self.elements(f.fields(c), f) for f, c in zip(formats, codes, strict=True))
        bound = self._bound(formats)
        return self._sum(w, a, formats, exact.integer_type(bound))[..., 0]

    def dots(
        self,
        weight: Array,
        activation: Array,
        formats: Pair,
        group: int,
        selects: tuple[Array | int, Array | int],
    ) -> Array:
        (n, k), m = weight.shape, activation.shape[0]
        left, right = (
            self.elements(fmt.fields(codes, select), fmt)
            for fmt, codes, select in zip(formats, (weight, activation), selects, strict=True)
        )
        dtype = exact.integer_type(self._bound(formats) * group)
        total = np.zeros((n, m, -(-k // group)), dtype)
        piece = min(group, max(1, CHUNK // max(n * m, 1)))
        for start in range(0, k, group):
            for begin in range(start, min(start + group, k), piece):
                part = slice(begin, min(begin + piece, start + group, k))
                w = Fields(*(np.asarray(field)[:, None, part] for field in left))
                a = Fields(*(np.asarray(field)[None, :, part] for field in right))
                total[:, :, start // group] += self._sum(w, a, formats, dtype)
        return total

    def _sum(self, w: Fields, a: Fields, formats: Pair, dtype: type) -> Array:
        """The sum along the last axis, put together from sums of products of near exponents."""
        found, lsb = self.factors(w, a, formats), self.range(*formats).lsb
        finite = (w.kind == Kind.FINITE) & (a.kind == Kind.FINITE)
        value = np.where(finite, found.significand, 0) * np.where(found.sign, -1, 1)
        bins, shift = np.divmod(np.where(finite, found.exponent - lsb, 0), 16)
        value = value << shift
        total: Array = np.zeros(value.shape[:-1], dtype)
        for number in range(int(bins.max(initial=0)) + 1):
            part = np.where(bins == number, value, 0).sum(axis=-1)
            total = total + (part.astype(dtype) << (16 * number))
        return total
