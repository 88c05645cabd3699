"""What dequantizers are tried with: scales of all sizes, specials, groups that end early."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..formats import Format, Integer, Minifloat
from ..streams import Beats

if TYPE_CHECKING:
    from .dequantize import Dequantize

Array = npt.NDArray[Any]

#: Beats of a trial, at the least; where groups end with ``last``, all of them.
LEAST = 8

#: Kinds of scales.
_KINDS = ("any", "usual", "tiny", "huge", "special")


def beats(unit: Dequantize) -> int:
    """Beats of every trial."""
    return -(-LEAST // unit.beats) * unit.beats if unit.beats else LEAST


def drawn(unit: Dequantize, index: int, kind: int, rng: np.random.Generator) -> dict[str, Beats]:
    """Random codes, with scales of a ``kind``; one ``index`` in four ends groups early."""
    count = beats(unit)
    last = np.zeros(count, bool)
    cuts = index % 4 == 3 or not unit.beats
    if cuts and count > 1:
        last[rng.integers(0, count - 1, 2)] = True
    last[-1] = cuts or rng.random() < 0.5
    return _trial(unit, last, kind, rng)


def _trial(unit: Dequantize, last: Array, kind: int, rng: np.random.Generator) -> dict[str, Beats]:
    codes = rng.choice(np.asarray(unit.element.legal), (len(last), unit.rows * unit.lanes))
    found = {"codes": Beats((codes,), (None,), last)}
    if unit.held:
        groups = int(unit.ends(last).sum())
        shape = groups, unit.rows
        scales = _scales(unit, _KINDS[kind % len(_KINDS)], shape, rng)
        if unit.zero:
            scales.append(rng.choice(np.asarray(unit.zero.legal), shape))
        nothing = (None,) * len(scales)
        found["scale"] = Beats(tuple(scales), nothing, np.zeros(groups, bool))
    return found


def _scales(
    unit: Dequantize, kind: str, shape: tuple[int, int], rng: np.random.Generator
) -> list[Array]:
    """Codes of every scale, ``shape`` each: any, usual ones, those that make results tiny or
    huge, specials."""
    found: list[Array] = []
    rest = np.ones(shape)
    for number, fmt in enumerate(unit.scales):
        if isinstance(fmt, Integer) or kind == "any":
            codes = _any(fmt, shape, rng)
        elif kind == "special":
            codes = rng.choice(_special(fmt), shape)
        else:
            aimed = kind if number == len(unit.scales) - 1 else "usual"
            codes = fmt.encode(_aimed(unit, aimed, shape, rng) / rest, saturate=True)
        found.append(codes)
        value = np.abs(fmt.decode(codes))
        rest = rest * np.where(np.isfinite(value) & (value > 0), value, 1)
    return found


def _any(fmt: Format, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    if fmt.bits <= 16:
        return np.asarray(rng.choice(np.asarray(fmt.legal), shape).astype(fmt.dtype))
    return rng.integers(0, 1 << fmt.bits, shape, np.uint64).astype(fmt.dtype)


def _aimed(unit: Dequantize, kind: str, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """What scales together are, so that results are as ``kind`` has it."""
    size = 2.0 ** rng.uniform(-8, 0, shape)
    if kind in ("tiny", "huge") and isinstance(unit.result, Minifloat):
        top = np.frexp(float(max(unit.element.maximum, -unit.element.minimum)) or 1.0)[1]
        end = unit.result.lsb if kind == "tiny" else np.frexp(float(unit.result.maximum))[1]
        size = np.exp2(np.clip(rng.uniform(-6, 3, shape) + float(end) - float(top), -300, 300))
    signed = all(isinstance(fmt, Minifloat) and fmt.signed for fmt in unit.scales)
    return size * np.where(rng.random(shape) < 0.5 * signed, -1.0, 1.0)


def _special(fmt: Format) -> Array:
    """NaN, infinity, zero, and the ends of normal and subnormal numbers."""
    assert isinstance(fmt, Minifloat)
    codes = {0, 1, fmt.max_code, fmt.max_code - 1, 1 << fmt.mantissa_width}
    codes |= {(1 << fmt.mantissa_width) - 1}
    codes |= {fmt.nan_code} if fmt.has_nan else set()
    codes |= {fmt.inf_code} if fmt.has_inf else set()
    signs = {0, 1 << (fmt.bits - 1)} if fmt.signed else {0}
    return np.array(sorted(code | sign for code in codes for sign in signs), fmt.dtype)


def extremes(unit: Dequantize) -> list[dict[str, Beats]]:
    """Every choice of the least and the greatest element, zero point and scale."""
    count, found = beats(unit), []
    ends = [_ends(fmt) for fmt in (unit.element, *unit.held.values())]
    last = np.zeros(count, bool)
    last[-1] = True
    groups = int(unit.ends(last).sum())
    for code, *held in product(*ends):
        codes = np.full((count, unit.rows * unit.lanes), code, unit.element.dtype)
        trial = {"codes": Beats((codes,), (None,), last)}
        if held:
            values = tuple(
                np.full((groups, unit.rows), value, fmt.dtype)
                for value, fmt in zip(held, unit.held.values(), strict=True)
            )
            trial["scale"] = Beats(values, (None,) * len(held), np.zeros(groups, bool))
        found.append(trial)
    return found


def _ends(fmt: Format) -> list[int]:
    codes = fmt.encode(np.array([float(fmt.minimum), float(fmt.maximum)]))
    return sorted(set(codes.tolist()))
