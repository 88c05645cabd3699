"""GGUF's grid types: several elements in one index, signs apart, scales that are odd numbers.

What a file holds is w = d · sc · q: d FP16 per 256, sc = 2 s + 1 of a stored s, q a level of the
type with its sign. Not every matrix of such codes has a place in a file: eight levels (IQ3: four)
stand in the type's grid, and in IQ2_XXS, IQ2_XS and IQ3_XXS an even number of eight signs is minus.
That is no property of an operand, so an engine takes any codes, and packing refuses others.
Source: llama.cpp, ggml-common.h, and gguf-py 0.19.0, quants.py (confirmed, by running it).
"""

from __future__ import annotations

from ..description import Level, Operand, Plane, Select, group
from ..formats import lookup
from . import grids
from .map import Map
from .part import Part
from .places import Field, Place
from .scheme import Mapped
from .table import Table


def _scheme(
    name: str, element: str, scale: str, span: int, map_: Map, shifted: int | None = None
) -> Mapped:
    """``shifted``: elements that share the choice of their table."""
    levels = Level(lookup(scale), group(span), "sc"), Level(lookup("fp16"), group(256), "d")
    select = Select(1, group(shifted)) if shifted else None
    operand = Operand((Plane(lookup(element), levels),), select)
    return Mapped(name, operand, (Part("blocks", map_, group(256)),))


def _grid(entries: tuple[bytes, ...], width: int, *index: Field) -> Table:
    """Levels of ``width`` bits from the grid."""
    return Table("code", index, entries, width, f"{len(entries[0])} levels of the grid")


def _even(bit: int, axes: tuple[tuple[int, int], ...], low: int) -> Table:
    """Seven bits for the signs of eight elements."""
    index = (Field("index", bit, 7, axes),)
    return Table("code", index, grids.EVEN, 1, "eight with an even number of minus signs", low)


def _index(byte: int, count: int) -> Field:
    """The low eight bits of ``count`` indices."""
    return Field("index", 8 * byte, 8, ((count, 8),))


def _signs(byte: int, low: int) -> Field:
    """A sign an element."""
    return Field("code", 8 * byte, 1, ((256, 1),), low=low)


def _nibbles(byte: int, count: int) -> Field:
    return Field("sc", 8 * byte, 4, ((count, 4),))


_D = Field("d", 0, 16)

#: IQ1: the grid's −1, 0 and 1 plus or minus an eighth: two tables, chosen for 32 elements or 8.
_IQ1_S: tuple[Place, ...] = (
    _D,
    _grid(grids.IQ1, 2, _index(2, 32), Field("index", 272, 3, ((8, 16), (4, 3)), low=8)),
    Field("sc", 284, 3, ((8, 16),)),
    Field("select", 287, 1, ((8, 16),)),
)
#: The FP16 scale is cut into the top nibbles of the four words of scales.
_IQ1_M: tuple[Place, ...] = (
    _grid(grids.IQ1, 2, _index(0, 32), Field("index", 256, 3, ((32, 4),), low=8)),
    Field("select", 259, 1, ((32, 4),)),
    Field("sc", 384, 3, ((4, 16), (4, 3))),
    *(Field("d", 396 + 16 * word, 4, low=4 * word) for word in range(4)),
)

#: Eight times a word of four indices and a word of their signs and a scale.
_IQ2_XXS: tuple[Place, ...] = (
    _D,
    _grid(grids.IQ2_XXS, 2, Field("index", 16, 8, ((8, 64), (4, 8)))),
    _even(48, ((8, 64), (4, 7)), 2),
    Field("sc", 76, 4, ((8, 64),)),
)
#: Words of nine bits of index and seven of signs.
_IQ2_XS: tuple[Place, ...] = (
    _D,
    _grid(grids.IQ2_XS, 2, Field("index", 16, 9, ((32, 16),))),
    _even(25, ((32, 16),), 2),
    _nibbles(66, 16),
)
_IQ2_S: tuple[Place, ...] = (
    _D,
    _grid(grids.IQ2_S, 2, _index(2, 32), Field("index", 528, 2, ((32, 2),), low=8)),
    _signs(34, 2),
    _nibbles(74, 16),
)

_IQ3_XXS: tuple[Place, ...] = (
    _D,
    _grid(grids.IQ3_XXS, 3, _index(2, 64)),
    _even(528, ((8, 32), (4, 7)), 3),
    Field("sc", 556, 4, ((8, 32),)),
)
_IQ3_S: tuple[Place, ...] = (
    _D,
    _grid(grids.IQ3_S, 3, _index(2, 64), Field("index", 528, 1, ((64, 1),), low=8)),
    _signs(74, 3),
    _nibbles(106, 8),
)

GRIDS: tuple[Mapped, ...] = (
    _scheme("iq1_s", "iq1", "odd3", 32, Map(50, _IQ1_S), shifted=32),
    _scheme("iq1_m", "iq1", "odd3", 16, Map(56, _IQ1_M), shifted=8),
    _scheme("iq2_xxs", "iq2", "odd4", 32, Map(66, _IQ2_XXS)),
    _scheme("iq2_xs", "iq2", "odd4", 16, Map(74, _IQ2_XS)),
    _scheme("iq2_s", "iq2", "odd4", 16, Map(82, _IQ2_S)),
    _scheme("iq3_xxs", "iq3_xxs", "odd4", 32, Map(98, _IQ3_XXS)),
    _scheme("iq3_s", "iq3_s", "odd4", 32, Map(110, _IQ3_S)),
)
