"""How an arithmetic's planes and scales fall into sums: which products share an accumulator.

Products of two planes are sorted by the scales that still wait for them: an accumulator collects
what the same late scales multiply, a term what the same rounded group scales multiply, a part
what the same integer scales multiply.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .description.operand import Level

if TYPE_CHECKING:
    from .description import Arithmetic

#: (side, level): side 0 is the weight, 1 the activation.
Sided = tuple[int, Level]


@dataclass(frozen=True)
class Part:
    """Sum of ``sign * weight plane * activation plane`` over ``pairs``, times exact ``scales``."""

    scales: tuple[Sided, ...]
    pairs: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Term:
    """Sum of ``parts``, times the float ``scales`` of the group's end: one rounding each under
    fp."""

    scales: tuple[Sided, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Accumulator:
    """Sum over groups of ``terms``; times ``scales`` at the end, one after the other: the weight's
    levels as declared, then the activation's; added to output ``output``."""

    output: int
    scales: tuple[Sided, ...]
    terms: tuple[Term, ...]


def late(arithmetic: Arithmetic) -> bool:
    """Whether anything acts on the sums in the working format before the output's conversion."""
    # Several sums of one output differ in their late scales, so at least one of them has some.
    scaled = any(item.scales for item in accumulators(arithmetic))
    return scaled or arithmetic.output.bias is not None


def accumulators(arithmetic: Arithmetic) -> tuple[Accumulator, ...]:
    """The sums of ``arithmetic``, in the order of its outputs and planes."""
    found: dict[tuple[int, tuple[Sided, ...]], dict[tuple[Sided, ...], dict[tuple[Sided, ...], list[
        tuple[int, int, int]]]]] = {}  # fmt: skip
    for output, table in enumerate(arithmetic.combine):
        for i, signs in enumerate(table):
            for j, sign in enumerate(signs):
                if not sign:
                    continue
                levels = [(0, level) for level in arithmetic.weight.planes[i].scales]
                levels += [(1, level) for level in arithmetic.activation.planes[j].scales]
                end = tuple(s for s in levels if s[1].when == "end")
                now = [s for s in levels if s[1].when != "end"]
                exact = tuple(s for s in now if s[1].integer)
                rounded = tuple(s for s in now if not s[1].integer)
                terms = found.setdefault((output, end), {})
                terms.setdefault(rounded, {}).setdefault(exact, []).append((i, j, sign))
    return tuple(
        Accumulator(
            output,
            end,
            tuple(
                Term(rounded, tuple(Part(exact, tuple(pairs)) for exact, pairs in parts.items()))
                for rounded, parts in terms.items()
            ),
        )
        for (output, end), terms in found.items()
    )
