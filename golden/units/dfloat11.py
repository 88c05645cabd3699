"""DFloat11's decoder: a compressed matrix in, its BF16 numbers out, one after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..description.unit import UNITS, Unit
from ..errors import DesignError
from ..formats import Format, lookup
from ..storage import DFloat11
from ..storage.dfloat11 import PIECE
from ..streams import Beats, Field, Stream
from ..tiling import join
from . import dfloat11_trials as trials

Array = npt.NDArray[Any]

#: Bytes of a piece of the codes, and pieces whose gaps are whole bytes, 5 bits each.
BYTES, PIECES, GAPS = PIECE // 8, 8, 5
#: The streams whose last beat of a matrix is marked.
_MARKED = ("tables", "codes", "sign_mantissa")
#: Entries of a table.
ENTRIES = 256
#: Decoding tables at the most: one, and those that 16 pointers lead to.
MOST_TABLES = 17


@dataclass(frozen=True, kw_only=True)
class DFloat11Decoder(Unit):
    """BF16 numbers of a matrix whose exponents are Huffman codes, as DFloat11 stores them.

    The decoding tables come first, then the matrix; then the tables of the next one. The answer is
    that of :meth:`.storage.DFloat11.unpack_parts`, row by row. Where the blocks of pieces begin is
    not asked for, since all of them are decoded in their order.

    Parameters
    ----------
    tables : decoding tables of 256 entries that there is room for, 2, 3, 5, 9 or 17. Codes of up
        to 8 bits need one, every prefix of 8, 16 or 24 bits that longer ones have needs another.
    """

    kind: ClassVar[str] = "dfloat11"

    tables: int = MOST_TABLES

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_counts(("tables", 2, MOST_TABLES))
        if (self.tables - 1).bit_count() > 1:
            raise DesignError(
                f"tables must be 2, 3, 5, 9 or 17: one, and a power of two that pointers lead to; "
                f"got {self.tables}"
            )

    @property
    def streams(self) -> tuple[Stream, ...]:
        return (
            Stream("tables", False, "port", (_bytes("entry", 1),), last=True),
            Stream("codes", False, "port", (_bytes("codes", BYTES),), last=True),
            Stream("gaps", False, "port", (_bytes("gaps", GAPS),)),
            Stream("sign_mantissa", False, "step", (_bytes("sign_mantissa", 1),), last=True),
            Stream("result", True, "step", (Field("value", "value", 0, "value", 1, 1, 16),), True),
        )

    def formats(self, field: Field) -> tuple[str, int | None]:
        return self.holds(field).name, None

    def holds(self, field: Field) -> Format:
        """The format of a field's codes."""
        return lookup("bf16" if field.kind == "value" else "uint8")

    @property
    def facts(self) -> dict[str, Any]:
        return {"tables": self.tables}

    # The golden function.

    def sent(self, parts: Mapping[str, Array]) -> dict[str, Beats]:
        """The arrays of a matrix as beats: of the tables the lengths first; zeros fill the codes.

        Raises DesignError where the matrix has more tables than there is room for.
        """
        luts = np.asarray(parts["luts"], np.uint8)
        if len(luts) - 1 > self.tables:
            raise DesignError(
                f"{self.name} has room for {self.tables} decoding tables, got {len(luts) - 1}: set "
                "tables"
            )
        codes = np.asarray(parts["encoded_exponent"], np.uint8)
        codes = np.pad(codes, (0, -len(codes) % BYTES)).reshape(-1, BYTES)
        beats = -(-len(codes) // PIECES)
        gaps = np.asarray(parts["gaps"], np.uint8)[: beats * GAPS]
        gaps = np.pad(gaps, (0, beats * GAPS - len(gaps))).reshape(-1, GAPS)
        given = {
            "tables": np.roll(luts, 1, axis=0).reshape(-1, 1),
            "codes": codes,
            "gaps": gaps,
            "sign_mantissa": np.asarray(parts["sign_mantissa"], np.uint8).reshape(-1, 1),
        }
        return {name: _beats(values, ends=name != "gaps") for name, values in given.items()}

    def answer(self, sent: Mapping[str, Beats]) -> dict[str, Beats]:
        ends = {name: np.flatnonzero(sent[name].last) + 1 for name in _MARKED}
        whole = min(len(found) for found in ends.values())
        found, gaps = [np.zeros((0, 1), np.int64)], 0
        for number in range(whole):
            given = {
                name: np.asarray(sent[name].values[0], np.uint8)[
                    found[number - 1] if number else 0 : found[number]
                ]
                for name, found in ends.items()
            }
            beats = -(-len(given["codes"]) // PIECES)
            given["gaps"] = np.asarray(sent["gaps"].values[0], np.uint8)[gaps : gaps + beats]
            gaps += beats
            found.append(self._decoded(given))
        results = np.concatenate(found)
        last = np.zeros(len(results), bool)
        last[ends["sign_mantissa"][:whole] - 1] = True
        return {"result": Beats((results,), (None,), last)}

    def _decoded(self, given: Mapping[str, Array]) -> Array:
        """The numbers of a matrix, (elements, 1), of what came of it on each stream."""
        pieces, count = len(given["codes"]), len(given["sign_mantissa"])
        parts: dict[str, Array] = {
            "luts": np.roll(given["tables"].reshape(-1, ENTRIES), -1, axis=0),
            "encoded_exponent": given["codes"].ravel(),
            "sign_mantissa": given["sign_mantissa"].ravel(),
            "output_positions": np.asarray([0, count], np.uint32),
            "gaps": given["gaps"].ravel(),
        }
        held = DFloat11(threads=pieces).unpack_parts(parts, (1, count))
        return np.asarray(held.codes["code"]).reshape(-1, 1)

    # What is worth trying.

    def trials(self, count: int, rng: np.random.Generator) -> list[dict[str, Beats]]:
        return [self._sent(trials.drawn(self.tables, rng)) for _ in range(count)]

    def bounds(self) -> list[dict[str, Beats]]:
        """Codes of one bit, and codes of each length up to the longest that tables allow."""
        return [self._sent(matrices) for matrices in trials.corners(self.tables)]

    def _sent(self, matrices: Sequence[Mapping[str, Array]]) -> dict[str, Beats]:
        """Matrices one after the other."""
        found = [self.sent(parts) for parts in matrices]
        return {
            stream.name: join([beats[stream.name] for beats in found])
            for stream in self.streams
            if not stream.output
        }


def _bytes(name: str, count: int) -> Field:
    return Field(name, "codes", 0, name, 1, count, 8)


def _beats(values: Array, ends: bool = True) -> Beats:
    last = np.zeros(len(values), bool)
    last[-1:] = ends
    return Beats((values,), (None,), last)


UNITS.register(DFloat11Decoder.kind, DFloat11Decoder)
