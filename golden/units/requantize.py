"""Sums as codes of the next layer's activations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..description.unit import UNITS
from ..errors import DesignError, UnknownName
from ..formats import Format, Integer, lookup
from ..streams import Beats
from . import requantize_trials as trials
from .grouped import Elementwise
from .grouped_trials import extremes
from .requantize_rules import Q31, RULES, check_rounding

Array = npt.NDArray[Any]

#: Bits of sums, and of an integer result, at the most.
WIDEST_SUM, WIDEST_RESULT = 64, 16


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

    Sources: HAWQ-V3; gemmlowp and TFLite, MultiplyByQuantizedMultiplier; ONNX, QLinearMatMul.

    Parameters
    ----------
    sums : integer format of x.
    rule : a name of :data:`.RULES`.
    multiplier : format of a group's multiplier; None: 1.
    shift : integer format of a group's distance to shift to the right, added to ``distance``; None:
        ``distance`` alone. Negative ones shift less.
    distance : of the shift to the right, a constant of 0 to 64; None: 31 with an integer multiplier
        (a fraction in Q31), else 0.
    rounding : of ``dyadic``: one of nearest_even, nearest_up (ties toward +infinity), nearest_away,
        toward_zero, up, down, odd.
    bias : integer format of a group's bias, in the unit of the sums; None: 0.
    result : format of y, an integer of up to 16 bits or, for ``scale``, a float.
    zero : the zero point of an integer result, a constant.
    relu : whether nothing is less than the zero point.
    clamp : the least and the greatest integer of a result, or nothing. ReLU6 is the code of 6.
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
    clamp: tuple[int, ...] = ()
    rows: int = 1
    lanes: int = 1
    group: int = 0
    shared: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_shape()
        self._check_types()
        if self.rule not in RULES:
            raise UnknownName("rule", self.rule, RULES)
        check_rounding(self.rounding)
        if self.distance is None:
            whole = isinstance(self.multiplier, Integer)
            object.__setattr__(self, "distance", Q31 if whole else 0)
        self._check_formats()
        RULES[self.rule].check(self)
        if isinstance(self.result, Integer):
            self._check_ends(self.result)

    def _check_types(self) -> None:
        """Raise TypeError for what is no format, number or truth value."""
        for what, kinds, words in (
            ("sums", Format, "a format, such as lookup('int32')"),
            ("result", Format, "a format, such as lookup('int8')"),
            ("multiplier", Format | None, "a format or None"),
            ("shift", Format | None, "a format or None (a constant shift is distance)"),
            ("bias", Format | None, "a format or None"),
            ("rule", str, "a name"),
            ("rounding", str, "a name"),
            ("zero", int, "a whole number"),
            ("distance", int | None, "a whole number or None"),
            ("relu", bool, "True or False"),
            ("shared", bool, "True or False"),
            ("clamp", tuple, "a tuple of two whole numbers, or ()"),
        ):
            value = getattr(self, what)
            if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
                raise TypeError(f"{what} must be {words}, got {value!r}")

    def _check_formats(self) -> None:
        for what in ("sums", "result", "multiplier", "shift", "bias"):
            fmt = getattr(self, what)
            if isinstance(fmt, Integer) and fmt.exponent:
                raise DesignError(
                    f"{what} must be counted in ones, got {fmt.name} in units of "
                    f"2^{fmt.exponent}: take int{fmt.bits}, and put the power into distance"
                )
        if not isinstance(self.sums, Integer) or self.sums.bits > WIDEST_SUM:
            raise DesignError(
                f"sums are integers of up to {WIDEST_SUM} bits, got {self.sums.name}: a unit "
                "requantizes raw results of integer engines"
            )
        for what, such in (("bias", "int32"), ("shift", "uint5")):
            fmt = getattr(self, what)
            if fmt is not None and (not isinstance(fmt, Integer) or fmt.bits > 32):
                raise DesignError(
                    f"a {what} is an integer of up to 32 bits, got {fmt.name}",
                    otherwise=f"choose {what} {such} or none",
                )
        if self.multiplier is not None and self.multiplier.bits > 32:
            raise DesignError(f"a multiplier has up to 32 bits, got {self.multiplier.name}")
        if isinstance(self.result, Integer) and self.result.bits > WIDEST_RESULT:
            raise DesignError(
                f"an integer result has up to {WIDEST_RESULT} bits, got {self.result.name}"
            )

    def _check_ends(self, result: Integer) -> None:
        if not result.low <= self.zero <= result.high:
            raise DesignError(
                f"the zero point of {result.name} lies in {result.low} to {result.high}, got "
                f"{self.zero}"
            )
        if self.clamp and (
            len(self.clamp) != 2
            or not all(type(end) is int for end in self.clamp)
            or not result.low <= self.clamp[0] <= self.clamp[1] <= result.high
        ):
            raise DesignError(
                f"a clamp is the least and then the greatest integer of a result, both in "
                f"{result.low} to {result.high}, such as {max(result.low, 0)},{result.high}: got "
                f"{list(self.clamp)}"
            )
        if self.relu and self.zero > self.ends_of_result[1]:
            raise DesignError(
                f"nothing is left between the zero point {self.zero}, where ReLU begins, and the "
                f"clamp's {self.ends_of_result[1]}: raise the clamp or leave relu out"
            )

    # What follows from the parameters.

    @property
    def source(self) -> tuple[str, Format]:
        return "sums", self.sums

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
        low, high = self.clamp or (self.result.low, self.result.high)
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
        assert isinstance(self.sums, Integer)
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
        whole = np.asarray(self.sums.integers(given)).astype(object)
        if isinstance(self.bias, Integer):
            whole = whole + np.asarray(self.bias.integers(found["bias"])).astype(object)
        made = RULES[self.rule].apply(self, np.asarray(whole), found)
        return np.asarray(np.broadcast_to(made, given.shape)).reshape(shape)

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
