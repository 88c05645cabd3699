"""Registers stand where they even out the levels, and results come after ``latency`` cycles."""

import numpy as np
import pytest
from macsmith.golden import DesignError, lookup
from macsmith.hw.fp import FloatAdd
from macsmith.hw.fp.normalise import reach, shift_levels
from macsmith.hw.fp.pipeline import place_registers


@pytest.mark.parametrize(
    "levels, stages, expected",
    [
        ([2, 3, 2], 0, set()),
        ([2, 3, 2], 1, {2}),
        ([2, 3, 2], 3, {0, 1, 2}),
        ([1, 1, 4, 1, 1], 3, {1, 2, 4}),
        ([5, 1, 1, 1], 2, {0, 3}),
    ],
)
def test_registers_even_out_the_levels(levels, stages, expected):
    assert place_registers(levels, stages) == expected


@pytest.mark.parametrize("stages", [-1, 4])
def test_too_many_stages_are_refused(stages):
    with pytest.raises(DesignError, match=f"stages must be 0 to 3, got {stages}"):
        place_registers([1, 1, 1], stages)


@pytest.mark.parametrize(
    "stages", [1, 7, *(pytest.param(n, marks=pytest.mark.slow) for n in (0, 2, 3, 4, 5, 6))]
)
def test_stops_change_nothing(run, reference, stages):
    fmt = lookup("bf16")
    unit = FloatAdd(fmt, fmt, fmt, stages=stages)
    assert unit.latency == stages
    codes = np.random.default_rng(1).integers(0, 1 << 16, (2, 5000))
    with np.errstate(invalid="ignore"):
        values = np.add(*map(fmt.decode, codes))
    for seed in (0, 1, 2):
        found = run({"unit": FloatAdd(fmt, fmt, fmt, stages=stages)}, *codes, seed=seed)["unit"]
        assert np.array_equal(found, reference.code(fmt, values))


@pytest.mark.parametrize("most", range(0, 130))
def test_levels_reach_every_shift(most):
    levels, distances = shift_levels(most), {0}
    for unit, ways in levels:
        distances = {d + unit * step for d in distances for step in range(ways)}
    assert distances == set(range(reach(levels) + 1))
    assert reach(levels) >= most
    assert not levels or levels[-1] == (1, 2)
