"""Elements with several tables: which one serves a block best."""

from __future__ import annotations

import numpy as np

from ..description import Operand, Plane
from ..errors import DesignError
from ..formats import Codebook, Rounding
from ..tensor import Quantized
from .fit import Task
from .scales import Array


def selected(x: Array, operand: Operand, plane: Plane, rounding: Rounding, rule: str) -> Quantized:
    """For each block the table with the least squared error; the first wins a tie."""
    assert operand.select is not None
    if not isinstance(plane.element, Codebook):
        raise DesignError("quantize selects among the tables of a codebook")
    if plane.scales and plane.scales[0].span != operand.select.span:
        raise DesignError("quantize selects tables that span what their first scale spans")
    element = plane.element
    tables = [
        Codebook(element.name, (table,), element.exponent, element.ties) for table in element.tables
    ]
    found = Task(x, plane, tables, operand.select.span, rounding).fit(rule)
    return Quantized(operand, {plane.code: found.codes}, found.scales, found.table.astype(np.uint8))
