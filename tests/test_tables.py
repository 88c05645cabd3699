"""Every line of the tables that our commands print is a design that can be made."""

from pathlib import Path
from runpy import run_path

import numpy as np
import pytest
from macsmith.boards.catalogue import lookup
from macsmith.hw.engine.planner import plan

DOCS = Path(__file__).parent.parent / "docs"
BLOCKS, ELEMENTS, RULES = (
    run_path(str(DOCS / name)) for name in ("blocks.py", "elements.py", "scale_rules.py")
)


@pytest.mark.parametrize("board, chosen, pairs", BLOCKS["TABLES"])
def test_dsp_blocks(board, chosen, pairs):
    for name in pairs:
        assert plan(BLOCKS["built"](name, lookup(board), chosen)).build.policy == "dsp"


@pytest.mark.parametrize("title", ELEMENTS["GROUPS"])
def test_processing_elements(title):
    for element in ELEMENTS["GROUPS"][title]:
        found = plan(ELEMENTS["built"](element))
        assert (found.rows, found.cols) == element.shape[:2]


#: Data, element, and what floor, even, ceil and rceil leave in dB: measured apart, of other values.
SQNR = [
    ("normal", "e4m3", (30.6, 31.2, 31.5, 31.5)),
    ("normal", "e2m1", (18.8, 19.0, 16.8, 18.8)),
    ("standard_t", "e2m1", (16.9, 17.1, 14.0, 16.4)),
]


@pytest.mark.parametrize("kind, element, wanted", SQNR)
def test_scale_rules(kind, element, wanted):
    rng = np.random.default_rng(7)
    x = rng.normal(size=(128, 1024)) if kind == "normal" else rng.standard_t(3, (128, 1024))
    found = [RULES["sqnr"](x, element, rule) for rule in RULES["POWERS"]]
    np.testing.assert_allclose(found, wanted, atol=0.1 if kind == "normal" else 0.3)


def test_the_table_of_scale_rules_marks_the_best():
    lines = RULES["table"](np.random.default_rng(1).normal(size=(8, 64))).splitlines()
    assert len(lines) == 2 + len(RULES["ELEMENTS"])
    for line in lines[2:]:
        cells = [cell.strip() for cell in line.split("|")[2:6]]
        most = max(float(cell.strip("*")) for cell in cells)
        assert all((float(cell.strip("*")) == most) == cell.startswith("**") for cell in cells)
