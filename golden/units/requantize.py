"""Sums as codes of the next layer's activations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..description.unit import UNITS
from ..errors import DesignError, UnknownName
from ..formats import Format, Integer, Minifloat, lookup
from ..fp import odd_sum
from ..streams import Beats
from . import requantize_checks as checks
from . import requantize_trials as trials
from .grouped import Elementwise
from .grouped_trials import extremes
from .requantize_rules import Q31, RULES, check_rounding

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Requantize(Elementwise):
    """y = round((x + bias) · m) + zero, saturated: the sums x of an engine as narrow codes.

    What m is, and how often is rounded, is the rule:

    - ``dyadic``: m = multiplier / 2^(distance + shift), rounded once, as ``rounding`` says
      (HAWQ-V3: nearest_even; TFLite with a single rounding: nearest_up);
    - ``tflite``: the same with distance 31, in two roundings: see :class:`.Tflite`;
    - ``qlinear``: m is an FP32 scale; FP32(x + bias) · m is rounded in FP32, then to the nearest
      integer;
    - ``scale``: m is a float, the product is rounded once to a float result.

    The zero point is added after rounding; then come ReLU (nothing below the zero point), the clamp
    and saturation.

    Sums may be floats, by the rules ``qlinear`` and ``scale``, also without a multiplier. A bias is
    a float then, and FP32(x + bias), rounded once, takes the place of the exact sum. In an integer
    result NaN is the zero point. Zeros keep their sign until ReLU or the clamp.

    Sources: HAWQ-V3; gemmlowp and TFLite, MultiplyByQuantizedMultiplier; ONNX, QLinearMatMul.

    Parameters
    ----------
    sums : format of x: an integer, or FP32, BF16, FP16 or another float with NaN and infinity.
    rule : a name of :data:`.RULES`.
    multiplier : format of a group's multiplier; None: 1.
    shift : integer format of a group's distance to shift to the right, added to ``distance``; None:
        ``distance`` alone. Negative ones shift less.
    distance : of the shift to the right, a constant of 0 to 64; None: 31 with an integer multiplier
        (a fraction in Q31), else 0.
    rounding : of ``dyadic``: one of nearest_even, nearest_up (ties toward +infinity), nearest_away,
        toward_zero, up, down, odd.
    bias : format of a group's bias, in the unit of the sums: an integer beside integers, a float
        beside floats; None: 0.
    result : format of y, an integer of up to 16 bits or, for ``scale``, a float.
    zero : the zero point of an integer result, a constant.
    relu : whether nothing is less than the zero point; of floats, negative values and -0 become
        +0.
    clamp : the least and the greatest integer of a result, of floats the least and the greatest
        value, or nothing. ReLU6 is the code of 6. NaN stays.
    nan : what a float result without NaN does about one that can be reached: ``error`` refuses the
        unit, ``zero`` makes it +0.
    rows : rows of sums side by side, each with multipliers and biases of its own (channels).
    lanes : sums of a row in a beat.
    group : sums of a row that share a multiplier, a multiple of ``lanes``; 0: all up to ``last``.
        ``last`` ends a group in any case.
    shared : whether all rows have the same values: rows are vectors then, and channels come one
        after the other, as from an engine whose results are joined to this unit.
    """

    kind: ClassVar[str] = "requantize"

    sums: Format = lookup("int32")
    rule: str = "dyadic"
    multiplier: Format | None = lookup("int32")
    shift: Format | None = None
    distance: int | None = None
    rounding: str = "nearest_even"
    bias: Format | None = None
    result: Format = lookup("int8")
    zero: int = 0
    relu: bool = False
    clamp: tuple[float, ...] = ()
    nan: str = "error"
    rows: int = 1
    lanes: int = 1
    group: int = 0
    shared: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_shape()
        checks.check_types(self)
        if self.rule not in RULES:
            raise UnknownName("rule", self.rule, RULES)
        check_rounding(self.rounding)
        if self.distance is None:
            whole = isinstance(self.multiplier, Integer)
            object.__setattr__(self, "distance", Q31 if whole else 0)
        if isinstance(self.result, Integer):
            object.__setattr__(self, "clamp", checks.in_ones(self.clamp))
        checks.check_formats(self)
        RULES[self.rule].check(self)
        checks.check_ends(self)

    # What follows from the parameters.

    @property
    def source(self) -> tuple[str, Format]:
        return "sums", self.sums

    @property
    def floats(self) -> bool:
        """Whether sums are floats."""
        return isinstance(self.sums, Minifloat)

    @property
    def summed(self) -> Format:
        """Of float sums, the format of a sum with its bias."""
        return self.sums if self.bias is None else lookup("fp32")

    @property
    def held(self) -> dict[str, Format]:
        """What comes once a group, by the name of its field."""
        given = {"multiplier": self.multiplier, "shift": self.shift, "bias": self.bias}
        return {name: fmt for name, fmt in given.items() if fmt is not None}

    @property
    def holders(self) -> int:
        return 1 if self.shared else self.rows

    @property
    def shifts(self) -> tuple[int, int]:
        """The least and the greatest distance of the shift."""
        if not isinstance(self.shift, Integer):
            return self.constant, self.constant
        return self.constant + self.shift.low, self.constant + self.shift.high

    @property
    def constant(self) -> int:
        """The constant part of the distance."""
        assert self.distance is not None  # after __post_init__
        return self.distance

    @property
    def ends_of_result(self) -> tuple[int, int]:
        """The least and the greatest integer that can come out."""
        assert isinstance(self.result, Integer)
        low, high = map(int, self.clamp or (self.result.low, self.result.high))
        return max(low, self.zero) if self.relu else low, high

    @property
    def saturates(self) -> bool:
        """Whether a float that is too large becomes the greatest value."""
        return not self.result.has_inf

    @property
    def facts(self) -> dict[str, Any]:
        return {
            "sums": self.sums.name,
            "rule": self.rule,
            **{name: fmt.name for name, fmt in self.held.items()},
            "distance": self.distance,
            "rounding": self.rounding,
            "result": self.result.name,
            "zero": self.zero,
            "relu": self.relu,
            "clamp": list(self.clamp),
            "nan": self.nan,
            "group": self.group,
            "rows": self.rows,
            "lanes": self.lanes,
            "shared": self.shared,
        }

    # The golden function.

    def requantize(self, codes: npt.ArrayLike, held: Mapping[str, npt.ArrayLike]) -> Array:
        """Codes of sums, any shape -> codes of results of the same shape.

        ``held`` are the codes of multipliers, shifts and biases, by name, which broadcast.
        Raises DesignError for codes that are none of the format.
        """
        if set(held) != set(self.held):
            raise DesignError(
                f"{self.name} takes codes of {', '.join(self.held) or 'sums alone'} for a group, "
                f"got {', '.join(held) or 'none'}"
            )
        given = self.sums.check(codes)
        shape = given.shape
        given = np.atleast_1d(given)
        found = {name: self.held[name].check(values) for name, values in held.items()}
        for name, values in found.items():
            try:
                np.broadcast_to(values, given.shape)
            except ValueError:
                raise DesignError(
                    f"{name} must broadcast to the sums' shape {shape}, got {np.shape(values)}"
                ) from None
        made = RULES[self.rule].apply(self, self._biased(given, found), found)
        return np.asarray(np.broadcast_to(made, given.shape)).reshape(shape)

    def _biased(self, given: Array, found: Mapping[str, Array]) -> Array:
        """Sums with their biases: exact integers; of floats, codes of :attr:`summed`."""
        bias = self.bias
        if not isinstance(self.sums, Integer):
            if bias is None:
                return given
            both = np.asarray(self.sums.decode(given)), np.asarray(bias.decode(found["bias"]))
            return self.summed.encode(odd_sum(*both), saturate=False)
        whole = np.asarray(self.sums.integers(given)).astype(object)
        if isinstance(bias, Integer):
            whole = whole + np.asarray(bias.integers(found["bias"])).astype(object)
        return np.asarray(whole)

    def ended(self, rounded: Array) -> Array:
        """Codes of integers that are rounded: zero point, ReLU, clamp, saturation."""
        low, high = self.ends_of_result
        values = np.clip(rounded + self.zero, low, high).astype(np.int64)
        return np.asarray((values & (1 << self.result.bits) - 1).astype(self.result.dtype))

    def results(self, codes: Array, held: Mapping[str, Array]) -> Array:
        return self.requantize(codes, held)

    # What is worth trying.

    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        first = int(rng.integers(trials.KINDS))
        return [trials.drawn(self, index, first + index, rng) for index in range(count)]

    def bounds(self) -> list[dict[str, Beats]]:
        """The least and the greatest sums, multipliers, shifts and biases, each with each."""
        return extremes(self)


UNITS.register(Requantize.kind, Requantize)
