"""What changes the bits of an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import gcd

from ..errors import DesignError, UnknownName
from ..formats import Format, Integer, Minifloat, lookup
from .operand import Level, Operand, Plane

RULES = ("exact", "int", "fp", "aligned")
PRODUCTS = ("exact",)


@dataclass(frozen=True)
class Stage:
    """One stage of accumulation, from the inside out.

    Parameters
    ----------
    rule : ``exact`` (a fixed-point integer that never overflows), ``int`` (an integer of
        ``format``'s width that wraps), ``fp`` (every addition rounded to ``format``), ``aligned``
        (the products of a step and the accumulator are aligned to the greatest exponent and
        truncated).
    span : elements of K after which the stage hands over; None for all.
    format : of the accumulator, for ``int``, ``fp`` and ``aligned``.
    partials : P, for ``fp``: addend i goes into partial sum i mod P.
    fraction : F, for ``aligned``: fractional bits kept below the greatest exponent.
    terms : products in one aligned sum, for ``aligned``.
    """

    rule: str = "exact"
    span: int | None = None
    format: Format | None = None
    partials: int = 1
    fraction: int | None = None
    terms: int | None = None

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise UnknownName("accumulation rule", self.rule, RULES)
        if self.span is not None and self.span < 1:
            raise DesignError(f"a stage spans at least one element, got {self.span}")
        if self.rule == "int" and not isinstance(self.format, Integer):
            raise DesignError("rule int needs an integer format, such as int32")
        if self.rule in ("fp", "aligned") and not isinstance(self.format, Minifloat):
            raise DesignError(f"rule {self.rule} needs a float format, such as fp32")
        if self.rule == "exact" and self.format is not None:
            raise DesignError("rule exact derives its width; it takes no format")
        if self.partials < 1:
            raise DesignError(f"partials must be at least 1, got {self.partials}")
        if (self.rule == "aligned") != (self.fraction is not None and self.terms is not None):
            raise DesignError("rule aligned, and no other, needs fraction and terms")
        if self.rule == "aligned" and self.format is not None and not self.format.has_inf:
            raise DesignError(
                "rule aligned needs a float format with infinity and NaN, such as fp32 or "
                f"e8m13_ieee; got {self.format.name}"
            )
        sound = 1 <= (self.fraction or 0) <= 48 and (self.terms or 0) >= 1
        if self.rule == "aligned" and not sound:
            raise DesignError(
                f"rule aligned needs 1 to 48 fraction bits and 1 or more terms, "
                f"got {self.fraction} and {self.terms}"
            )


@dataclass(frozen=True)
class Output:
    """The result.

    Parameters
    ----------
    format : None is the raw accumulator, an integer with flags.
    rounding : of the last conversion.
    saturate : whether an overflow becomes the greatest value; None does where the format has no
        infinity to give instead.
    """

    format: Format | None = None
    rounding: str = "nearest_even"
    saturate: bool | None = None

    @property
    def saturates(self) -> bool:
        if self.saturate is None:
            return self.format is not None and not self.format.has_inf
        return self.saturate


Table = tuple[tuple[tuple[int, ...], ...], ...]


@dataclass(frozen=True)
class Arithmetic:
    """What is computed: result (rows N × columns M) from weight (N × K) and activation (M × K).

    Parameters
    ----------
    weight, activation : the operands.
    combine : ``combine[o][i][j]`` in {-1, 0, 1} is the sign with which the product of weight
        plane i and activation plane j enters output o; by default one output, the sum of all.
    product : how two elements multiply.
    accumulate : the stages, from the inside out.
    output : the result's format.
    k_max : the longest reduction that the widths must hold.
    initial : format of what every sum starts from, an integer in units of the raw result's last
        place; None starts from 0.
    """

    weight: Operand
    activation: Operand
    combine: Table = ()
    product: str = "exact"
    accumulate: tuple[Stage, ...] = (Stage(),)
    output: Output = field(default_factory=Output)
    k_max: int = 4096
    initial: Format | None = None

    def __post_init__(self) -> None:
        if self.k_max < 1:
            raise DesignError(f"k-max must be at least 1, got {self.k_max}")
        if self.initial is not None and (
            not isinstance(self.initial, Integer) or self.output.format or self.aligned
        ):
            raise DesignError("initial needs an integer format, a raw output and an exact sum")
        if self.product not in PRODUCTS:
            raise UnknownName("product rule", self.product, PRODUCTS)
        if not self.accumulate:
            raise DesignError("accumulate needs at least one stage")
        rows, columns = len(self.weight.planes), len(self.activation.planes)
        if not self.combine:
            object.__setattr__(self, "combine", (((1,) * columns,) * rows,))
        for table in self.combine:
            if len(table) != rows or any(len(signs) != columns for signs in table):
                raise DesignError(f"each combine table must be {rows} × {columns}, the planes")
            if any(sign not in (-1, 0, 1) for signs in table for sign in signs):
                raise DesignError("combine holds signs: -1, 0 and 1 only")
        self._check_stages()
        if self.k_max % (self.group or 1):
            raise DesignError(f"k-max {self.k_max} must be a multiple of the group {self.group}")

    def _check_stages(self) -> None:
        rules = [stage.rule for stage in self.accumulate]
        if "aligned" in rules and len(rules) > 1:
            raise DesignError("rule aligned sums products itself: it must be the only stage")
        if self.aligned and self.levels:
            raise DesignError("rule aligned takes unscaled elements; use exact, then fp")
        if self.output.format is None:
            late = [level.name for level in self.levels if level.when == "end"]
            if late:
                raise DesignError(
                    f"a raw output cannot apply the scale {late[0]!r}; give an output format"
                )
        inner = self.accumulate[0]
        if inner.rule == "fp" and len(rules) > 1:
            raise DesignError("rule fp must come last: nothing follows a rounded sum")
        if inner.span and self.group and inner.span % self.group:
            raise DesignError(f"a stage's span must be a multiple of the group {self.group}, "
                              f"got {inner.span}")  # fmt: skip

    @property
    def aligned(self) -> bool:
        return self.accumulate[0].rule == "aligned"

    @property
    def levels(self) -> tuple[Level, ...]:
        return self.weight.levels + self.activation.levels

    @property
    def group(self) -> int | None:
        """Elements after which an inner sum closes: the gcd of all groups; None without any."""
        return gcd(self.weight.group or 0, self.activation.group or 0) or None

    @property
    def outputs(self) -> int:
        """How many results a row and column have: 2 for complex."""
        return len(self.combine)


def raw(
    weight: str | Format, activation: str | Format, k_max: int = 4096, **options: object
) -> Arithmetic:
    """Two unscaled element formats, summed exactly: what ``int4xint8`` names.

    >>> raw("int4", "int8").weight.planes[0].element.bits
    4
    """
    first, second = (lookup(f) if isinstance(f, str) else f for f in (weight, activation))
    operands = Operand((Plane(first),)), Operand((Plane(second),))
    return Arithmetic(*operands, k_max=k_max, **options)  # type: ignore[arg-type]
