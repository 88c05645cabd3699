"""Classes of roundings, against values written down by hand."""

import numpy as np
import pytest
from macsmith.golden import fp
from macsmith.sim.classes import CLASSES, counted, met

from macsmith import lookup

#: format, value, its classes.
VALUES = [
    ("fp32", 1 + 2**-24, {"tie to even below"}),
    ("fp32", 1 + 3 * 2**-24, {"tie to even above"}),
    ("fp32", 1 + 2**-24 + 2**-40, {"just above a tie"}),
    ("fp32", 1 + 2**-24 - 2**-40, {"just below a tie"}),
    ("fp32", 1 + 2**-26, set()),
    ("fp32", 1 + 2**-23, {"exact", "odd"}),
    ("fp32", 1 + 2**-22, {"exact"}),
    ("fp32", 1.5, set()),
    ("fp32", 2 - 2**-26, {"carry"}),
    ("fp32", 2.0**-149, {"subnormal"}),
    ("fp32", -3 * 2.0**-150, {"inexact subnormal", "subnormal tie"}),
    ("fp32", 1.3 * 2.0**-140, {"inexact subnormal"}),
    ("fp32", 2.0**-150, {"subnormal tie", "underflow"}),
    ("fp32", 2.0**-160, {"underflow"}),
    ("fp32", 2.0**-126 - 2.0**-152, {"least normal"}),
    ("fp32", 2.0**128 - 2.0**104, {"greatest", "exact", "odd"}),
    ("fp32", 2.0**128 - 2.0**103, {"overflow", "least overflow"}),
    ("fp32", -(2.0**129), {"overflow"}),
    ("fp32", 0.0, {"zero"}),
    ("fp32", np.nan, set()),
    ("fp32", -np.inf, set()),
    ("bf16", 1 + 2**-8, {"tie to even below"}),
    ("fp16", 2.0**-25, {"subnormal tie", "underflow"}),
    ("int8", 2.5, {"tie to even below"}),
    ("int8", -5.5, {"tie to even above"}),
    ("int8", 3.0, {"exact", "odd"}),
    ("int8", -128.0, {"greatest"}),
    ("int8", 127.5, {"overflow", "least overflow"}),
    ("int8", -1000.0, {"overflow"}),
    ("e4m3", 448.0, {"greatest", "exact"}),
    ("e4m3", 464.0, {"greatest", "tie to even below"}),
    ("e4m3", 465.0, {"overflow", "least overflow"}),
]


@pytest.mark.parametrize("name, value, wanted", VALUES)
def test_the_classes_of_a_value(name, value, wanted):
    found = met("sum", lookup(name), np.asarray([value]))
    assert set(found) == set(CLASSES)
    assert {name for name, marks in found.items() if marks[0]} == wanted


def test_a_watcher_counts_and_leaves():
    fmt, values = lookup("fp32"), np.asarray([[1 + 2**-24, 1.5], [2.0**-149, 0.0]])
    result, counts = counted(lambda: fp.rounded(fmt, values))
    assert result.tolist() == [[1, 1.5], [2.0**-149, 0]]
    wanted = {"tie to even below": 1, "subnormal": 1, "zero": 1}
    assert counts == {("sum", name, 0): many for name, many in wanted.items()}
    fp.rounded(fmt, values)
    assert sum(counts.values()) == 3


def test_units_are_told_apart():
    """Two units take four results in turn, row by row."""
    values = np.asarray([[2.0**-149, 0.0], [2.0**-148, 0.0]])
    _, counts = counted(lambda: fp.rounded(lookup("fp32"), values), 2)
    assert counts == {("sum", "subnormal", 0): 2, ("sum", "zero", 1): 2}
