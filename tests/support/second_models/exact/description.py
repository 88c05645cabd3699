"""What the second model is told: plain data, with formats by their names.

Matrices of codes are lists of rows of integers. An activation's rows are its vectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from .formats import Book
from .rounding import Rounding

Codes = list[list[int]]
#: A format's name, or the values of a code book.
Name = str | Book


@dataclass(frozen=True, eq=False)
class Level:
    """Scales, zero points, bias or choices of tables: a number shared by a block of elements.

    ``rows`` and ``length`` say how many rows and how many elements along K share one; None is
    all of them. ``codes`` has one for each such block. Planes that share a scale hold the same
    object. What acts before the product does so exactly, as if on the group's sum.
    """

    format: Name
    codes: Codes
    rows: int | None = None
    length: int | None = None
    when: Literal["before", "group", "end"] = "group"

    def at(self, row: int, k: int) -> int:
        """The code that an element's block has."""
        across = self.codes[0 if self.rows is None else row // self.rows]
        return across[0 if self.length is None else k // self.length]


@dataclass(frozen=True)
class Plane:
    """Elements with their scales. A zero point's plane has constant elements, −1, and its zero
    points among the scales. Of several books, ``select`` chooses one."""

    format: Name | tuple[Book, ...]
    codes: Codes
    scales: tuple[Level, ...] = ()
    select: Level | None = None


@dataclass(frozen=True)
class Operand:
    """The sum of its planes."""

    planes: tuple[Plane, ...]

    @property
    def levels(self) -> list[Level]:
        return [level for plane in self.planes for level in plane.scales]


@dataclass(frozen=True)
class Stage:
    """One rule of accumulation.

    ``exact`` needs nothing else; ``integer`` a format, and whether it saturates; ``float`` a format
    and ``partials``; ``aligned`` a format and ``fraction``. ``span`` is how many elements along K
    the first of two stages sums before it hands its sum on; None is a group.
    """

    rule: Literal["exact", "integer", "float", "aligned"] = "exact"
    format: str = "fp32"
    saturate: bool = False
    partials: int = 1
    fraction: int = 0
    span: int | None = None


@dataclass(frozen=True)
class Output:
    """How results are converted: bias, one rounding, then ReLU and clamp.

    ``saturate`` says whether what is too large becomes the greatest value; None is where the
    format has no infinity.
    """

    format: str
    rounding: Rounding = "nearest_even"
    bias: Level | None = None
    relu: bool = False
    saturate: bool | None = None
    clamp: tuple[Fraction, Fraction] | None = None


@dataclass(frozen=True)
class Arithmetic:
    """A product of matrices: N × K weights, M × K activations.

    ``lanes`` is how many products a step has. ``combine`` has for each output the signs with which
    pairs of planes enter it, None is the sum of all. ``output`` None is the raw sum, which starts
    from ``initial``, [output][row][column], in units of its last place.
    """

    weight: Operand
    activation: Operand
    stages: tuple[Stage, ...] = (Stage(),)
    output: Output | None = None
    lanes: int = 1
    combine: tuple[tuple[tuple[int, ...], ...], ...] | None = None
    initial: list[Codes] | None = None
    product: Literal["exact", "lmul"] = "exact"

    @property
    def tables(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """The signs of each output's pairs of planes."""
        every = ((1,) * len(self.activation.planes),) * len(self.weight.planes)
        return self.combine or (every,)
