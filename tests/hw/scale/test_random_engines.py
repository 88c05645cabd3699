"""Whatever is described either says in one line what cannot be built, or its hardware is right."""

import collections

import pytest
from descriptions import arithmetics
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from macsmith.golden import Build, DesignError, Engine
from macsmith.hw.engine.planner import plan
from macsmith.sim.stimuli import tiles
from simulate import simulate

LANES = 4
SHAPES = ((1, 1), (2, 2), (3, 1), (1, 4), (2, 3))

counts: collections.Counter = collections.Counter()


def attempt(data, shape, seed):
    """Build and run one engine of a random description; why not, if it was refused."""
    try:
        build = Build(*shape, LANES)
        engine = Engine("x", (data.draw(arithmetics(LANES)),), build)
        planned = plan(engine)
        sent = tiles(engine, 4, seed, 32)
    except DesignError as error:
        assert "\n" not in str(error) and len(str(error)) > 20
        counts[str(error)[:40]] += 1
        return
    counts["built"] += 1
    stalls = ((0.0, 0.0), (0.4, 0.0), (0.0, 0.5), (0.3, 0.3))[seed % 4]
    run = simulate(engine, sent, idle=stalls[0], stall=stalls[1], seed=seed)
    assert run.found == run.wanted
    if stalls == (0.0, 0.0):
        assert run.latency == planned.latency


draws = given(data=st.data(), shape=st.sampled_from(SHAPES), seed=st.integers(0, 1 << 30))
usual = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.mark.cases(0)
@draws
@settings(usual, max_examples=40)
def test_a_random_engine(data, shape, seed):
    attempt(data, shape, seed)


@pytest.mark.slow
@draws
@settings(usual, max_examples=1000)
def test_many_random_engines(data, shape, seed):
    attempt(data, shape, seed)
