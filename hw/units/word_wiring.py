"""Which bits of a word are which bits of a beat: from the places that a scheme's parts have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...golden.description.operand import Span
from ...golden.units.unpack_words import Words

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class LookedUp:
    """Bits of values that a table has, by bits of the word.

    Parameters
    ----------
    low, width : of a value, the bits that the table gives.
    bits : of each beat and value those of the index, (beats, values, index bits), low first.
    tables : what numbers stand for, (tables, 2**index bits).
    choice : which table, (beats, values).
    """

    low: int
    width: int
    bits: Array
    tables: Array
    choice: Array


@dataclass(frozen=True, eq=False)
class Wiring:
    """What a word gives of the values of one field.

    Parameters
    ----------
    width : bits of a value.
    bits : for each beat, value and bit the bit of the word that it is, (beats, values, width); -1
        where none is.
    looked_up : bits that come from tables.
    add : constant that is added to each value, modulo 2**width.
    """

    width: int
    bits: Array
    looked_up: tuple[LookedUp, ...]
    add: int = 0


def wiring(words: Words, array: str, span: Span | None) -> Wiring | None:
    """What blocks of a word hold of ``array``, of elements or of what a ``span`` shares; None
    if nothing."""
    map_ = words.part.map
    if array not in map_.arrays:
        return None
    items, width = map_.arrays[array]
    block, item = _stand(words, span)
    start = 8 * map_.size * block
    bits, found = np.full((items, width), -1, np.int64), dict[int, list[Any]]()
    for place in (place for place in map_.places if place.array == array and not place.copy):
        origin, mine = place.origin, slice(place.first, place.first + place.items)
        if origin.tables is None:
            bits[mine, place.low : place.top] = origin.bits
        else:
            found.setdefault(place.low, []).append((mine, place.top - place.low, origin))
    looked_up = []
    for low, parts in found.items():
        index = np.zeros((items, parts[0][2].bits.shape[1]), np.int64)
        choice, tables = np.zeros(items, np.int64), max((o.tables for *_, o in parts), key=len)
        for mine, _, origin in parts:
            assert (tables[: len(origin.tables)] == origin.tables).all()
            index[mine], choice[mine] = origin.bits, origin.choice
        chosen = index[item] + start[..., None]
        looked_up.append(LookedUp(low, parts[0][1], chosen, tables, choice[item]))
    direct = bits[item]
    add = 0 if map_.carries else dict(map_.add).get(array, 0)
    return Wiring(
        width,
        np.where(direct < 0, -1, direct + start[..., None]),
        tuple(looked_up),
        add % (1 << width),
    )


def added(words: Words) -> int:
    """What is added to each block of a word as one number."""
    map_ = words.part.map
    found = 0
    for name, constant in map_.add if map_.carries else ():
        items, width = map_.arrays[name]
        found = sum(constant << width * item for item in range(items)) % (1 << 8 * map_.size)
    return found


def _stand(words: Words, span: Span | None) -> tuple[Array, Array]:
    """The block, and the item of it, of each beat and value, (beats, values)."""
    down, along = (span.rows or words.rows, span.columns) if span else (1, 1)
    tile = words.part.tile
    rows = (tile.rows or words.rows) // down
    columns = (tile.columns or words.columns) // along if along else 1
    whole = words.across * columns
    if along:
        each = max(words.lanes // along, 1)
        first = np.arange(words.beats) * words.lanes // along
        column = first[:, None] + np.arange(each)
    else:
        column = np.zeros((words.beats, 1), np.int64)
    assert column.max() < whole
    row = np.arange(words.down * rows)[:, None]
    across = column[:, None, :]
    block = across // columns * words.down + row // rows
    item = row % rows * columns + across % columns
    return block.reshape(words.beats, -1), item.reshape(words.beats, -1)
