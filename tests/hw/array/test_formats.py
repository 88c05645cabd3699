"""Engines of every family of element formats, and run-time selection among tables."""

from dataclasses import replace

import numpy as np
import pytest
from macsmith.golden import DesignError, Select, group
from macsmith.hw.engine.planner import plan
from macsmith.hw.plan.streams import streams
from macsmith.sim.stimuli import tiles
from simulate import simulate

from macsmith import Options, design

FAMILIES = [
    "posit8_0",
    "posit4_1",
    "bipolar4xint4",
    "denseshift3xint8",
    "iq4_nlxe2m1",
    "int2_abqxint4",
    "apot2x2xposit8_0",
    "lmul_e5m2",
]


def run(engine, count=4, seed=0):
    sent = tiles(engine, count, seed, 32)
    result = simulate(engine, sent, idle=0.3, stall=0.3, seed=seed)
    assert result.found == result.wanted
    return sent


def small(name, **options):
    return design(name, Options(rows=2, cols=2, k_max=256, **options))


@pytest.mark.parametrize("flow", ["broadcast", "systolic_os"])
@pytest.mark.parametrize("name", FAMILIES)
def test_engines_equal_the_golden_model(name, flow):
    run(small(name, flow=flow))


@pytest.mark.often(2)
@pytest.mark.parametrize("flow", ["broadcast", "systolic_os"])
@pytest.mark.parametrize("name", ["bitmod3", "bitmod4", "matquant"])
def test_the_table_is_chosen_at_run_time(name, flow):
    """The choice travels with the codes; all tables, or widths, occur."""
    engine = small(name, flow=flow)
    sent = run(engine, count=8 if name.startswith("bitmod") else 24)
    tables = np.concatenate([tile.weight.select.ravel() for tile in sent])
    assert set(tables.tolist()) == set(range(1 << engine.arithmetic.weight.select.width))


@pytest.mark.parametrize("accumulate", [{}, {"accumulate": "int12", "overflow": "saturate"}])
@pytest.mark.parametrize("flow", ["broadcast", "systolic_os"])
@pytest.mark.parametrize("side", ["weight", "activation"])
def test_a_selection_may_change_within_a_raw_sum(side, flow, accumulate):
    """The sum goes on: only scales close groups."""
    names = "bitmod4xint4" if side == "weight" else "int4xbitmod4"
    engine = small(names, flow=flow, **accumulate)
    arithmetic = engine.arithmetic
    operand = replace(getattr(arithmetic, side), select=Select(2, group(8)))
    engine = replace(engine, modes=(replace(arithmetic, **{side: operand}),))
    sent = run(engine, count=12)
    assert any(getattr(tile, side).select.shape[1] > 1 for tile in sent)


def test_a_selection_spans_whole_steps():
    engine = small("bitmod4xint4", lanes=4)
    operand = replace(engine.arithmetic.weight, select=Select(2, group(6)))
    with pytest.raises(DesignError, match="lanes must divide the 6 elements that share a select"):
        replace(engine, modes=(replace(engine.arithmetic, weight=operand),))


def test_selections_travel_with_the_codes():
    [weight, *_] = streams(plan(small("bitmod4", lanes=4)))
    assert [(f.name, f.kind, f.vectors, f.lanes, f.bits) for f in weight.fields] == [
        ("code", "codes", 2, 4, 4),
        ("select", "select", 2, 1, 2),
    ]
