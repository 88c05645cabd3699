"""How many scale units an array gets, and which sums each of them takes."""

import itertools

import pytest
from macsmith.golden import DesignError
from macsmith.hw.engine.planner import plan
from macsmith.hw.plan.sharing import ADDER_LOOP, sharing

from macsmith import Options, design

ARRAYS = list(itertools.product((1, 2, 3, 4, 6, 8, 16), repeat=2))


def shared(name, rows, cols, lanes, **more):
    engine = design(name, Options(rows=rows, cols=cols, lanes=lanes, **more))
    return sharing(plan(engine))


@pytest.mark.parametrize(("rows", "cols"), ARRAYS)
def test_every_sum_is_taken_once_and_row_by_row(rows, cols):
    for lanes in (4, 16, 64):
        found = shared("w4a8", rows, cols, lanes)
        walk = [
            found.slot(unit, outer, inner)
            for outer in range(found.outer)
            for inner in range(found.inner)
            for unit in range(found.units)
        ]
        assert walk == list(itertools.product(range(rows), range(cols)))


@pytest.mark.parametrize(("rows", "cols"), ARRAYS)
def test_as_few_units_as_keep_up(rows, cols):
    for lanes in (4, 16, 64):
        found, steps = shared("w4a8", rows, cols, lanes), 128 // lanes
        assert found.cycles <= steps or found.units == rows * cols
        for fewer in range(1, found.units):
            fits = cols % fewer == 0 or (fewer % cols == 0 and rows % (fewer // cols) == 0)
            assert not fits or rows * cols / fewer > steps


@pytest.mark.parametrize("results", [1, 2, 4])
@pytest.mark.parametrize(("rows", "cols"), [(1, 4), (3, 4), (2, 8), (16, 8)])
def test_results_that_leave_together_come_from_units_of_their_own(rows, cols, results):
    for lanes in (4, 64, 128):
        found = shared("w4a8", rows, cols, lanes, results=results)
        assert found.units % results == 0
        beats = [
            [found.slot(first + n, outer, inner) for n in range(results)]
            for outer in range(found.outer)
            for inner in range(found.inner)
            for first in range(0, found.units, results)
        ]
        whole = itertools.product(range(rows), range(0, cols, results))
        assert beats == [[(row, col + n) for n in range(results)] for row, col in whole]


def test_results_that_leave_all_at_once_are_not_counted_by_the_beat():
    with pytest.raises(DesignError, match="int4xint4.* gives all its results in one beat, got"):
        plan(design("int4xint4", Options(results=2)))


def test_the_pace_of_late_scales_follows_from_the_shortest_reduction():
    """16 results of K / 4 steps: an FP32 scale takes 14 cycles a result, an FP16 scale 7."""
    paces = {k: shared("w4a8", 4, 4, 4, k_min=k).pace for k in (1, 892, 896, 4096)}
    assert paces == {1: 1, 892: 1, 896: 14, 4096: 14}
    assert shared("w4a8", 8, 1, 16, k_min=1024).pace == 1  # 64 steps, 8 results
    assert shared("w4a8", 8, 1, 16, k_min=1792).pace == 14


def test_results_collected_at_a_pace_leave_in_the_time_of_the_shortest_reduction():
    for k in (512, 896, 960, 1024, 2048):
        made = plan(design("w4a8", Options(rows=4, cols=4, lanes=4, k_min=k)))
        assert made.path.shared.pace == 1 or made.reduction_cycles <= k // 4


def test_the_counts_of_the_design_note():
    """ceil(rows · cols · lanes / group) where that divides the array."""
    assert shared("w4a8", 4, 4, 4).units == 1
    assert shared("w4a8", 8, 8, 8).units == 4
    assert shared("nvfp4", 4, 4, 4).units == 4
    assert shared("w4a8", 16, 1, 32).units == 4


@pytest.mark.parametrize(
    ("name", "rows", "lanes", "every"),
    [  # a group of 32 every 32 / lanes steps, its sums in as many cycles as a unit has rows
        ("mxfp4", 1, 32, 1), ("mxfp4", 1, 16, 2), ("mxfp4", 1, 8, 4), ("mxfp4", 2, 16, 2),
        ("mxfp4", 3, 8, 4), ("mxfp4", 1, 4, 8),
        # Two addends every 128 / lanes steps.
        ("fdb", 1, 16, 4), ("fdb", 1, 32, 2), ("fdb", 1, 8, 8),
        # One, then two, every 256 / lanes steps, whatever smaller groups do.
        ("gguf_q6_k", 1, 16, 16), ("gguf_q4_k", 1, 16, 1), ("gguf_q4_k", 1, 8, 16),
    ],
)  # fmt: skip
def test_too_few_partial_sums_name_the_smallest_that_works(name, rows, lanes, every):
    needed, shape = -(-ADDER_LOOP // every), {"rows": rows, "cols": 1, "lanes": lanes}
    assert shared(name, **shape, partials=needed).partials == needed
    if needed > 1:
        wanted = (
            rf"every {every}: partials must be at least {needed}, got {needed - 1}; .*: "
            f"choose --partials {needed}"
        )
        with pytest.raises(DesignError, match=wanted):
            shared(name, **shape, partials=needed - 1)


def test_more_partial_sums_than_needed_are_fine():
    assert shared("mxfp4", 4, 4, 4, partials=5).partials == 5


def test_remarks_say_how_many_and_why():
    lines = " ".join(plan(design("mxfp4")).remarks)
    assert "2 scale units" in lines and "16 PEs" in lines and "8 steps" in lines
    assert plan(design("int4xint8")).remarks == ()
