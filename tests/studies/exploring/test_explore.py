"""Explorations, with costs that are made up where any are counted."""

import csv
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from macsmith.boards import lookup
from macsmith.golden.errors import DesignError
from macsmith.studies.accuracy import accuracy, drawn
from macsmith.studies.exploring import explore as module
from macsmith.studies.exploring.explore import Space, explore
from macsmith.studies.exploring.page import page
from macsmith.studies.exploring.splits import splits
from macsmith.studies.exploring.tables import as_csv, notes, to_dict

SPACE = Space(
    lookup("u280"), macs=16, k=256, bits=(4,), activations=("itself", "int8"),
    schemes=("row", "ue4m3-16"),
)  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return explore(SPACE)


def test_a_front_is_what_nothing_beats(found):
    """By comparing each with each, dB to a tenth."""
    assert len(found.every) == 16 and not found.refused
    for data in found.data:
        points = [(item.cost, round(item.lost[data.name], 1)) for item in found.every]
        best = [
            item
            for item, (cost, db) in zip(found.every, points, strict=True)
            if not any((c <= cost and d > db) or (c < cost and d >= db) for c, d in points)
        ]
        assert sorted(best, key=lambda item: item.cost) == found.fronts[data.name]


def test_losses_are_those_of_the_golden_model(found):
    """Products of quantized numbers in float64, against hardware's sums, to a hundredth of a dB."""
    for one in drawn(SPACE.k, 1):
        for item in found.every[::3]:
            golden = accuracy(item.candidate.engine, one).product
            assert abs(item.lost[one.name] - golden) < 0.01


def test_splits_lose_least_of_their_width(found):
    for one in splits(found):
        own = [e for e in found.every if e.choice.weight == e.choice.activation]
        most = max(round(e.lost[one.data], 1) for e in own)
        assert round(one.best.lost[one.data], 1) == most
        assert one.integer.choice.weight == "int4"


def test_a_budget_leaves_out_what_costs_more(found):
    costs = sorted(item.cost for item in found.every)
    fewer = explore(replace(SPACE, budget=costs[5]))
    assert sorted(item.cost for item in fewer.every) == costs[:6] and fewer.over == 10
    assert "10 designs are over the budget" in " ".join(notes(fewer))


def test_synthesis_goes_to_the_fronts(monkeypatch):
    """Half of what is left each time, never one twice; counted costs replace those foreseen."""
    asked = []

    def counted(engine, board, progress):
        assert engine not in asked
        asked.append(engine)
        resources = {"sites": 1000.0 + len(asked), "dsp": 0.0}
        return SimpleNamespace(cost=SimpleNamespace(resources=resources))

    monkeypatch.setattr(module, "cost", counted)
    found = explore(SPACE, syntheses=5)
    counts = sorted(item.cost for item in found.every if item.report is not None)
    assert 0 < len(asked) <= 5 and counts == [1001.0 + n for n in range(len(asked))]
    left = [item for item in found.best if item.report is None]
    assert not left or len(asked) == 5
    assert f"{len(asked)} were synthesized" in " ".join(notes(found))


def test_what_is_told_is_the_same_everywhere(found):
    told = to_dict(found)
    assert len(told["designs"]) == 16 and told["macs_per_cycle"] == 16
    rows = list(csv.DictReader(as_csv(found).splitlines()))
    assert sorted(float(r["cost"]) for r in rows) == sorted(d["cost"] for d in told["designs"])
    for name, items in found.fronts.items():
        assert told["fronts"][name] == [item.candidate.words for item in items]
    html = page(found)
    inside = html.split('id="exploration">')[1].split("</script>")[0]
    assert json.loads(inside) == json.loads(json.dumps(told))
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")


def test_what_cannot_be_built_is_counted():
    with pytest.raises(DesignError, match=r"none of the 8 designs .* of the group N .*\(8 ×\)"):
        explore(replace(SPACE, activations=("int8", "e4m3"), schemes=("ue4m3-16",), k=250))
    wide = explore(replace(SPACE, bits=(8,), activations=("itself",), schemes=("row",)))
    assert sum(wide.refused.values()) + len(wide.every) == 8 and wide.refused


def test_own_data_stand_beside(tmp_path):
    from macsmith.studies.given import given

    np.save(tmp_path / "x.npy", np.random.default_rng(1).laplace(size=(4, 64)))
    own = given(tmp_path / "x.npy", None, None)
    found = explore(replace(SPACE, schemes=("row",), activations=("int8",)), own=own)
    assert set(found.fronts) == {"gaussian", "student_t", "own"} and found.fronts["own"]
