"""How sums are accumulated."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import DesignError, UnknownName
from ..formats import POLICIES, Format, Integer, Minifloat

RULES = ("exact", "int", "fp", "aligned")
OVERFLOWS = ("wrap", "saturate")

#: Most partial sums: their tree costs latency, and no adder is so deep.
MAX_PARTIALS = 64


@dataclass(frozen=True)
class Stage:
    """One stage of accumulation, from the inside out.

    Parameters
    ----------
    rule : ``exact`` (a fixed-point integer that never overflows), ``int`` (an integer of
        ``format``'s width), ``fp`` (every addition rounded to ``format``), ``aligned``
        (the products of a step and the accumulator are aligned to the greatest exponent and
        truncated; a zero has the exponent -126).
    span : elements of K after which the stage hands over to the next; None for a group of scales.
    format : of the accumulator, for ``int``, ``fp`` and ``aligned``.
    partials : P, for ``fp`` and ``aligned``: addend i goes into partial sum i mod P.
    fraction : F, for ``aligned``: fractional bits kept below the greatest exponent.
    terms : products in one addend, for ``aligned``; and for ``int`` that saturates, if there are no
        groups (with groups, their scaled sums are the addends).
    overflow : ``wrap`` or ``saturate``, for ``int``: what one addend too many does.
    """

    rule: str = "exact"
    span: int | None = None
    format: Format | None = None
    partials: int = 1
    fraction: int | None = None
    terms: int | None = None
    overflow: str = "wrap"

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise UnknownName("accumulation rule", self.rule, RULES)
        if self.overflow not in OVERFLOWS:
            raise UnknownName("overflow", self.overflow, OVERFLOWS)
        if self.span is not None and self.span < 1:
            raise DesignError(f"a stage spans at least one element, got {self.span}")
        if not 1 <= self.partials <= MAX_PARTIALS:
            raise DesignError(f"partials must lie in 1…{MAX_PARTIALS}, got {self.partials}")
        if self.partials > 1 and self.rule not in ("fp", "aligned"):
            raise DesignError(
                f"partials belong to rules fp and aligned, got {self.partials} for {self.rule}"
            )
        if self.saturates and self.rule != "int":
            raise DesignError(f"overflow = 'saturate' belongs to rule int, got {self.rule}")
        if self.terms is not None and self.terms < 1:
            raise DesignError(f"a step adds at least one product, got terms = {self.terms}")
        if self.terms is not None and self.rule != "aligned" and not self.saturates:
            raise DesignError(f"terms belong to aligned and saturating stages, got {self.rule}")
        if self.fraction is not None and self.rule != "aligned":
            raise DesignError(f"a fraction belongs to rule aligned, got {self.rule}")
        self._check_format()
        if self.rule == "aligned":
            self._check_aligned()

    @property
    def saturates(self) -> bool:
        return self.overflow == "saturate"

    def _check_format(self) -> None:
        form = self.format
        if self.rule == "exact" and form is not None:
            raise DesignError("rule exact derives its width; it takes no format")
        if self.rule == "int":
            if not isinstance(form, Integer):
                raise DesignError("rule int needs an integer format, such as int32")
            if form.exponent or (form.symmetric and not self.saturates):
                raise DesignError(
                    f"rule int needs a plain integer format, such as int{form.bits}; "
                    f"got {form.name}"
                )
        if self.rule in ("fp", "aligned"):
            if not isinstance(form, Minifloat):
                raise DesignError(f"rule {self.rule} needs a float format, such as fp32")
            if not (form.signed and form.has_zero and form.has_nan):
                raise DesignError(
                    f"rule {self.rule} needs a float format with sign, zero and NaN, such as "
                    f"fp32; got {form.name}"
                )

    def _check_aligned(self) -> None:
        form = self.format
        if not isinstance(form, Minifloat) or form.policy != POLICIES["ieee"]:
            raise DesignError(
                "rule aligned needs a float format with the infinities and NaNs of IEEE 754, such "
                f"as fp32 or e8m13_ieee; got {form.name if form else None}"
            )
        if self.fraction is None or self.terms is None:
            raise DesignError("rule aligned needs fraction and terms")
        if not 1 <= self.fraction <= 48:
            raise DesignError(f"rule aligned needs 1 to 48 fraction bits, got {self.fraction}")
