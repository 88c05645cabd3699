"""What units of groups are tried with: groups that end early, codes of all kinds, extremes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..formats import Format, Integer, Minifloat
from ..streams import Beats

if TYPE_CHECKING:
    from .grouped import Grouped

Array = npt.NDArray[Any]

#: Beats of a trial, at the least; where groups end with ``last``, all of them.
LEAST = 8


def beats(unit: Grouped) -> int:
    """Beats of every trial."""
    return -(-LEAST // unit.beats) * unit.beats if unit.beats else LEAST


def marks(unit: Grouped, index: int, rng: np.random.Generator) -> Array:
    """``last`` of the beats of a trial; one ``index`` in four ends groups early."""
    last = np.zeros(beats(unit), bool)
    cuts = index % 4 == 3 or not unit.beats
    if cuts and len(last) > 1:
        last[rng.integers(0, len(last) - 1, 2)] = True
    last[-1] = cuts or rng.random() < 0.5
    return last


def trial(unit: Grouped, codes: Array, held: Mapping[str, Array], last: Array) -> dict[str, Beats]:
    """The beats of codes (beats, rows · lanes), and of what groups hold (groups, holders)."""
    found = {unit.source[0]: Beats((codes,), (None,), last)}
    if held:
        values = tuple(held[name] for name in unit.held)
        found["scale"] = Beats(values, (None,) * len(values), np.zeros(len(values[0]), bool))
    return found


def anything(fmt: Format, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Any codes of a format."""
    if fmt.bits <= 16:
        return np.asarray(rng.choice(np.asarray(fmt.legal), shape).astype(fmt.dtype))
    top = (1 << fmt.bits) - 1
    return rng.integers(0, top, shape, np.uint64, endpoint=True).astype(fmt.dtype)


def special(fmt: Minifloat) -> Array:
    """NaN, infinity, zero, and the ends of normal and subnormal numbers."""
    codes = {0, 1, fmt.max_code, fmt.max_code - 1, 1 << fmt.mantissa_width}
    codes |= {(1 << fmt.mantissa_width) - 1}
    codes |= {fmt.nan_code} if fmt.has_nan else set()
    codes |= {fmt.inf_code} if fmt.has_inf else set()
    signs = {0, 1 << (fmt.bits - 1)} if fmt.signed else {0}
    return np.array(sorted(code | sign for code in codes for sign in signs), fmt.dtype)


def extremes(unit: Grouped) -> list[dict[str, Beats]]:
    """Every choice of the least and the greatest element and value of a group."""
    _, element = unit.source
    last = np.zeros(beats(unit), bool)
    last[-1] = True
    groups, found = int(unit.ends(last).sum()), []
    ends = [_ends(fmt) for fmt in (element, *unit.held.values())]
    for code, *held in product(*ends):
        codes = np.full((len(last), unit.rows * unit.lanes), code, element.dtype)
        values = {
            name: np.full((groups, unit.holders), value, fmt.dtype)
            for value, (name, fmt) in zip(held, unit.held.items(), strict=True)
        }
        found.append(trial(unit, codes, values, last))
    return found


def _ends(fmt: Format) -> list[int]:
    if isinstance(fmt, Integer):  # exactly, however wide
        return sorted({fmt.low & (1 << fmt.bits) - 1, fmt.high})
    return sorted(set(fmt.encode(np.array([float(fmt.minimum), float(fmt.maximum)])).tolist()))
