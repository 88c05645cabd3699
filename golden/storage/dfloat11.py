"""DFloat11: BF16 with Huffman-coded exponents, decoded in parallel from 8-byte pieces.

Source: LeanModels/DFloat11 (confirmed; its decoding kernel re-read). The order of the tables, their
unused entries and the filling of the last bytes are this project's reading.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import whole_numbers, words
from ..description import Operand, Plane
from ..errors import DesignError, UnknownName
from ..formats import lookup
from ..tensor import Quantized
from .huffman import END, POINTERS, Code, limited, tables
from .scheme import Bytes, Scheme
from .shape import Shape, check_matrix

Array = npt.NDArray[Any]

PIECE = 64  # bits of the stream that one thread decodes
_PARTS = ("luts", "encoded_exponent", "sign_mantissa", "output_positions", "gaps")


@dataclass(frozen=True)
class DFloat11(Scheme):
    """Exponents as a bit stream, signs and mantissas as they are; lossless.

    Elements are taken row by row. The parts, all of uint8 but ``output_positions`` (uint32; read
    from any integers):

    - ``luts`` (n, 256): the decoding tables (see :func:`huffman.tables`).
    - ``encoded_exponent``: the codes one after another, first bit on top of its byte; the last byte
      is filled with the start of the end marker's code.
    - ``sign_mantissa``: sign << 7 | mantissa of each element.
    - ``gaps``: 5 bits for each piece of 8 bytes of the stream, first on top: how many bits after
      the piece's start its first code starts. Zeros fill them to whole blocks of pieces.
    - ``output_positions``: elements before each block of ``threads`` pieces, then all elements.

    Parameters
    ----------
    threads : pieces of a block.
    """

    threads: int = 512
    name = "dfloat11"
    operand = Operand((Plane(lookup("bf16")),))

    def pack_parts(self, given: Quantized) -> dict[str, Array]:
        self._check(given)
        bits = np.asarray(given.codes["code"]).astype(np.uint16).ravel()
        exponents = (bits >> 7 & 0xFF).astype(np.int64)
        if not bits.size:
            raise DesignError(f"{self.name}: a matrix is rows × K, both at least 1, got none")
        if exponents.max() >= POINTERS:
            raise DesignError(
                f"{self.name} holds exponents below {POINTERS}, got {exponents.max()} "
                "(infinity and NaN have 255)"
            )
        symbols, counts = np.unique(exponents, return_counts=True)
        found = limited(dict(zip(symbols.tolist(), counts.tolist(), strict=True)))
        return encoded(bits, found, self.threads)

    def unpack_parts(self, parts: Mapping[str, Array], shape: Shape) -> Quantized:
        shape = check_matrix(self.name, shape)
        parts = self._typed(parts)
        self._check_parts(parts, shape)
        count = shape[0] * shape[1]
        luts, positions = parts["luts"], parts["output_positions"]
        stream = parts["encoded_exponent"]
        threads = (len(positions) - 1) * self.threads
        room = threads * PIECE // 8 + 16  # a code may run into the next piece
        codes = np.zeros(room, np.uint8)
        codes[: len(stream)] = stream
        bits = np.unpackbits(parts["gaps"], count=5 * threads).reshape(threads, 5)
        at = np.arange(threads) * PIECE + bits @ (1 << np.arange(4, -1, -1))
        exponents = _decode(codes, luts, at, len(stream) * 8)
        # Each thread's run, block by block; what the filling decodes to lies beyond all elements.
        found = np.zeros(count, np.uint16)
        for number in range(len(positions) - 1):
            run = exponents[number * self.threads : (number + 1) * self.threads]
            flat = np.concatenate(run)
            begin, end = int(positions[number]), int(positions[number + 1])
            if len(flat) < end - begin:
                raise DesignError(f"{self.name}: block {number} has {len(flat)} codes, not enough")
            found[begin:end] = flat[: end - begin]
        raw = parts["sign_mantissa"].astype(np.uint16)
        whole = (raw & 0x80) << 8 | found << 7 | raw & 0x7F
        return Quantized(self.operand, {"code": whole.reshape(shape)})

    def pack(self, given: Quantized) -> bytes:
        raise DesignError(f"{self.name}: its parts have no fixed length; use pack_parts")

    def unpack(self, data: Bytes, shape: Shape) -> Quantized:
        raise DesignError(f"{self.name}: its parts have no fixed length; use unpack_parts")

    def _typed(self, parts: Mapping[str, Array]) -> dict[str, Array]:
        """The parts, all there, as arrays of bytes and of positions."""
        for name in parts:
            if name not in _PARTS:
                raise UnknownName(f"part of {self.name}", name, _PARTS)
        found = {}
        for name in _PARTS:
            if name not in parts:
                raise DesignError(f"{self.name}: part {name!r} is missing")
            what = f"{self.name}: {name}"
            if name == "output_positions":
                found[name] = whole_numbers(parts[name], what, 0, 2**32 - 1)
            else:
                found[name] = words(parts[name], 1, what)
            if found[name].ndim != 1 + (name == "luts"):
                axes = "two axes" if name == "luts" else "one axis"
                raise DesignError(f"{what} must have {axes}, got shape {found[name].shape}")
        self._check_tables(found["luts"])
        return found

    def _check_tables(self, luts: Array) -> None:
        """Raise DesignError unless entries are symbols or point to tables that there are."""
        if luts.shape[0] < 2 or luts.shape[1] != 256:
            raise DesignError(
                f"{self.name}: luts are at least a table and the lengths, of 256 entries each, got "
                f"shape {luts.shape}"
            )
        entries = luts[:-1].astype(np.int64)
        deepest = 256 - int(entries.min(initial=256, where=entries >= POINTERS))
        if deepest > len(luts) - 2:
            raise DesignError(
                f"{self.name}: luts point to table {deepest}, the last one is {len(luts) - 2}"
            )

    def _check_parts(self, parts: Mapping[str, Array], shape: Shape) -> None:
        count = shape[0] * shape[1]
        if len(parts["sign_mantissa"]) != count:
            raise DesignError(
                f"{self.name}: {shape[0]} × {shape[1]} elements need as many bytes of "
                f"sign_mantissa, got {len(parts['sign_mantissa'])}"
            )
        positions = parts["output_positions"]
        pieces = -(-len(parts["encoded_exponent"]) * 8 // PIECE)
        blocks = -(-pieces // self.threads)
        if len(positions) != blocks + 1 or positions[0] != 0 or positions[-1] != count:
            raise DesignError(
                f"{self.name}: {blocks} blocks need as many output positions, from 0, and then "
                f"{count}; got {positions.tolist()[:4]}… of length {len(positions)}"
            )
        if (np.diff(positions.astype(np.int64)) < 0).any():
            raise DesignError(f"{self.name}: output positions must ascend")
        if len(parts["gaps"]) * 8 < 5 * blocks * self.threads:
            raise DesignError(
                f"{self.name}: {blocks * self.threads} gaps need "
                f"{-(-5 * blocks * self.threads // 8)} bytes, got {len(parts['gaps'])}"
            )


def encoded(bits: Array, code: Mapping[int, Code], threads: int = 512) -> dict[str, Array]:
    """The parts of a matrix of BF16 numbers, given as ``bits``, in a code of their exponents.

    Parameters
    ----------
    bits : uint16, in their order.
    code : of each exponent and of :data:`.huffman.END`, as :func:`.huffman.codes` gives it.
    threads : pieces of a block.
    """
    exponents = (bits >> 7 & 0xFF).astype(np.int64)
    lengths, values = np.zeros(256, np.int64), np.zeros(256, np.int64)
    for symbol, (length, value) in code.items():
        if symbol != END:
            lengths[symbol], values[symbol] = length, value
    ends = np.cumsum(lengths[exponents])
    starts = ends - lengths[exponents]
    gaps, positions = _metadata(starts, int(ends[-1]), threads)
    return {
        "luts": tables(code),
        "encoded_exponent": _stream(starts, lengths[exponents], values[exponents], code[END]),
        "sign_mantissa": (bits >> 8 & 0x80 | bits & 0x7F).astype(np.uint8),
        "output_positions": positions,
        "gaps": gaps,
    }


def _metadata(starts: Array, end: int, threads: int) -> tuple[Array, Array]:
    """Gaps and output positions, from the bit at which each code starts."""
    pieces = -(-end // PIECE)
    blocks = -(-pieces // threads)
    borders = np.arange(blocks * threads) * PIECE
    first = np.searchsorted(starts, borders)
    inside = first < len(starts)
    gaps = np.zeros(len(borders), np.int64)
    gaps[inside] = starts[first[inside]] - borders[inside]
    wide = (gaps[:, None] >> np.arange(4, -1, -1) & 1).astype(np.uint8)
    positions = [*first[::threads], len(starts)]
    return np.packbits(wide.ravel()), np.asarray(positions, np.uint32)


def _stream(starts: Array, lengths: Array, values: Array, end: tuple[int, int]) -> Array:
    """The codes as bytes, first bit on top."""
    total = int(starts[-1] + lengths[-1])
    bits = np.zeros(-(-total // 8) * 8, np.uint8)
    for number in range(int(lengths.max())):
        has = lengths > number
        bits[starts[has] + number] = values[has] >> (lengths[has] - 1 - number) & 1
    for number in range(len(bits) - total):
        length, value = end
        bits[total + number] = value >> (length - 1 - number) & 1 if number < length else 0
    return np.packbits(bits)


def _decode(stream: Array, luts: Array, at: Array, end: int) -> list[Array]:
    """What each thread decodes, starting at bits ``at`` of the stream, up to its piece's end.

    All threads step together: one symbol a step, its length from the last table. A code has 32 bits
    at most, four tables.
    """
    borders = np.minimum((np.arange(len(at)) + 1) * PIECE, end)
    steps, lengths = [], luts[-1].astype(np.int64)
    wide = stream.astype(np.uint64)
    while (at < borders).any():
        byte = at >> 3
        window = np.zeros(len(at), np.uint64)
        for number in range(5):
            window = window << np.uint64(8) | wide[np.minimum(byte + number, len(wide) - 1)]
        window = window << (at & 7).astype(np.uint64)
        table, symbol = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
        pending = np.ones(len(at), bool)
        for level in range(4):
            entry = luts[table, (window >> np.uint64(32 - 8 * level) & np.uint64(0xFF))]
            symbol = np.where(pending, entry, symbol)
            pending = pending & (symbol >= POINTERS)
            table = np.where(pending, 256 - symbol, table)
        # What is no code, such as the filling, ends a thread: the elements are counted later.
        active = (at < borders) & ~pending & (lengths[symbol] > 0)
        steps.append(np.where(active, symbol, -1))
        at = np.where(active, at + lengths[symbol], np.maximum(at, borders))
    whole = np.stack(steps, axis=1) if steps else np.zeros((len(at), 0), np.int64)
    return [row[row >= 0].astype(np.uint16) for row in whole]
