"""A function of one value, of every value of a stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..description.unit import UNITS
from ..errors import DesignError, UnknownName
from ..formats import Format, Minifloat, NaN, lookup
from ..functions import FUNCTIONS, Curve, curve
from ..streams import Beats
from .grouped import Elementwise, OneFormat
from .grouped_trials import anything, beats, marks, special, trial

Array = npt.NDArray[Any]

#: What a table is made in: LUTs, or block memories, each for two values a cycle.
TABLES = ("logic", "block")
#: Mantissa bits of a format: with fewer there are no lines, with more no complete tests.
_MANTISSAS = 7, 10
#: Kinds of values: any, of usual sizes, small and large ones, specials.
_KINDS = ("any", "usual", "wide", "special")


@dataclass(frozen=True, kw_only=True)
class FunctionOfOne(OneFormat, Elementwise):
    """y = f(x) of every value x, by straight lines between chosen arguments.

    The lines are :func:`~macsmith.golden.functions.curve`'s: integers, which the golden model
    makes. ``error`` says how near they are; :attr:`off` is what they reach, over all codes.

    NaN becomes the format's one NaN. Infinity becomes the limit of the function, and zero keeps its
    sign where the function's value is zero, and is the pole of the reciprocal. Results that are too
    large become infinity; subnormals are results like all others.

    Parameters
    ----------
    function : a name of :data:`~macsmith.golden.functions.FUNCTIONS`.
    format : of values and of results: BF16, FP16, or another float of 16 bits at most with 7 to 10
        mantissa bits, NaN and infinity as in IEEE 754.
    error : how far a result may be from the exact one, in hundredths of a unit in its last place;
        50 to 99. The less, the more lines.
    rows : vectors side by side.
    lanes : values of a vector in a beat.
    table : ``logic``: lines are kept in LUTs; ``block``: in block memories, one for two values of a
        beat. It never changes a bit.
    """

    kind: ClassVar[str] = "functions"

    function: str = "silu"
    format: Format = lookup("bf16")
    error: int = 75
    rows: int = 1
    lanes: int = 4
    table: str = "logic"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_shape()
        self.check_counts(("error", 50, 99))
        if self.function not in FUNCTIONS:
            raise UnknownName("function", self.function, FUNCTIONS)
        if self.table not in TABLES:
            raise DesignError(f"table must be one of {', '.join(TABLES)}, got {self.table!r}")
        fmt = self.format
        low, high = _MANTISSAS
        if not (
            isinstance(fmt, Minifloat)
            and fmt.bits <= 16
            and low <= fmt.mantissa_width <= high
            and fmt.signed
            and fmt.has_inf
            and fmt.policy.nan is NaN.MANTISSAS
        ):
            raise DesignError(
                f"functions are of bf16, fp16, or another float of 16 bits at most with {low} to "
                f"{high} mantissa bits, NaN and infinity, got {fmt.name}"
            )

    # What follows from the parameters.

    @cached_property
    def curve(self) -> Curve:
        """The lines. Raises DesignError if none are so near."""
        assert isinstance(self.format, Minifloat)
        return curve(self.function, self.format, self.error)

    @property
    def off(self) -> Fraction:
        """The greatest error of any code, in units in the last place of the exact result; up to
        2^-31 less than it is."""
        return self.curve.error

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "function": self.function,
            "format": self.format.name,
            "error": round(float(self.off), 4),
            "lines": self.curve.entries,
            "rows": self.rows,
            "lanes": self.lanes,
            "table": self.table,
        }

    # The golden function.

    def apply(self, codes: npt.ArrayLike) -> Array:
        """Codes of values, any shape -> codes of results of the same shape.

        Raises DesignError for codes that are none of the format.
        """
        return np.asarray(self.curve.table[self.format.check(codes)])

    def results(self, codes: Array, held: Mapping[str, Array]) -> Array:
        return self.apply(codes)

    # What is worth trying.

    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        first = int(rng.integers(len(_KINDS)))
        found = []
        for index in range(count):
            last = marks(self, index, rng)
            shape = len(last), self.rows * self.lanes
            codes = self._drawn(_KINDS[(first + index) % len(_KINDS)], shape, rng)
            found.append(trial(self, codes, {}, last))
        return found

    def _drawn(self, kind: str, shape: tuple[int, int], rng: np.random.Generator) -> Array:
        fmt = self.format
        assert isinstance(fmt, Minifloat)
        if kind == "any":
            return anything(fmt, shape, rng)
        if kind == "special":
            return np.asarray(rng.choice(special(fmt), shape))
        spread = 3.0 if kind == "usual" else np.exp2(rng.uniform(-12, 7, shape))
        return fmt.encode(rng.normal(0, 1, shape) * spread, saturate=True)

    def bounds(self) -> list[dict[str, Beats]]:
        """Both ends of every binade, of both signs."""
        fmt = self.format
        assert isinstance(fmt, Minifloat)
        starts = np.arange(2 << fmt.exponent_width) << fmt.mantissa_width
        codes = np.stack([starts, starts + (1 << fmt.mantissa_width) - 1], axis=1).ravel()
        shape = beats(self), self.rows * self.lanes
        size = shape[0] * shape[1]
        codes = np.resize(codes, -(-len(codes) // size) * size).astype(fmt.dtype)
        last = np.arange(shape[0]) == shape[0] - 1
        return [trial(self, part, {}, last) for part in codes.reshape(-1, *shape)]


UNITS.register(FunctionOfOne.kind, FunctionOfOne)
