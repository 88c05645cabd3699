"""Input channels in another order: of matrices as they are packed, so that no hardware turns them.

A product does not change where both operands take their input channels in the same order: channels
of outliers may stand together (Atom, arXiv 2310.19102; RPTQ, arXiv 2304.01089), or those that share
a group (GPTQ's act-order).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .arrays import whole_numbers
from .description.operand import Span
from .errors import DesignError
from .tensor import Quantized

Array = npt.NDArray[Any]


def checked_order(order: npt.ArrayLike, count: int) -> Array:
    """``order`` as integers (count,). DesignError unless every input is there once."""
    found = whole_numbers(order, "order", 0, count - 1).astype(np.int64)
    if found.shape != (count,):
        raise DesignError(f"order must be a number for each of {count} inputs, got {found.shape}")
    seen = np.bincount(found, minlength=count)
    if (seen != 1).any():
        wrong = int(np.flatnonzero(seen != 1)[0])
        raise DesignError(f"order must hold every input once, it holds {wrong} {seen[wrong]} times")
    return found


def permuted(given: Quantized, order: npt.ArrayLike) -> Quantized:
    """The matrix whose input i is input ``order[i]`` of ``given``: activations go with it as
    ``x[:, order]``.

    Scales move with their groups. DesignError where ``order`` takes a group apart, or where only
    some elements are kept: such matrices are quantized in the wanted order.
    """
    wanted = checked_order(order, given.shape[1])
    if given.operand.structure is not None:
        raise DesignError(
            f"inputs of a sparse operand ({given.operand.structure}) keep their windows: permute "
            "the matrix before it is pruned"
        )
    codes = {name: np.asarray(array)[:, wanted] for name, array in given.codes.items()}
    scales = {
        level.name: _moved(np.asarray(given.scales[level.name]), level.span, wanted, level.name)
        for level in given.operand.levels
    }
    select, chosen = given.select, given.operand.select
    if select is not None and chosen is not None:
        select = _moved(np.asarray(select), chosen.span, wanted, "select")
    return replace(given, codes=codes, scales=scales, select=select)


def inverse(order: npt.ArrayLike) -> Array:
    """The order that undoes ``order``."""
    found = checked_order(order, np.size(order))
    back = np.empty_like(found)
    back[found] = np.arange(len(found))
    return back


def _moved(array: Array, span: Span, order: Array, name: str) -> Array:
    """A level's scales, where groups stay whole."""
    if span.columns is None:
        return array
    size, count = span.columns, len(order)
    groups = order // size
    places = np.arange(count) // size
    first = groups[::size]
    if wrong := np.flatnonzero(groups != first[places]).tolist():
        place = int(places[wrong[0]])
        raise DesignError(
            f"order must keep the inputs of a group together: {name} has groups of {size}, and "
            f"group {place} would hold inputs {order[place * size]} and {order[wrong[0]]}; "
            "quantize the matrix in this order"
        )
    # A last group of fewer inputs would become another's length.
    if count % size and first[-1] != count // size:
        raise DesignError(
            f"order must leave the last group of {name}, which has {count % size} inputs, in place"
        )
    return np.asarray(array[:, first])
