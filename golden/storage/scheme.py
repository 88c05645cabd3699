"""Storage schemes: bytes in memory and in files <-> codes and scales."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import array_of, raw_bytes, words
from ..description import Operand
from ..errors import DesignError, UnknownName
from ..formats import Format, lookup
from ..tensor import Quantized
from .part import Part
from .shape import Shape, check_matrix

Array = npt.NDArray[Any]
Bytes = bytes | bytearray | memoryview | Array


class Scheme(ABC):
    """How a matrix of ``operand`` (rows × K) is stored: one stream of bytes or several arrays."""

    name: str
    operand: Operand

    @abstractmethod
    def pack_parts(self, given: Quantized) -> dict[str, Array]:
        """The arrays as a checkpoint holds them, by name."""

    @abstractmethod
    def unpack_parts(self, parts: Mapping[str, Array], shape: Shape) -> Quantized:
        """The inverse; DesignError for a missing, unknown or misshapen part, and for one of a type
        that does not hold what it should."""

    @abstractmethod
    def pack(self, given: Quantized) -> bytes:
        """One stream: the parts one after another, little-endian."""

    @abstractmethod
    def unpack(self, data: Bytes, shape: Shape) -> Quantized:
        """The inverse, from an object that holds bytes, or an array of int8 or uint8.

        DesignError, which names the byte, for a stream too short or too long."""

    def _check(self, given: Quantized) -> None:
        if given.operand != self.operand:
            raise DesignError(
                f"{self.name}: the matrix is {given.operand}, the scheme holds {self.operand}"
            )


@dataclass(frozen=True)
class Mapped(Scheme):
    """A scheme that bit-field maps describe completely.

    Parameters
    ----------
    name : as the literature calls it.
    operand : what the codes and scales mean.
    parts : together they hold every code, every level of scales and ``select``, what an operand
        selects, each once.
    """

    name: str
    operand: Operand
    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        held: dict[str, Array] = {}
        for part in self.parts:
            for name, masks in part.map.masks.items():
                before = held.get(name, np.zeros_like(masks))
                if before.shape != masks.shape or (before & masks).any():
                    raise DesignError(f"{self.name}: {part.name} and another part clash in {name}")
                held[name] = before | masks
        wanted = {name: fmt.bits for name, fmt in self._formats.items()}
        if held.keys() != wanted.keys():
            raise DesignError(f"{self.name}: parts hold {[*held]}, the operand needs {[*wanted]}")
        for name, masks in held.items():
            if (masks != (1 << wanted[name]) - 1).any():
                raise DesignError(f"{self.name}: {name} needs {wanted[name]} bits of every item")
        for part in self.parts:
            for name, _ in part.map.add:
                if part.map.arrays[name][1] != wanted[name]:
                    raise DesignError(f"{self.name}: no constant can be added to a part of {name}")

    def size(self, shape: Shape) -> int:
        """Bytes of a matrix."""
        self._check_shape(shape)
        return sum(prod(part.shape(shape)) * part.word for part in self.parts)

    def pack_parts(self, given: Quantized) -> dict[str, Array]:
        self._check(given)
        self._check_shape(given.shape)
        arrays = {**given.codes, **given.scales, "select": given.select}
        found = {}
        for part in self.parts:
            grid, whole = part.tile.shape(*given.shape), part.whole(given.shape)
            items = {
                name: _tiles(_filled(np.asarray(arrays[name]), self._extent(name, whole)), grid)
                for name in part.map.arrays
            }
            try:
                blocks = part.map.pack(items)
            except DesignError as error:
                raise DesignError(f"{self.name}: {error}") from None
            found[part.name] = part.from_blocks(blocks, given.shape)
        return found

    def unpack_parts(self, parts: Mapping[str, Array], shape: Shape) -> Quantized:
        shape = self._check_shape(shape)
        names = [part.name for part in self.parts]
        for name in parts:
            if name not in names:
                raise UnknownName(f"part of {self.name}", name, names)
        arrays: dict[str, Array] = {}
        for part in self.parts:
            if part.name not in parts:
                raise DesignError(f"{self.name}: part {part.name!r} is missing")
            held = part.map.unpack(
                part.to_blocks(self._words(part, parts[part.name], shape), shape)
            )
            grid = part.tile.shape(*shape)
            for name, items in held.items():
                whole = _whole(items, grid, self._extent(name, part.whole(shape)))
                rows, columns = self._extent(name, shape)
                whole = whole[:rows, :columns]
                arrays[name] = arrays[name] | whole if name in arrays else whole
        codes = {name: arrays[name] for name in self.operand.codes}
        scales = {level.name: arrays[level.name] for level in self.operand.levels}
        return Quantized(self.operand, codes, scales, arrays.get("select"))

    def _words(self, part: Part, given: Array, shape: Shape) -> Array:
        """A part's array as little-endian words, checked.

        Words of packed codes are integers of their width, signed or not (torch has no others);
        where each is a float, as scales are, arrays of its type or unsigned words.
        """
        what, wanted = f"{self.name}: {part.name}", part.shape(shape)
        array, fmt = array_of(given, what), self._formats.get(part.single or "")
        if fmt is not None and (fmt.type_only or array.dtype.name == fmt.type_name):
            try:
                array = fmt.check(array, bits_only=True)
            except DesignError as error:
                raise DesignError(f"{what}: {error}") from None
        array = words(array, part.word, what)
        if array.shape != wanted:
            bits = 8 * part.word
            raise DesignError(f"{what} must be {wanted} words of {bits} bits, got {array.shape}")
        return array

    @property
    def _formats(self) -> dict[str, Format]:
        """What the codes of each array mean; selections are numbers."""
        found = self.operand.codes | {level.name: level.format for level in self.operand.levels}
        select = self.operand.select
        return found | ({"select": lookup(f"uint{select.width}")} if select else {})

    def pack(self, given: Quantized) -> bytes:
        return b"".join(array.tobytes() for array in self.pack_parts(given).values())

    def unpack(self, data: Bytes, shape: Shape) -> Quantized:
        held = raw_bytes(data, f"{self.name}: data")
        shape = self._check_shape(shape)
        self._check_length(len(held), shape)
        parts, start = {}, 0
        for part in self.parts:
            wanted = part.shape(shape)
            end = start + prod(wanted) * part.word
            read = held[start:end].view(f"<u{part.word}")
            parts[part.name], start = read.reshape(wanted), end
        return self.unpack_parts(parts, shape)

    def _extent(self, name: str, shape: Shape) -> Shape:
        """The shape of an array of codes, of scales or of selections."""
        spans = {level.name: level.span for level in self.operand.levels}
        if self.operand.select is not None:
            spans["select"] = self.operand.select.span
        return spans[name].shape(*shape) if name in spans else shape

    def _check_shape(self, given: Shape) -> Shape:
        shape = check_matrix(self.name, given)
        for part in self.parts:
            for what, block, whole in (
                ("rows", part.tile.rows, shape[0]),
                ("K", None if part.partial else part.tile.columns, shape[1]),
            ):
                if whole % (block or 1):
                    raise DesignError(
                        f"{self.name}: {what} must be whole blocks of {block}, got {whole}"
                    )
        return shape

    def _check_length(self, length: int, shape: Shape) -> None:
        start = 0
        for part in self.parts:
            end = start + prod(part.shape(shape)) * part.word
            if length < end:
                what, unit = part.unit(shape)
                number = (length - start) // unit
                first = start + number * unit
                of = f" of {part.name}" if len(self.parts) > 1 else ""
                raise DesignError(
                    f"{self.name}: {what} {number}{of} needs bytes {first}…{first + unit - 1}, "
                    f"the data end before byte {length}"
                )
            start = end
        if length > start:
            raise DesignError(
                f"{self.name}: {shape[0]} × {shape[1]} elements end with byte {start - 1}, "
                f"the data go on to byte {length - 1}"
            )


def _tiles(array: Array, grid: Shape) -> Array:
    """(rows, columns) of items -> (blocks, items of a block), row by row of the grid."""
    rows, columns = array.shape[0] // grid[0], array.shape[1] // grid[1]
    cut = array.reshape(grid[0], rows, grid[1], columns)
    return cut.transpose(0, 2, 1, 3).reshape(-1, rows * columns)


def _filled(array: Array, extent: Shape) -> Array:
    """``array`` with zeros behind its last column."""
    return np.pad(array, ((0, 0), (0, extent[1] - array.shape[1])))


def _whole(items: Array, grid: Shape, extent: Shape) -> Array:
    """The inverse of ``_tiles``."""
    rows, columns = extent[0] // grid[0], extent[1] // grid[1]
    cut = items.reshape(*grid, rows, columns)
    return np.ascontiguousarray(cut.transpose(0, 2, 1, 3)).reshape(extent)
