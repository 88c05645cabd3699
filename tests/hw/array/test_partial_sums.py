"""Aligned sums in parts, against the golden model: every length of K, stalls, shapes, refusals."""

from dataclasses import replace

import numpy as np
import pytest
from aligned_cases import CASES, MORE, codes
from macsmith.golden import Build, DesignError, Engine, Stage, lookup, raw
from macsmith.golden.description import Level, Operand, Output, Plane
from macsmith.golden.description.operand import Span
from macsmith.golden.tensor import single
from macsmith.hw.engine.planner import plan
from macsmith.sim.stimuli import answered, tiles
from simulate import simulate

SYSTOLIC = {"flow": "systolic_os"}
FP32 = lookup("fp32")
slow = pytest.mark.slow


def engine(case, lanes=2, partials=17, shape=(1, 1)):
    weight, activation, accumulator, fraction, more, build = case
    stage = Stage("aligned", None, lookup(accumulator), partials, fraction, lanes)
    arithmetic = raw(weight, activation, lanes * 1024, accumulate=(stage,), **more)
    return Engine("x", (arithmetic,), Build(*shape, lanes, **build))


def lengths(partials):
    """Steps: one, fewer than parts, as many, one more, many."""
    return (1, 2, partials - 1, partials, partials + 1, 3 * partials + 2, 5)


def reductions(made, count, seed=3):
    """Zeros beside small and great numbers, in reductions of all lengths."""
    rng, stage = np.random.default_rng(seed), made.arithmetic.accumulate[0]
    sides = made.arithmetic.weight, made.arithmetic.activation
    formats = [side.planes[0].element for side in sides]
    for number in range(count):
        found = lengths(stage.partials)
        k = found[number % len(found)] * made.build.lanes
        many = made.build.rows, made.build.cols
        drawn = [next(draw) for draw in _sides(rng, formats, many, k)]
        w, a = (single(side, found) for side, found in zip(sides, drawn, strict=True))
        yield answered(made, "zeros", w, a, rng)


def _sides(rng, formats, many, k):
    """Codes of each side, vectors in turn."""
    drawn = [list(codes(rng, formats, (1, k))) for _ in range(max(many))]
    for side, count in enumerate(many):
        yield iter([np.concatenate([pair[side] for pair in drawn[:count]])])


@pytest.mark.parametrize(
    "case", [*CASES[1:3], *(pytest.param(case, marks=slow) for case in (*CASES, *MORE))],
    ids=lambda case: "-".join(map(str, case[:4])),
)  # fmt: skip
def test_every_length(case):
    made = engine(case)
    run = simulate(made, list(reductions(made, 14)))
    assert run.found == run.wanted
    assert run.latency == plan(made).latency


@slow
@pytest.mark.parametrize("case", CASES[:3], ids=lambda case: "-".join(map(str, case[:4])))
def test_stalls(case):
    made = engine(case)
    run = simulate(made, list(reductions(made, 14, 7)), idle=0.3, stall=0.6, seed=2)
    assert run.found == run.wanted


SHAPES = {
    "one lane": (CASES[0], 1, 13, (1, 1)),
    "five lanes, three rows": (CASES[2], 5, 16, (3, 1)),
    "a tile of blocks": (("int4", "bf16", "fp32", 24, {}, {"policy": "dsp"}), 4, 16, (4, 2)),
    "systolic": (("int4", "bf16", "fp32", 24, {}, SYSTOLIC), 2, 16, (3, 2)),
    "systolic blocks": (
        ("int4", "bf16", "fp32", 24, {}, SYSTOLIC | {"policy": "dsp"}), 2, 20, (4, 2),
    ),
    "most parts": (CASES[0], 2, 64, (2, 1)),
    "nine lanes": (("e5m2", "fp16", "fp32", 13, {}, {}), 9, 15, (1, 2)),
}  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [name if name == "systolic blocks" else pytest.param(name, marks=slow) for name in SHAPES],
)
def test_shapes(name):
    case, lanes, partials, shape = SHAPES[name]
    made = engine(case, lanes, partials, shape)
    sent = list(reductions(made, 7)) + tiles(made, 12, seed=4)
    run = simulate(made, sent, idle=0.2, stall=0.3)
    assert run.found == run.wanted


def grouped(shape=(2, 1), lanes=2, group=32, partials=16, **build):
    """Sums of groups, scaled and added in FP32."""
    inner = Stage("aligned", None, FP32, partials, 24, lanes)
    planes = [
        Plane(lookup(name), (Level(lookup("bf16"), Span(columns=group)),))
        for name in ("int4", "bf16")
    ]
    arithmetic = raw("int4", "bf16", 4 * group, output=Output(FP32))
    arithmetic = replace(
        arithmetic,
        weight=Operand(planes[:1]),
        activation=Operand(planes[1:]),
        accumulate=(inner, Stage("fp", format=FP32, partials=8)),
    )
    return Engine("x", (arithmetic,), Build(*shape, lanes, **build))


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(grouped(), id="as many as parts"),
        pytest.param(grouped(group=16), id="fewer", marks=slow),
        pytest.param(grouped(group=64, policy="dsp"), id="blocks", marks=slow),
        pytest.param(grouped((2, 2), 4, 128), id="several", marks=slow),
    ],
)
def test_groups(made):
    run = simulate(made, tiles(made, 10, seed=1), stall=0.3)
    assert run.found == run.wanted


def test_full_rate_from_the_length_that_it_says():
    made = engine(CASES[2], 2, 16, (3, 1))
    found = plan(made)
    steps = found.reduction_cycles
    assert steps == 3 * 16
    k = steps * made.build.lanes
    rng = np.random.default_rng(1)
    sides = made.arithmetic.weight, made.arithmetic.activation
    formats = [side.planes[0].element for side in sides]
    sent = []
    for _ in range(4):
        drawn = [next(draw) for draw in _sides(rng, formats, (3, 1), k)]
        w, a = (single(side, codes) for side, codes in zip(sides, drawn, strict=True))
        sent.append(answered(made, "zeros", w, a, rng))
    run = simulate(made, sent)
    assert run.found == run.wanted
    assert np.diff(run.given).tolist() == [steps] * 3


@pytest.mark.parametrize("partials", [2, 11])
def test_parts_that_a_sum_comes_back_to_too_soon(partials):
    with pytest.raises(DesignError) as error:
        plan(engine(CASES[2], 2, partials))
    needed = error.value.advised("partials")
    assert str(error.value) == (
        f"an aligned addition of x takes {needed} cycles: partials must be 1, for one cycle, or at "
        f"least {needed}, got {partials}; more change the order of additions: choose --partials "
        f"{needed} or 1"
    )
    plan(engine(CASES[2], 2, needed))
    with pytest.raises(DesignError):
        plan(engine(CASES[2], 2, needed - 1))


def test_groups_that_end_before_their_parts_are_joined():
    with pytest.raises(DesignError) as error:
        plan(grouped((4, 4), 2, 16, flow="systolic_os"))
    assert "with flow systolic_os, but groups end every 8" in str(error.value)
    assert error.value.advised("flow") == "broadcast"
