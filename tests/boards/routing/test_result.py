"""What a router's report says: the slowest path from edge to edge, and the median over seeds."""

from dataclasses import replace

import pytest
from macsmith.boards.routing.result import Path, Routed, Run, slowest


def step(kind, delay, source, target):
    return {"type": kind, "delay": delay, "from": {"cell": source}, "to": {"cell": target}}


REPORT = {
    "fmax": {"clk": {"achieved": 125.0, "constraint": 400}},
    "critical_paths": [
        {
            "from": "<async>",
            "to": "posedge clk",
            "path": [step("routing", 20.0, "pin", "drive_a_0")],
        },
        {
            "from": "posedge clk",
            "to": "posedge clk",
            "path": [
                step("clk-to-q", 0.5, "core.a", "core.a"),
                step("routing", 2.5, "core.a", "core.sum"),
                step("logic", 1.0, "core.sum", "core.sum"),
                step("routing", 3.5, "core.sum", "catch_y_0"),
                step("setup", 0.5, "catch_y_0", "catch_y_0"),
            ],
        },
        {"from": "posedge clk", "to": "<async>", "path": [step("routing", 30.0, "fold", "pin")]},
    ],
}


def test_paths_to_pins_do_not_count():
    fmax, path = slowest(REPORT)
    assert fmax == 125.0
    assert path == Path("core.a", "catch_y_0", 2.0, 6.0)
    assert 1000 / (path.logic + path.routing) == fmax


@pytest.mark.parametrize(
    ("source", "target", "where"),
    [
        ("core.a", "core.b", "within the core"),
        ("drive_a_0", "core.b", "from the harness to the core"),
        ("core.a", "catch_y_0", "from the core to the harness"),
        ("drive_a_0", "drive_a_1", "within the harness"),
    ],
)
def test_where_a_path_is(source, target, where):
    assert Path(source, target, 1, 1).where == where


def routed(*fmax):
    path = Path("core.a", "core.b", 1.25, 2.25)
    used = {"core": {"sites": 90, "ff": 7}, "harness": {"sites": 6}, "router": {"sites": 4}}
    runs = tuple(Run(seed, value, path) for seed, value in enumerate(fmax, 1))
    return Routed(runs, used, {"sites": 1000}, "routed/harness.bit", {}, {"nextpnr-ecp5": "0"})


def test_the_median_the_spread_and_whose_the_cells_are():
    found = routed(100, 140, 90, 101)
    assert found.fmax == 100.5 and found.spread == (90, 140) and found.fastest.seed == 2
    assert found.lines() == [
        "routed at 100.5 MHz, median of 4 seeds (90.0 to 140.0)",
        "slowest path of seed 2: within the core, 1.2 ns in cells and 2.2 ns in wires",
        "routed utilization: 90 sites + 6 of the harness + 4 of the router (10.0%), 7 ff",
        "bitstream of seed 2: routed/harness.bit, with pins that the router chose: not for a board",
    ]
    told = found.to_dict()
    assert told["fmax_mhz"] == {"median": 100.5, "slowest": 90, "fastest": 140}
    assert told["used"]["whole"] == {"sites": 100, "ff": 7}
    assert [run["seed"] for run in told["runs"]] == [1, 2, 3, 4]
    assert told["runs"][0]["path"]["where"] == "within the core"


def test_what_the_router_has_no_delays_for_is_told_below_the_frequency():
    found = replace(routed(100), untimed=("paths through DSP blocks", "paths through RAMs"))
    first, second, *_ = found.lines()
    assert first.startswith("routed at 100.0 MHz")
    assert second == (
        "left out of the frequency, as the router knows no delays there: paths through DSP blocks, "
        "paths through RAMs"
    )
    assert found.to_dict()["untimed"] == [*found.untimed] and routed(100).to_dict()["untimed"] == []


def test_one_seed_has_no_spread():
    assert routed(77.7).lines()[0] == "routed at 77.7 MHz, seed 1"
