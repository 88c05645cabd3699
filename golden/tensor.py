"""A quantized matrix: the codes of each plane, the scales of each level, the selections."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from .arrays import array_of, whole_numbers
from .description import Operand
from .description.operand import Span
from .errors import DesignError, UnknownName

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Quantized:
    """``rows`` vectors of K elements, as hardware receives them: of any length.

    Groups, blocks and windows begin with the first row and element. The last ones have fewer
    elements where they do not divide the matrix; nothing stands for those that are not there.

    Arrays of codes and scales are what :meth:`Format.received` takes, such as float16 for FP16 and
    ml_dtypes' for the small floats, or unsigned integers; they are held as arrays of the format's
    ``dtype``. DesignError for others: real values become codes by ``quantize`` or ``encode``.

    Parameters
    ----------
    operand : what the codes mean.
    codes : name -> codes, shape (rows, K); of a sparse operand those that are kept.
    scales : level name -> codes of the level's format, shape ``level.span.shape(rows, K)``.
    select : table choices, integers, shape ``operand.select.span.shape(rows, K)``, or None.
    indices : of a sparse operand: where in its window each code stands, integers, ascending.
    columns : K of a sparse operand whose last window has more elements than it keeps, but is not
        whole; None for what the number of codes says.
    """

    operand: Operand
    codes: Mapping[str, Array]
    scales: Mapping[str, Array] = field(default_factory=dict)
    select: Array | None = None
    indices: Array | None = None
    columns: int | None = None

    def __post_init__(self) -> None:
        self._check("codes", self.codes, list(self.operand.codes))
        self._check("scales", self.scales, [level.name for level in self.operand.levels])
        formats = self.operand.codes
        codes = {name: fmt.received(self.codes[name]) for name, fmt in formats.items()}
        object.__setattr__(self, "codes", codes)
        levels = self.operand.levels
        scales = {lv.name: lv.format.received(self.scales[lv.name], scale=True) for lv in levels}
        object.__setattr__(self, "scales", scales)
        shape = self.kept
        for name, array in codes.items():
            if array.shape != shape:
                raise DesignError(f"{name} must be rows × K = {shape}, got {array.shape}")
        self._check_indices()
        for level in levels:
            self._check_span(level.name, level.span, scales[level.name])
        if (self.select is None) != (self.operand.select is None):
            raise DesignError("the operand's selection and the given one do not fit together")
        if self.operand.select is not None and self.select is not None:
            most = (1 << self.operand.select.width) - 1
            select = whole_numbers(self.select, "selections", 0, most).astype(np.uint16)
            self._check_span("select", self.operand.select.span, select)
            object.__setattr__(self, "select", select)

    def _check_indices(self) -> None:
        structure = self.operand.structure
        if (self.indices is None) != (structure is None):
            raise DesignError("a sparse operand and the indices of what it keeps go together")
        if self.indices is None or structure is None:
            if self.columns is not None:
                raise DesignError(f"columns are those of a sparse operand, got {self.columns}")
            return
        (rows, kept), most = self.kept, structure.window - 1
        if structure.count(self.shape[1]) != kept:
            raise DesignError(
                f"{structure} keeps {structure.count(self.shape[1])} of K = {self.shape[1]}, "
                f"got {kept} codes"
            )
        indices = whole_numbers(self.indices, "indices", 0, most)
        indices = indices.astype(np.uint8)  # a window has 64 elements at most
        object.__setattr__(self, "indices", indices)
        if indices.shape != (rows, kept):
            raise DesignError(f"indices must be rows × kept = {self.kept}, got {indices.shape}")
        places = structure.positions(indices)
        if (np.diff(places) < 1).any():
            raise DesignError(f"indices of {structure} ascend within a window, from 0 to {most}")
        if places.size and places.max() >= self.shape[1]:
            raise DesignError(
                f"indices of {structure} stand within K = {self.shape[1]}, got one for element "
                f"{places.max()}"
            )

    @staticmethod
    def _check(what: str, given: Mapping[str, Array], wanted: list[str]) -> None:
        for name in given:
            if name not in wanted:
                raise UnknownName(what, name, wanted or ["(none)"])
        missing = [name for name in wanted if name not in given]
        if missing:
            raise DesignError(f"{what} {missing[0]!r} is missing; needed: {', '.join(wanted)}")

    def _check_span(self, name: str, span: Span, array: Array) -> None:
        wanted = span.shape(*self.shape)
        if array.shape != wanted:
            raise DesignError(f"{name} over {span} must have shape {wanted}, got {array.shape}")

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, K)."""
        (rows, kept), structure = self.kept, self.operand.structure
        if self.columns is not None:
            return rows, self.columns
        return rows, kept if structure is None else structure.spread(kept)

    @property
    def kept(self) -> tuple[int, int]:
        """Rows, and codes of each."""
        array = np.asarray(next(iter(self.codes.values())))
        if array.ndim != 2:
            raise DesignError(f"codes must have two axes, rows × K, got shape {array.shape}")
        return array.shape[0], array.shape[1]

    def rows(self, begin: int, end: int) -> Quantized:
        """The vectors from ``begin`` to before ``end``; blocks of scales begin with ``begin``."""
        if begin <= 0 and end >= self.shape[0]:
            return self

        def of_span(array: Array, span: Span) -> Array:
            size = span.rows
            return array[begin // size : -(-end // size)] if size else array

        part = copy(self)  # every array was checked
        codes = {name: array[begin:end] for name, array in self.codes.items()}
        object.__setattr__(part, "codes", codes)
        scales = {lv.name: of_span(self.scales[lv.name], lv.span) for lv in self.operand.levels}
        object.__setattr__(part, "scales", scales)
        if self.select is not None and self.operand.select is not None:
            object.__setattr__(part, "select", of_span(self.select, self.operand.select.span))
        if self.indices is not None:
            object.__setattr__(part, "indices", self.indices[begin:end])
        return part

    def elements(self, plane: int) -> Array:
        """A plane's element values, unscaled, as float64 (rows, K)."""
        item, where = self.operand.planes[plane], self._where()
        codes, select = self.plane_codes(plane), self.plane_select(plane)
        if where is None:
            return np.asarray(item.element.decode(codes, select))
        if isinstance(select, np.ndarray):
            select = np.take_along_axis(select, where, 1)
        found = np.zeros(self.shape)
        np.put_along_axis(found, where, item.element.decode(codes, select), 1)
        return found

    def _where(self) -> Array | None:
        """Where along K the kept elements stand; None if all are there."""
        structure = self.operand.structure
        if self.indices is None or structure is None:
            return None
        return structure.positions(np.asarray(self.indices))

    def plane_codes(self, plane: int) -> Array:
        """A plane's codes (rows, K), or those that are kept; zeros for a constant."""
        item = self.operand.planes[plane]
        if item.constant:
            return np.zeros(self.shape, np.uint8)
        return np.asarray(self.codes[item.code])

    def plane_select(self, plane: int) -> Array | int:
        """A plane's table choices, spread over the elements."""
        item = self.operand.planes[plane]
        if self.select is None or self.operand.select is None or not item.element.select_width:
            return 0
        return spread(np.asarray(self.select), self.operand.select.span, self.shape)

    def dequantize(self) -> Array:
        """The values: the sum over planes of element × scales, float64 (rows, K).

        Computed in float64, with its rounding where scales are wide. Planes that are not meant to
        be added (real and imaginary) are had one by one from ``plane_values``.
        """
        values = self.plane_values(0)
        with np.errstate(invalid="ignore"):  # infinities of either sign
            for plane in range(1, len(self.operand.planes)):
                values = values + self.plane_values(plane)
        return values

    def plane_values(self, plane: int) -> Array:
        """One plane's element × scales, float64 (rows, K)."""
        values = self.elements(plane)
        # Zero times infinity is NaN; beyond float64 is infinity.
        with np.errstate(invalid="ignore", over="ignore", under="ignore"):
            for level in self.operand.planes[plane].scales:
                scales = level.format.decode(self.scales[level.name])
                values = values * spread(scales, level.span, self.shape)
        return values


def spread(blocks: Array, span: Span, shape: tuple[int, int], each: int = 1) -> Array:
    """One value a block of ``span`` -> one value an element of ``shape``.

    With ``each``: one for every so many elements along K, of which ``shape`` has so many.
    """
    rows = span.rows or max(shape[0], 1)
    columns = max(shape[1], 1) if span.columns is None else -(-span.columns // each)
    whole = np.repeat(np.repeat(blocks, rows, axis=0), columns, axis=1)
    return whole[: shape[0], : shape[1]]


def single(operand: Operand, codes: npt.ArrayLike) -> Quantized:
    """An unscaled operand of one plane from its codes alone, shape (rows, K): arrays of the types
    that :class:`Quantized` takes."""
    names = list(operand.codes)
    if len(names) != 1 or operand.levels or operand.select:
        raise DesignError(
            "bare codes fit only an operand of one unscaled plane; "
            "build a Quantized with its scales"
        )
    return Quantized(operand, {names[0]: array_of(codes, "codes")})
