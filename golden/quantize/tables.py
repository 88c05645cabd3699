"""Elements with several tables: which one serves a block best."""

from __future__ import annotations

import numpy as np

from ..description import Operand, Plane
from ..errors import DesignError
from ..formats import Codebook, Rounding
from ..tensor import Quantized, spread
from .scales import Array, blocks, divide, ideal_scales, stored_scales


def selected(
    x: Array, operand: Operand, plane: Plane, rounding: Rounding, scale_rule: str | None
) -> Quantized:
    """For each block the table with the least squared error; the first wins a tie."""
    assert operand.select is not None
    if not isinstance(plane.element, Codebook):
        raise DesignError("quantize selects among the tables of a codebook")
    shape = operand.select.span.shape(*x.shape)
    if plane.scales and plane.scales[0].span != operand.select.span:
        raise DesignError("quantize selects tables that span what their first scale spans")
    tables = [
        Codebook(plane.element.name, (table,), plane.element.exponent, plane.element.ties)
        for table in plane.element.tables
    ]
    span = operand.select.span

    # Which table is best is judged with real-valued scales; these are then stored.
    chosen = np.zeros(shape, np.int64)
    best, ideal = np.full(shape, np.inf), np.ones(shape)
    for index, table in enumerate(tables):
        scale = ideal_scales(x, plane, table, scale_rule)
        wide = np.broadcast_to(spread(scale, x.shape), x.shape)
        ratio = np.divide(x, wide, out=np.zeros_like(x), where=wide != 0)
        error = np.square(blocks(table.decode(table.encode(ratio, rounding)) * wide - x, span))
        better = error.sum(axis=2) < best
        chosen, ideal = np.where(better, index, chosen), np.where(better, scale, ideal)
        best = np.minimum(best, error.sum(axis=2))

    scales = stored_scales(x, plane, ideal)
    ratio, picked = divide(x, plane, scales), spread(chosen, x.shape)
    codes = tables[0].encode(ratio, rounding)
    for index, table in enumerate(tables):
        codes = np.where(picked == index, table.encode(ratio, rounding), codes)
    return Quantized(operand, {plane.code: codes}, scales, chosen.astype(np.uint8))
