"""Sums that are exact within a group and added up in FP32 across groups: the groups of all rows and
columns at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..bounds import inner_range
from ..description import Arithmetic
from ..formats import lookup, single
from ..terms import Accumulator
from .scaled import Scaled
from .side import Side

Array = npt.NDArray[Any]

#: Results that are held at a time, of all groups together.
_HELD = 1 << 17


def fits(arithmetic: Arithmetic) -> bool:
    """Whether an arithmetic rounds sums of groups to FP32."""
    first, last = arithmetic.accumulate[0], arithmetic.accumulate[-1]
    return (
        len(arithmetic.accumulate) == 2
        and first.rule == "exact"
        and last.rule == "fp"
        and last.format == lookup("fp32")
        and arithmetic.group is not None
        and single.subnormals()
    )


def value(
    item: Accumulator, arithmetic: Arithmetic, weight: Side, activation: Side
) -> Array | None:
    """What :func:`macsmith.golden.float_sums.fp_sum` gives, or None where this way does not lead
    there: where an element or a scale is special, or where floats are too narrow."""
    group, span, terms = arithmetic.group, arithmetic.accumulate[0].span, []
    assert group is not None
    span = span or group
    for term in item.terms:
        inner_range(term, arithmetic)  # raises if too wide
        found = Scaled.of(term, group, span, weight, activation)
        if found is None:
            return None
        terms.append(found)
    n, m = weight.given.shape[0], activation.given.shape[0]
    count, step = terms[0].sums.count, max(1, _HELD // (n * m))
    partials = np.zeros((arithmetic.accumulate[-1].partials, n, m), np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        for begin in range(0, count, step):
            end = min(begin + step, count)
            addends = [term.rounded(begin, end) for term in terms]
            for place in range((end - begin) * len(terms)):
                slot = partials[(begin * len(terms) + place) % len(partials)]
                slot += addends[place % len(terms)][place // len(terms)]
        return _tree(list(partials)).astype(np.float64)


def _tree(sums: list[Array]) -> Array:
    """Neighbours are added up; an odd one is passed on."""
    while len(sums) > 1:
        pairs = [a + b for a, b in zip(sums[::2], sums[1::2], strict=False)]
        sums = pairs + sums[len(sums) - len(sums) % 2 :]
    return sums[0]
