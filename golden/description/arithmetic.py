"""What changes the bits of an answer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from math import gcd

from ..errors import DesignError, UnknownName
from ..formats import Format, Minifloat, lookup
from ..products import RULES
from .operand import ROW, Level, Operand, Plane, Select
from .output import Output
from .rules import check_output, check_products, check_stages, check_structure
from .stage import Stage

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
        if self.product not in RULES:
            raise UnknownName("product rule", self.product, tuple(RULES))
        rows, columns = len(self.weight.planes), len(self.activation.planes)
        if not self.combine:
            object.__setattr__(self, "combine", (((1,) * columns,) * rows,))
        for number, table in enumerate(self.combine):
            if len(table) != rows or any(len(signs) != columns for signs in table):
                raise DesignError(f"each combine table must be {rows} × {columns}, the planes")
            if any(sign not in (-1, 0, 1) for signs in table for sign in signs):
                raise DesignError("combine holds signs: -1, 0 and 1 only")
            if not any(sign for signs in table for sign in signs):
                raise DesignError(f"combine table {number} is all zero: the output has no products")
        check_products(self)
        check_stages(self)
        check_output(self)
        check_structure(self)

    @cached_property
    def compressed(self) -> Arithmetic:
        """What is left where zeros of a sparse weight are not there: its ``k_max``, spans and
        groups count the elements that there are."""
        structure = self.weight.structure
        if structure is None:
            return self
        stages = tuple(
            replace(stage, span=stage.span and structure.compressed(stage.span, "a stage's span"))
            for stage in self.accumulate
        )
        return replace(
            self,
            weight=self.weight.compressed(structure),
            activation=self.activation.compressed(structure),
            accumulate=stages,
            k_max=structure.compressed(self.k_max, "k-max"),
        )

    @property
    def aligned(self) -> bool:
        return self.accumulate[0].rule == "aligned"

    @property
    def levels(self) -> tuple[Level, ...]:
        return self.weight.levels + self.activation.levels

    @property
    def group(self) -> int | None:
        """Elements after which an inner sum closes: the gcd of all groups of scales.

        Without any, the span of the first of two stages; None if a sum takes all K.
        """
        shared = gcd(self.weight.group or 0, self.activation.group or 0)
        return shared or (self.accumulate[0].span if len(self.accumulate) > 1 else None)

    @property
    def working(self) -> Minifloat:
        """The format in which all acts that follows the sums: late scales, their sum, the bias."""
        last = self.accumulate[-1].format if self.accumulate[-1].rule == "fp" else None
        working = last or lookup("fp32")
        assert isinstance(working, Minifloat)
        return working

    @property
    def outputs(self) -> int:
        """How many results a row and column have: 2 for complex."""
        return len(self.combine)


def raw(
    weight: str | Format, activation: str | Format, k_max: int = 4096, **options: object
) -> Arithmetic:
    """Two unscaled element formats, summed exactly: what ``int4xint8`` names.

    Formats with several tables select one a row.

    >>> raw("int4", "int8").weight.planes[0].element.bits
    4
    """
    first, second = (lookup(f) if isinstance(f, str) else f for f in (weight, activation))
    return Arithmetic(_plain(first), _plain(second), k_max=k_max, **options)  # type: ignore[arg-type]


def _plain(element: Format) -> Operand:
    """An operand of one unscaled plane."""
    select = Select(element.select_width, ROW) if element.select_width else None
    return Operand((Plane(element),), select)
