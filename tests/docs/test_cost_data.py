"""The set of costs grows: what was counted of the same hardware is not counted again."""

import json

import cost_data
import pytest
from macsmith.boards import fitted, lookup
from macsmith.hw.text.emit import emit
from macsmith.studies.sweeping.grid import Point
from macsmith.studies.sweeping.store import COUNTED, Store
from macsmith.studies.sweeping.worker import digest

from macsmith import design
from macsmith.designs import Options

SHAPE = (("cols", 1), ("lanes", 1), ("policy", "lut"), ("rows", 1))


@pytest.fixture
def point(monkeypatch, tmp_path):
    """The only engine of a grid, of which no table has anything; yosys may not run."""

    def forbidden(*_):
        raise AssertionError("yosys ran")

    made = Point("int4xint8", "u280", SHAPE)
    monkeypatch.setattr(cost_data, "ordered", lambda *_: [made])
    monkeypatch.setattr(cost_data, "TABLE", tmp_path / "none.parquet")
    monkeypatch.setattr(cost_data, "_synthesized", forbidden)
    return made


def kept(folder, point, **changed):
    """A store with a row under the name that other sources gave it."""
    made = fitted(design(point.design, Options(**dict(point.options))), lookup(point.board))
    row = {
        "design": point.design,
        "board": point.board,
        **dict(point.options),
        "status": COUNTED,
        "sites": 31.0,
        "hardware": digest(emit(made)),
        "yosys": cost_data.yosys.version(),
        "analysis": cost_data.ANALYSIS,
        **changed,
    }
    store = Store(folder)
    (folder / "rows" / "0.json").write_text(json.dumps(row), encoding="utf-8")
    (folder / "rows" / "1.json").write_text("damaged", encoding="utf-8")
    return store


def test_rows_of_other_sources_serve_where_the_hardware_is_the_same(point, tmp_path):
    store = kept(tmp_path, point)
    cost_data.count(1, store)
    assert store.get(point)["sites"] == 31


@pytest.mark.parametrize(
    "changed", [{"hardware": "0"}, {"yosys": "0.1"}, {"analysis": "0"}, {"board": "u250"}]
)
def test_rows_of_other_hardware_or_another_way_to_count_do_not(point, tmp_path, changed):
    with pytest.raises(AssertionError, match="yosys ran"):
        cost_data.count(1, kept(tmp_path, point, **changed))
