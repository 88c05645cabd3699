"""One side of a product: element formats, their scales, and over which elements a scale holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import gcd

from ..errors import DesignError
from ..formats import Codebook, Format, Integer
from ..labels import check_field
from .structure import Sparse

WHEN = ("before", "group", "end")


@dataclass(frozen=True)
class Span:
    """The elements that share a scale: ``rows`` vectors by ``columns`` elements of K; None is
    all."""

    rows: int | None = None
    columns: int | None = None

    def __post_init__(self) -> None:
        for what, size in (("rows", self.rows), ("elements", self.columns)):
            if size is None:
                continue
            if not isinstance(size, int) or isinstance(size, bool):
                raise TypeError(f"{what} that share scales are a whole number, got {size!r}")
            if size < 1:
                raise DesignError(f"scales are shared by at least 1 of the {what}, got {size}")

    def __str__(self) -> str:
        if self.columns is None:
            return {None: "tensor", 1: "row"}.get(self.rows, f"{self.rows} rows")
        return (
            f"group {self.columns}"
            if self.rows == 1
            else f"block {self.rows or 'all'}x" + str(self.columns)
        )

    def shape(self, rows: int, k: int) -> tuple[int, int]:
        """How many scales a ``rows`` × ``k`` operand has along each axis.

        The last along an axis has fewer elements where the span does not divide it.
        """
        return -(-rows // (self.rows or rows or 1)), -(-k // (self.columns or k or 1))


TENSOR, ROW = Span(), Span(rows=1)


def group(size: int) -> Span:
    """``size`` consecutive elements of one row."""
    return Span(1, _known(size))


def block(rows: int, columns: int) -> Span:
    """``rows`` neighbouring rows by ``columns`` consecutive elements."""
    return Span(_known(rows), _known(columns))


def _known(size: int | None) -> int:
    """``size``; None, which of a span means all, is none here. Raises TypeError."""
    if size is None:
        raise TypeError("elements that share scales are a whole number, got None")
    return size


@dataclass(frozen=True)
class Level:
    """One level of scales.

    Parameters
    ----------
    format : of a scale; integer formats multiply exactly inside the group sum.
    span : the elements that share one scale.
    name : levels of one operand with the same name are the same data (a zero point's plane
        repeats the scale of its codes).
    when : ``before`` the product, at the ``group``'s end, at the ``end`` of the reduction. By
        default a span of all K comes at the end, any other at the group's end.
    """

    format: Format
    span: Span
    name: str = "scale"
    when: str = ""

    def __post_init__(self) -> None:
        check_field(self.name, "a level of scales")
        if not self.when:
            object.__setattr__(self, "when", "end" if self.span.columns is None else "group")
        if not self.format.bits:
            raise DesignError(
                f"a scale needs a format with bits, such as fp16, got {self.format.name}"
            )
        if self.format.select_width:
            raise DesignError(f"a scale's format has one table, {self.format.name} has several")
        if self.when not in WHEN:
            raise DesignError(f"a scale acts {', '.join(WHEN)}; got {self.when!r}")
        if self.when == "end" and self.span.columns is not None:
            raise DesignError(f"a scale over {self.span} cannot wait for the end of the reduction")
        if self.when == "end" and self.integer and self.format.significand_width > 24:
            raise DesignError(
                f"an integer scale at the end has 24 bits at most, got {self.format.name}"
            )
        if self.when == "before" and not self.integer:
            raise DesignError(f"only integer scales act before the product, got {self.format.name}")

    @property
    def integer(self) -> bool:
        """Whether the scale multiplies exactly, without rounding."""
        return isinstance(self.format, Integer | Codebook)


#: What streams carry beside codes, under these names.
_TAKEN = ("index", "select")

#: Every plane of one side meets every plane of the other.
MOST_PLANES = 16


@dataclass(frozen=True)
class Plane:
    """Elements of one format and the scales that multiply them, in this order where it matters:
    scales that act at the end are rounded one by one, the weight's, then the activation's.

    ``code`` names the array of codes: planes of one operand with the same name read the same codes
    (real and imaginary part of one 2-bit code). Constant elements have no codes.
    """

    element: Format
    scales: tuple[Level, ...] = ()
    code: str = ""

    def __post_init__(self) -> None:
        if self.code:
            check_field(self.code, "a plane's codes")

    @property
    def constant(self) -> bool:
        return self.element.bits == 0

    def __str__(self) -> str:
        """``int4 × fp16 (group 128)``."""
        scales = [f"{level.format.name} ({level.span})" for level in self.scales]
        return " × ".join([self.element.name, *scales])


@dataclass(frozen=True)
class Select:
    """Bits that choose among an element format's tables, one choice a span; travels with scales."""

    width: int
    span: Span


