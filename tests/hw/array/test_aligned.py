"""Sums that align, against the golden model: zeros beside small and great numbers."""

import numpy as np
import pytest
from aligned_cases import CASES, MORE, codes
from macsmith.golden import Build, Engine, Stage, lookup, raw
from macsmith.golden.tensor import single
from macsmith.sim.stimuli import answered
from simulate import simulate

slow = [pytest.param(case, marks=pytest.mark.slow) for case in MORE]


def engine(case, lanes=2):
    weight, activation, accumulator, fraction, more, build = case
    stage = Stage("aligned", format=lookup(accumulator), fraction=fraction, terms=lanes)
    arithmetic = raw(weight, activation, accumulate=(stage,), **more)
    return Engine("x", (arithmetic,), Build(1, 1, lanes, **build))


def tiles(made, count, seed=3):
    """Reductions of two steps: the first adds to the accumulator's own zero."""
    rng = np.random.default_rng(seed)
    sides = made.arithmetic.weight, made.arithmetic.activation
    formats, shape = [side.planes[0].element for side in sides], (1, 2 * made.build.lanes)
    for _ in range(count):
        drawn = codes(rng, formats, shape)
        w, a = (single(side, found) for side, found in zip(sides, drawn, strict=True))
        yield answered(made, "zeros", w, a, rng)


@pytest.mark.parametrize("case", CASES + slow, ids=lambda c: "-".join(map(str, c[:4])))
def test_zeros_beside_small_and_great_numbers(case):
    made = engine(case)
    run = simulate(made, list(tiles(made, 40)))
    assert run.found == run.wanted
