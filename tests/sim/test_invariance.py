"""One answer, to the bit, whatever the array: rows, columns, lanes, flow, datapath, policy."""

import warnings
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from descriptions import arithmetics
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from macsmith.golden.answers import by_row
from macsmith.golden.matmul import matmul
from macsmith.hw.catalogue import hardware
from macsmith.sim.matmul import engine_matmul
from macsmith.sim.stimuli import tiles, unit

from macsmith import Build, DesignError, Engine

#: Arrays that follow each other: whatever can be built of them.
BUILDS = [
    Build(1, 1, 4),
    Build(2, 3, 2, flow="systolic_os"),
    Build(3, 1, 1, policy="dsp"),
    Build(2, 2, 4, flow="weight_stationary"),
    Build(1, 2, 8, datapath="multiply"),
    Build(3, 2, 4, datapath="booth", pipeline=2),
    Build(1, 4, 2, flow="systolic_os", policy="dsp"),
    Build(2, 4, 2, results=2),
    Build(2, 1, 2, k_min=64),
]


def buildable(arithmetic, rng):
    """Engines of different arrays that can be built, in an order of their own."""
    for number in rng.permutation(len(BUILDS)).tolist():
        try:
            engine = Engine(f"invariant_{number}", (arithmetic,), BUILDS[number])
            hardware(engine)
        except DesignError:
            continue
        yield engine


def drawn(data):
    """A random arithmetic; None where it is refused."""
    try:
        # Scales that rows share are each row's own in a tile.
        alone = Engine("drawn", (data.draw(arithmetics(4)),), Build(1, 1, 1))
    except DesignError:
        return None
    return by_row(alone).arithmetic


def attempt(arithmetic, seed, arrays):
    """The same matrices through several arrays; whether there were several."""
    rng = np.random.default_rng(seed)
    found = list(islice(buildable(arithmetic, rng), arrays))
    if len(found) < 2:
        return False
    wide = replace(found[0], build=replace(found[0].build, rows=5, cols=3))
    whole = max(map(unit, found))
    [tile] = tiles(wide, 1, seed, longest=2 * whole)
    more = {} if tile.initial is None else {"initial": tile.initial}
    more |= {} if tile.bias is None else {"bias": tile.bias}
    results = []
    for engine in found:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            results.append(engine_matmul(engine, tile.weight, tile.activation, **more))
    results.append(matmul(found[0], tile.weight, tile.activation, **more))
    for other in results[1:]:
        np.testing.assert_array_equal(other.values, results[0].values)
        for flag in ("nan", "positive", "negative"):
            np.testing.assert_array_equal(
                getattr(other.flags, flag), getattr(results[0].flags, flag)
            )
    return True


def several(wanted, arrays, **how):
    """Draw arithmetics until so many went through several arrays."""
    ran = []

    @given(data=st.data(), seed=st.integers(0, 1 << 30))
    @settings(
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],  # a smaller example would take as long to compile
        max_examples=20 * wanted,
        **how,
    )
    def draw(data, seed):
        arithmetic = drawn(data)
        if arithmetic and len(ran) < wanted and attempt(arithmetic, seed, arrays):
            ran.append(seed)

    draw()
    assert len(ran) == wanted


def test_an_arithmetic_gives_the_same_on_every_array():
    several(2, 2, derandomize=True)


@pytest.mark.slow
def test_two_hundred_arithmetics_give_the_same_on_every_array():
    several(200, 3)
