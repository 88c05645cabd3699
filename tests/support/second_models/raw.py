"""An exact dot product of any two element formats, with flags (``formats.md`` D1, item 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .elements import Element
from .sums import Codes


@dataclass(frozen=True)
class Raw:
    """``value`` counts NaN and infinity as zero; the flags say what was added beside it."""

    value: Fraction
    nan: bool
    positive: bool
    negative: bool


def result(weight: Codes, first: Element, activation: Codes, second: Element) -> list[list[Raw]]:
    """Rows × columns."""
    return [[_dot(w, first, a, second) for a in activation] for w in weight]


def _dot(w: Sequence[int], first: Element, a: Sequence[int], second: Element) -> Raw:
    products = [first.decode(x) * second.decode(y) for x, y in zip(w, a, strict=True)]
    infinite = {p.negative for p in products if p.special == "inf"}
    return Raw(
        sum((p.fraction for p in products), Fraction(0)),
        any(p.special == "nan" for p in products),
        False in infinite,
        True in infinite,
    )
