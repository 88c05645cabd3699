"""What dequantizers are tried with: scales of all sizes, specials, groups that end early."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..formats import Minifloat
from ..streams import Beats
from .grouped_trials import anything, marks, special, trial

if TYPE_CHECKING:
    from .dequantize import Dequantize

Array = npt.NDArray[Any]

#: Kinds of scales.
_KINDS = ("any", "usual", "tiny", "huge", "special")


def drawn(unit: Dequantize, index: int, kind: int, rng: np.random.Generator) -> dict[str, Beats]:
    """Random codes, with scales of a ``kind``."""
    last = marks(unit, index, rng)
    codes = rng.choice(np.asarray(unit.element.legal), (len(last), unit.rows * unit.lanes))
    shape = int(unit.ends(last).sum()), unit.rows
    held = list(_scales(unit, _KINDS[kind % len(_KINDS)], shape, rng))
    if unit.zero:
        held.append(anything(unit.zero, shape, rng))
    return trial(unit, codes, dict(zip(unit.held, held, strict=True)), last)


def _scales(
    unit: Dequantize, kind: str, shape: tuple[int, int], rng: np.random.Generator
) -> list[Array]:
    """Codes of every scale, ``shape`` each: any, usual ones, those that make results tiny or
    huge, specials."""
    found: list[Array] = []
    rest = np.ones(shape)
    for number, fmt in enumerate(unit.scales):
        if not isinstance(fmt, Minifloat) or kind == "any":
            codes = anything(fmt, shape, rng)
        elif kind == "special":
            codes = rng.choice(special(fmt), shape)
        else:
            aimed = kind if number == len(unit.scales) - 1 else "usual"
            codes = fmt.encode(_aimed(unit, aimed, shape, rng) / rest, saturate=True)
        found.append(codes)
        value = np.abs(fmt.decode(codes))
        rest = rest * np.where(np.isfinite(value) & (value > 0), value, 1)
    return found


def _aimed(unit: Dequantize, kind: str, shape: tuple[int, int], rng: np.random.Generator) -> Array:
    """What scales together are, so that results are as ``kind`` has it."""
    size = 2.0 ** rng.uniform(-8, 0, shape)
    if kind in ("tiny", "huge") and isinstance(unit.result, Minifloat):
        top = np.frexp(float(max(unit.element.maximum, -unit.element.minimum)) or 1.0)[1]
        end = unit.result.lsb if kind == "tiny" else np.frexp(float(unit.result.maximum))[1]
        size = np.exp2(np.clip(rng.uniform(-6, 3, shape) + float(end) - float(top), -300, 300))
    signed = all(isinstance(fmt, Minifloat) and fmt.signed for fmt in unit.scales)
    return size * np.where(rng.random(shape) < 0.5 * signed, -1.0, 1.0)
