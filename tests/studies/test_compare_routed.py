"""A comparison with ``--route``: the same frequencies in every form, and nothing new without."""

import csv
import io
from dataclasses import replace

import pytest
from macsmith.boards.routing import Routed, Run, checked
from macsmith.boards.routing.result import Path
from macsmith.studies import compare as module
from macsmith.studies import tables
from macsmith.studies.columns import columns
from macsmith.studies.compare import compare
from macsmith.studies.page import page

from macsmith import DesignError
from macsmith.arguments.values import seeds as read

#: design → MHz of each seed; int8 is too large for the part.
MHZ = {"mxfp4": {1: 100.25, 2: 140.5, 3: 91}, "w4a8": {1: 300, 2: 310, 3: 305.125}}
NAMES = (*MHZ, "int8")
KEYS = ("routed_mhz", "routed_slowest_mhz", "routed_fastest_mhz")


def routing(costed, seen):
    """What the router says, made up; ``seen`` is told how often each design was asked for."""

    def cost(design, board, seeds=(), **_):
        name = next(name for name in NAMES if design.name.startswith(name))
        seen.append((name, seeds))
        if not seeds:
            return costed(design, board)
        if name == "int8":
            raise DesignError("LFE5U-85F-6BG381C of ulx3s-85 is too small: int8 is huge; choose")
        path = Path("core.a", "core.b", 1.0, 2.0)
        runs = tuple(Run(seed, MHZ[name][seed], path) for seed in seeds)
        used = dict.fromkeys(("core", "harness", "router"), {})
        tools = {"nextpnr-ecp5": "0.9", "options": "--85k", "analysis": "1"}
        return replace(costed(design, board), routed=Routed(runs, used, {}, None, {}, tools))

    return cost


@pytest.fixture
def seen(made_up, monkeypatch):
    """Calls for costs, which are made up from here on."""
    calls = []
    monkeypatch.setattr(module, "cost", routing(module.cost, calls))
    return calls


def compared(seeds, names=NAMES):
    return compare(names, "ulx3s-85", macs=16, policies=("lut",), scaling=False, seeds=seeds)


def test_every_form_has_the_median_and_json_the_spread(seen):
    found = compared((1, 2, 3))
    rows = tables.to_dict(found)["designs"]
    assert [tuple(row[key] for key in KEYS) for row in rows] == [
        (100.25, 91, 140.5), (305.12, 300, 310), (None, None, None),
    ]  # fmt: skip
    lines = list(csv.DictReader(io.StringIO(tables.as_csv(found))))
    assert [tuple(line[key] for key in KEYS) for line in lines] == [
        ("100.25", "91", "140.5"), ("305.12", "300", "310"), ("", "", ""),
    ]  # fmt: skip
    header, shown = tables.tables(found)[0]
    place = header.index("routed MHz")
    assert [row[place] for row in shown] == ["100.2", "305.1", "–"]
    [heading, _, *marked] = tables.as_markdown(found).splitlines()[2:7]
    place = heading.split(" | ").index("routed MHz")
    assert [line.split(" | ")[place] for line in marked] == ["100.2", "305.1", "–"]
    html = page(found)
    assert '<td data-value="305.12"><button type="button" title="macsmith synth w4a8 ' in html


def test_what_the_router_was_and_what_it_routed_is_said(seen):
    found = compared((1, 2, 3))
    assert tables.tools(found)["nextpnr-ecp5"] == "0.9 --85k"
    [line] = [line for line in tables.notes(found) if line.startswith("Routed MHz: ")]
    assert "the median of 3 seeds" in line
    [line] = [li for li in tables.notes(compared((2,), ["w4a8"])) if li.startswith("Routed MHz: ")]
    assert "harness of flip-flops, seed 2, as nextpnr says" in line


def test_a_design_that_its_part_does_not_hold_has_its_cost_and_the_reason(seen):
    found = compared((1, 2, 3))
    *_, row = tables.to_dict(found)["designs"]
    assert row["sites"] > 0 and "--route" not in row["commands"]["cost"]
    [line] = [line for line in found.warnings if "not routed" in line]
    assert line.startswith(
        "int8: not routed under policy lut: LFE5U-85F-6BG381C of ulx3s-85 is too small: int8 "
    )
    assert seen[-2:] == [("int8", (1, 2, 3)), ("int8", ())]


@pytest.mark.parametrize("seeds", [(1,), (1, 2, 3), (3,), (3, 1), (2, 3)])
def test_the_command_of_a_frequency_has_its_seeds(seen, seeds):
    [row] = tables.to_dict(compared(seeds, ["w4a8"]))["designs"]
    words = row["commands"]["cost"].split()
    assert "--route" in words and words[:2] == ["macsmith", "synth"]
    assert checked(read(words[words.index("--seeds") + 1])) == seeds


@pytest.mark.parametrize("how", [{}, {"seeds": (1,), "costs": False}])
def test_without_routing_nothing_is_new(seen, how):
    found = compare(["w4a8"], "ulx3s-85", macs=16, scaling=False, **how)
    assert not any(cell.key.startswith("routed") for cell in columns(found))
    forms = (tables.as_markdown(found), tables.as_csv(found), page(found), str(tables.notes(found)))
    assert not any("routed" in form or "--route" in form for form in forms)
    assert {seeds for _, seeds in seen} <= {()}


@pytest.mark.parametrize(
    ("board", "seeds", "message"),
    [
        ("u280", (1,), "no open router places the family xcup of u280; .*--board ulx3s-85"),
        ("ulx3s-85", (0,), "a seed is a number from 1"),
    ],
)
def test_what_cannot_be_routed_is_said_before_any_work(seen, monkeypatch, board, seeds, message):
    monkeypatch.setattr(module, "together", None)
    with pytest.raises(DesignError, match=message):
        compare(["w4a8"], board, macs=16, seeds=seeds)
    assert seen == []
