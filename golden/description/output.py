"""What becomes of a sum: bias, number format, activation function."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, ldexp

from ..errors import DesignError, UnknownName
from ..formats import ROUNDINGS, Format, Integer, Minifloat

NANS = ("error", "zero")
#: Wider integers are more than a float64 rounded to odd can tell apart.
MAX_INTEGER = 48


@dataclass(frozen=True)
class Output:
    """The result.

    The sum, its late scales and its bias are converted once to ``format``; on the converted
    result then act ReLU, then clamp.

    Parameters
    ----------
    format : None is the raw accumulator, an integer with flags.
    rounding : of the last conversion.
    saturate : whether an overflow becomes the greatest value; None does where the format has no
        infinity to give instead. Integers always saturate.
    bias : a float format, of one code per row (output channel), added in the working format.
    relu : every negative value, -infinity and -0 become +0; NaN stays.
    clamp : (low, high) in ``format``: what is below or above becomes low or high; NaN stays.
    nan : what a format without NaN does about one that can be reached: ``error`` refuses the
        design, ``zero`` makes it 0.
    """

    format: Format | None = None
    rounding: str = "nearest_even"
    saturate: bool | None = None
    bias: Format | None = None
    relu: bool = False
    clamp: tuple[float, float] | None = None
    nan: str = "error"

    def __post_init__(self) -> None:
        if self.rounding not in ROUNDINGS:
            raise UnknownName("rounding", self.rounding, ROUNDINGS)
        if self.nan not in NANS:
            raise UnknownName("treatment of NaN", self.nan, NANS)
        if self.bias is not None:
            self._check_bias(self.bias)
        if self.format is None:
            acts = {"relu": self.relu, "clamp": self.clamp is not None}
            acts["rounding"] = self.rounding != "nearest_even"
            for what, given in acts.items():
                if given:
                    raise DesignError(
                        f"{what} needs an output format, not raw", {"output": "fp32"}, {what: None}
                    )
        else:
            self._check_format(self.format)
        if self.nan == "zero" and (self.format is None or self.format.has_nan):
            raise DesignError(
                "nan = 'zero' is for an output format without NaN, such as int8; "
                f"got {self.format.name if self.format else 'raw'}",
                {"nan": None},
            )
        if self.clamp is not None:
            self._check_clamp(self.clamp)

    @property
    def saturates(self) -> bool:
        if self.saturate is None:
            return self.format is not None and not self.format.has_inf
        return self.saturate

    def _check_bias(self, bias: Format) -> None:
        if not isinstance(bias, Minifloat) or not bias.has_zero:
            raise DesignError(
                f"a bias has a float format with a zero, got {bias.name}; what a raw integer sum "
                "starts from is initial",
                {"bias": "fp32"},
            )
        if self.format is None:
            raise DesignError(
                "a bias needs an output format, not raw; what a raw sum starts from is initial",
                {"output": "fp32"},
                {"bias": None},
            )

    def _check_format(self, form: Format) -> None:
        if not isinstance(form, Integer | Minifloat) or not form.has_zero:
            raise DesignError(
                f"an output is raw, an integer or a float with zero, got {form.name}",
                {"output": "fp32"},
            )
        if isinstance(form, Integer) and form.bits > MAX_INTEGER:
            raise DesignError(
                f"an integer output has {MAX_INTEGER} bits at most, got {form.name}",
                {"output": f"int{MAX_INTEGER}"},
            )
        if isinstance(form, Integer) and self.saturate is False:
            raise DesignError(
                f"an integer output saturates, got saturate = false for {form.name}; a sum that "
                "wraps is rule int with a raw output"
            )

    def _check_clamp(self, bounds: tuple[float, float]) -> None:
        if not isinstance(bounds, tuple | list) or len(bounds) != 2:
            raise DesignError(f"clamp takes two bounds, low and high, got {bounds!r}")
        try:
            low, high = (ldexp(bound, 0) + 0.0 for bound in bounds)  # -0 counts as 0
        except (TypeError, OverflowError) as error:
            raise DesignError(f"clamp takes two numbers, got {bounds!r}: {error}") from None
        if isnan(low) or isnan(high) or not low < high:
            raise DesignError(f"clamp needs low < high, got {low:g} and {high:g}")
        assert self.format is not None
        for bound in (low, high):
            code = self.format.encode(bound, saturate=not self.format.has_inf)
            near = float(self.format.decode(code))
            if near != bound:
                raise DesignError(
                    f"clamp's bound {bound!r} is not a value of {self.format.name}; "
                    f"the nearest is {near!r}"
                )
        object.__setattr__(self, "clamp", (low, high))