@dataclass(frozen=True)
class Operand:
    """A matrix of ``rows`` vectors × K elements, each the sum of its planes' scaled elements.

    Parameters
    ----------
    planes : at least one, and at least one that is not constant.
    select : run-time choice of the elements' tables, or None.
    structure : which elements there are at all; None: every one.
    """

    planes: tuple[Plane, ...]
    select: Select | None = None
    structure: Sparse | None = None

    def __str__(self) -> str:
        """Its planes, elements times scales: ``uint4 × fp16 (group 64) + minus_one × …``."""
        structure = f"{self.structure} of " if self.structure else ""
        return structure + " + ".join(map(str, self.planes))

    def __post_init__(self) -> None:
        if not self.planes or all(plane.constant for plane in self.planes):
            raise DesignError("an operand needs a plane whose element has bits")
        if len(self.planes) > MOST_PLANES:
            raise DesignError(f"an operand has up to {MOST_PLANES} planes, got {len(self.planes)}")
        named = tuple(
            plane
            if plane.code or plane.constant
            else Plane(plane.element, plane.scales, "code" if i == 0 else f"code{i}")
            for i, plane in enumerate(self.planes)
        )
        object.__setattr__(self, "planes", named)
        self._check_shared()
        for taken in _TAKEN:
            if taken in self.codes:
                raise DesignError(f"no array of codes may be called {taken!r}: a stream has it")
        if self.structure is not None:
            self._check_structure(self.structure)
        width = max(plane.element.select_width for plane in self.planes)
        if width != (self.select.width if self.select else 0):
            raise DesignError(
                f"the element formats need {width} select bits, "
                f"the operand has {self.select.width if self.select else 0}"
            )

    def _check_structure(self, structure: Sparse) -> None:
        if any(plane.constant for plane in self.planes):
            raise DesignError(
                f"elements of a {structure} structure that are not there are zero: it takes no "
                "zero points, and no other constant planes; leave them or the structure out"
            )
        self.compressed(structure)  # raises for spans of broken windows

    def compressed(self, structure: Sparse) -> Operand:
        """The elements that ``structure`` keeps, as if there were no others, with their scales."""

        def fewer(span: Span) -> Span:
            columns = span.columns
            if columns is None:
                return span
            return Span(span.rows, structure.compressed(columns, f"a span ({span})"))

        planes = tuple(
            replace(plane, scales=tuple(replace(lv, span=fewer(lv.span)) for lv in plane.scales))
            for plane in self.planes
        )
        select = replace(self.select, span=fewer(self.select.span)) if self.select else None
        return Operand(planes, select)

    def _check_shared(self) -> None:
        levels: dict[str, Level] = {}
        for plane in self.planes:
            names = [level.name for level in plane.scales]
            if len(set(names)) != len(names):
                raise DesignError(f"two levels of one plane are called alike: {', '.join(names)}")
            for level in plane.scales:
                if levels.setdefault(level.name, level) != level:
                    raise DesignError(f"two different levels are both called {level.name!r}")
        widths: dict[str, int] = {}
        for plane in self.planes:
            if widths.setdefault(plane.code, plane.element.bits) != plane.element.bits:
                raise DesignError(f"planes that share {plane.code!r} need codes of one width")

    @property
    def levels(self) -> tuple[Level, ...]:
        """The distinct levels, in the order of the planes."""
        return tuple({lv.name: lv for plane in self.planes for lv in plane.scales}.values())

    @property
    def affine(self) -> tuple[Plane, Level | None] | None:
        """The plane of elements, and the level of its zero point if a second plane is that.

        None for anything but one plane of elements, or s (q - z) with the scales s in both planes.
        """
        first, *rest = self.planes
        if not rest:
            return first, None
        zero = rest[0]
        if len(rest) > 1 or not zero.constant or (zero.element.low, zero.element.high) != (-1, -1):
            return None
        own = [level for level in zero.scales if level not in first.scales]
        shared = [level for level in zero.scales if level in first.scales]
        if len(own) == 1 and own[0].integer and shared == list(first.scales):
            return first, own[0]
        return None

    @property
    def codes(self) -> dict[str, Format]:
        """The distinct arrays of codes: name -> a format that reads them (all of one width)."""
        found: dict[str, Format] = {}
        for plane in self.planes:
            if not plane.constant:
                found.setdefault(plane.code, plane.element)
        return found

    @property
    def group(self) -> int | None:
        """The gcd of all scales' spans along K, or None if each spans all K."""
        spans = [level.span.columns for level in self.levels]
        return gcd(*(size for size in spans if size)) or None
