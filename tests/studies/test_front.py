"""The Pareto front, against its definition tried on every pair."""

import numpy as np
from macsmith.studies.front import front


def test_nothing_on_the_front_is_beaten_and_everything_else_is():
    rng = np.random.default_rng(1)
    for _ in range(200):
        points = [tuple(map(float, p)) for p in rng.integers(0, 6, (rng.integers(1, 9), 2))]
        best = front(points)
        for (cost, gain), on_it in zip(points, best, strict=True):
            cheaper = any(c < cost and g >= gain for c, g in points)
            better = any(c <= cost and g > gain for c, g in points)
            assert on_it == (not cheaper and not better)


def test_equals_stand_beside_each_other_and_what_is_unknown_nowhere():
    assert front([(1, 2), None, (1, 2), (2, 1)]) == [True, False, True, False]
    assert front([None, None]) == [False, False] and front([]) == []
