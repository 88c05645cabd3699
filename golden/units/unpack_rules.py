"""What can be unpacked: each rule in one line, with what was received."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..description.operand import Span
from ..errors import DesignError
from ..storage import Mapped, lookup
from .unpack_words import Words

if TYPE_CHECKING:
    from .unpack import Unpack

#: Bits of a port, at the most; elements of a beat; elements along K; bytes of a word, which is held
#: in registers.
MOST_BITS, MOST_ELEMENTS, LONGEST, MOST_BYTES = 1 << 12, 1 << 12, 1 << 20, 1 << 13


def check(unit: Unpack) -> None:
    """Raise DesignError, or TypeError for what is no number, unless ``unit`` can be built."""
    unit.check_counts(
        ("port", 8, MOST_BITS),
        ("rows", 1, MOST_ELEMENTS),
        ("lanes", 1, MOST_ELEMENTS),
        ("k", 0, LONGEST),
    )
    if unit.port & unit.port - 1:
        raise DesignError(f"a port has a power of two of bits, got {unit.port}")
    if unit.rows * unit.lanes > MOST_ELEMENTS:
        raise DesignError(
            f"rows × lanes must be at most {MOST_ELEMENTS}, got {unit.rows} × {unit.lanes}"
        )
    if unit.build.axis_width and not unit.k:
        raise DesignError(
            f"results of {unit.name} mark no ends where k is 0, and with --axis-width "
            f"{unit.build.axis_width} a packet would never end",
            otherwise="say how long rows are, such as --set k=4096",
        )
    scheme = lookup(unit.scheme)
    if not isinstance(scheme, Mapped):
        raise DesignError(
            f"{scheme.name} has no blocks of a fixed length: an unpacker takes any other scheme"
        )
    _check_shape(unit, scheme)


def _check_shape(unit: Unpack, scheme: Mapped) -> None:
    for part in scheme.parts:
        if unit.rows % (part.tile.rows or 1):
            raise DesignError(
                f"blocks of {scheme.name} hold {part.tile.rows} rows: rows must be a multiple, got "
                f"{unit.rows}"
            )
    operand = scheme.operand
    spans = [level.span for level in operand.levels]
    spans += [operand.select.span] if operand.select else []
    for span in spans:
        _check_span(unit, scheme, span)
    tiles = [part.tile for part in scheme.parts]
    if not unit.k and any(span.columns is None for span in (*spans, *tiles)):
        raise DesignError(f"{scheme.name} has scales for a whole row: say how long it is, k")
    for part in scheme.parts:
        words = Words(part, unit.rows, unit.lanes, unit.k)
        if unit.k % words.columns:
            raise DesignError(
                f"k must be a multiple of the {words.columns} columns that are unpacked at a time, "
                f"got {unit.k}"
            )
        if words.size > MOST_BYTES:
            raise DesignError(
                f"{unit.rows} rows of {words.columns} columns are {words.size} bytes, which are "
                f"held in registers, {MOST_BYTES} at the most: choose fewer rows or lanes"
            )


def _check_span(unit: Unpack, scheme: Mapped, span: Span) -> None:
    if span.columns and unit.lanes % span.columns and span.columns % unit.lanes:
        raise DesignError(
            f"{scheme.name} has scales of {span.columns} elements: lanes must divide them, or be a "
            f"multiple, got {unit.lanes}"
        )
    if unit.rows % (span.rows or 1):
        raise DesignError(
            f"{scheme.name} has scales of {span.rows} rows: rows must be a multiple, got "
            f"{unit.rows}"
        )
