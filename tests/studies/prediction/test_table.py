"""Families are those of the engines that models are made of; pages say what the data have."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from macsmith.boards import lookup
from macsmith.boards.families import FAMILIES
from macsmith.golden.errors import DesignError
from macsmith.studies.prediction.data import FILE, read, samples
from macsmith.studies.prediction.features import NAMES
from macsmith.studies.prediction.foresee import built_for, foreseen, load
from macsmith.studies.prediction.table import table
from macsmith.studies.prediction.training import families

from macsmith import design

PAGE = Path(__file__).parents[3] / "docs" / "site" / "predict.md"


@pytest.fixture(scope="module")
def known():
    pytest.importorskip("pyarrow.parquet")
    rows = read()
    return rows, samples(rows)


def test_look_up_tables_are_large_or_small():
    """UltraScale+ and series 7 have LUT6, the others LUT4, whatever two of them make together."""
    inputs = {name: family.lut_inputs for name, family in FAMILIES.items()}
    assert inputs == {"xcup": 6, "xc7": 6, "ecp5": 4, "ice40": 4, "gowin": 4, "nexus": 4}


def test_kinds_and_places_by_hand():
    """Coefficients by the table's size and blocks, and the place among the models' families. An
    array without blocks is one of LUTs, whatever the policy allows."""
    rows = [
        dict.fromkeys(NAMES, 0.0) | {"dsp": dsp, "array_blocks": blocks}
        for dsp, blocks in ((0, 0), (1, 4), (1, 0))
    ]
    made = table(rows, ["ecp5", "xc7", "xc7"], [1, 1, 1], "array", ("xc7", "ecp5"))
    assert made.kinds.tolist() == [2, 1, 0]
    assert table(rows, ["xc7"] * 3, [1, 1, 1], "path", ("xc7",)).kinds.tolist() == [0, 1, 1]
    assert made.features[:, -1].tolist() == [1, 0, 0]
    with pytest.raises(DesignError, match="families xc7, ecp5, got one of xcup"):
        table(rows, ["xcup"] * 3, [1, 1, 1], "array", ("xc7", "ecp5"))


def test_models_know_the_families_that_were_counted(known):
    counts = Counter(sample.family for sample in known[1])
    assert set(load().families) == set(counts) == set(families(known[1]))
    assert np.diff([counts[name] for name in families(known[1])]).max(initial=0) <= 0
    engine = design("int4xint8")
    for name, board in (("xc7", "pynq-z2"), ("xcup", "u280"), ("gowin", "tang-nano-9k")):
        given = [built_for(engine, lookup(board))]
        if name in counts:
            assert foreseen(given, board)[0].sites > 0
            continue
        with pytest.raises(DesignError, match=f"got one of {name}"):
            foreseen(given, board)


def test_the_page_has_the_numbers_of_the_data(known):
    """docs/predictor.py writes them."""
    rows, engines = known
    text = PAGE.read_text(encoding="utf-8")
    [line] = re.findall(r"^\| rows \| (.*) \|$", text, re.M)
    counts = Counter(sample.family for sample in engines)
    assert line.startswith(f"{len(rows):,}; engines as the hardware is now: {len(engines):,}, ")
    for name, count in counts.items():
        assert f"{count:,} on {name}" in line
    assert f"{round(FILE.stat().st_size / 1000)} kB |" in text
    assert load().about["engines"] == len(engines)
