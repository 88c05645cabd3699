"""Every line of the tables that our commands print is a design that can be made."""

from pathlib import Path
from runpy import run_path

import pytest
from macsmith.boards.catalogue import lookup
from macsmith.hw.planner import plan

DOCS = Path(__file__).parent.parent / "docs"
BLOCKS, ELEMENTS = (run_path(str(DOCS / name)) for name in ("blocks.py", "elements.py"))


@pytest.mark.parametrize("board, chosen, pairs", BLOCKS["TABLES"])
def test_dsp_blocks(board, chosen, pairs):
    for name in pairs:
        assert plan(BLOCKS["built"](name, lookup(board), chosen)).build.policy == "dsp"


@pytest.mark.parametrize("title", ELEMENTS["GROUPS"])
def test_processing_elements(title):
    for element in ELEMENTS["GROUPS"][title]:
        found = plan(ELEMENTS["built"](element))
        assert (found.rows, found.cols) == element.shape[:2]
