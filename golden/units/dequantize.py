"""Weights as they are stored, few bits an element, as operands that are multiplied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..description.unit import UNITS
from ..formats import Fields, Format, Integer, Minifloat, lookup
from ..streams import Beats
from . import dequantize_rules as rules
from . import dequantize_trials as trials
from .grouped import Elementwise
from .grouped_trials import extremes
from .scaled import of_integers, rounded_product, wrapped_product

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Dequantize(Elementwise):
    """x = (q - z) · s1 · s2 · … for the codes q of a group, its zero point z and its scales.

    The difference and the product are exact; the product is rounded once, to nearest even, in
    ``result``. Zero has the sign of the product (that of an integer is positive), zero times
    infinity is NaN, subnormals are rounded like all else.

    Sources: AutoGPTQ and AutoAWQ, w = s (q - z); OCP MX v1.0; NVFP4 as in torchao, whose element
    times block scale times tensor scale is rounded once here; QServe and DGQ, whose second level is
    an integer scale.

    Parameters
    ----------
    element : format of a code; of at most 16 bits, with one table.
    zero : integer format of a group's zero point, of integers with the unit of the element.
    scales : formats of a group's scales in the order in which they are multiplied; none: q - z.
        A scale of a whole tensor comes with every group.
    group : elements that share a zero point and scales, a multiple of ``lanes``; 0: all up to
        ``last``. ``last`` ends a group in any case.
    result : an integer, or a float with zero.
    overflow : ``saturate``: the greatest value; ``infinity``: of floats, infinity, or NaN where
        there is none; ``wrap``: of integers, modulo 2^bits; ``auto``: ``infinity`` where the
        result has one, else ``saturate``. In an integer result NaN is zero.
    rows : rows of weights side by side, each with zero points and scales of its own.
    lanes : elements of a row in a beat.
    via : ``table``: all products of a group once, then a look-up for each element; ``direct``: a
        product for each element; ``auto``: what is smaller. It never changes a bit.
    """

    kind: ClassVar[str] = "dequantize"

    element: Format = lookup("int4")
    zero: Format | None = None
    scales: tuple[Format, ...] = (lookup("fp16"),)
    group: int = 128
    result: Format = lookup("fp16")
    overflow: str = "auto"
    rows: int = 1
    lanes: int = 16
    via: str = "auto"

    def __post_init__(self) -> None:
        super().__post_init__()
        rules.check(self)

    # What follows from the parameters.

    @property
    def saturates(self) -> bool:
        """Whether what is too large becomes the greatest value."""
        if self.overflow == "auto":
            return not self.result.has_inf
        return self.overflow == "saturate"

    @property
    def wraps(self) -> bool:
        return self.overflow == "wrap"

    @property
    def unit_of_product(self) -> int:
        """The exponent of the unit of q - z times integer scales."""
        whole = sum(fmt.lsb for fmt in self.scales if isinstance(fmt, Integer))
        return self.element.lsb + whole

    @property
    def source(self) -> tuple[str, Format]:
        return "codes", self.element

    @property
    def held(self) -> dict[str, Format]:
        """What comes once a group, by the name of its field: the scales, then the zero point."""
        count = len(self.scales)
        found = {
            "scale" if count == 1 else f"scale{number}": fmt
            for number, fmt in enumerate(self.scales)
        }
        return found | ({"zero": self.zero} if self.zero else {})

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "element": self.element.name,
            "zero": self.zero.name if self.zero else None,
            "scales": [fmt.name for fmt in self.scales],
            "group": self.group,
            "result": self.result.name,
            "rows": self.rows,
            "lanes": self.lanes,
        }

    # The golden function.

    def dequantize(self, codes: npt.ArrayLike, held: Mapping[str, npt.ArrayLike]) -> Array:
        """Codes of elements, any shape -> codes of results of the same shape.

        ``held`` are the codes of scales and zero points, by name, which broadcast.
        Raises DesignError for codes that are none of the format.
        """
        given = self.element.check(codes)
        if isinstance(self.element, Minifloat):
            first = self.element.fields(given)
        else:
            whole = self.element.integers(given).astype(np.int64)
            if self.zero:
                whole = whole - self.zero.integers(held["zero"]).astype(np.int64)
            for name, fmt in self.held.items():
                if name != "zero" and isinstance(fmt, Integer):
                    whole = whole * fmt.integers(held[name]).astype(np.int64)
            first = of_integers(np.asarray(whole), self.unit_of_product)
        scales = [
            fmt.fields(held[name]) for name, fmt in self.held.items() if isinstance(fmt, Minifloat)
        ]
        return np.broadcast_to(self.product([first, *scales]), given.shape)

    def product(self, factors: Sequence[Fields]) -> Array:
        """Codes of the product of ``factors``, which broadcast: rounded, or wrapped."""
        if self.wraps:
            assert isinstance(self.result, Integer)
            return wrapped_product(factors, self.result)
        return rounded_product(factors, self.result, self.saturates)

    def results(self, codes: Array, held: Mapping[str, Array]) -> Array:
        return self.dequantize(codes, held)

    # What is worth trying.

    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        first = int(rng.integers(5))
        return [trials.drawn(self, index, first + index, rng) for index in range(count)]

    def bounds(self) -> list[dict[str, Beats]]:
        """The least and the greatest codes, zero points and scales, each with each."""
        return extremes(self)


UNITS.register(Dequantize.kind, Dequantize)
