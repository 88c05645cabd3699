"""The golden model on beats gives what it gives on matrices, for all kinds of engines."""

import numpy as np
import pytest
from drawing import quantized
from macsmith.golden.answers import answered
from macsmith.golden.matrices import Matrices
from macsmith.golden.tiling import Tiling, sent
from macsmith.hw.engine.planner import plan
from macsmith.hw.plan.streams import streams
from macsmith.sim.stimuli import tiles

from macsmith import Options, design, matmul
from macsmith.designs import presets

OTHERS = {
    "starts from a number": ("int8xint8", {"initial": "int16", "rows": 2, "cols": 3}),
    "sparse": ("int4xint8", {"sparse": "2:4", "rows": 2, "lanes": 8}),
    "weights stay": ("int8xint8", {"flow": "weight_stationary", "policy": "dsp", "rows": 2}),
    "a bias": ("w8a8", {"bias": "fp16", "rows": 2, "cols": 3}),
    "several outputs": ("ifairy", {"rows": 2, "cols": 3}),
    "flags": ("e5m2xe4m3", {"rows": 2, "cols": 1}),
}


def check(engine):
    planned = plan(engine)
    ports, tiling = streams(planned), Tiling(engine)
    assert (tiling.rows, tiling.cols, tiling.stationary) == (
        planned.rows,
        planned.cols,
        planned.stationary,
    )
    assert tiling.group_steps == planned.group_steps
    for mode in range(len(engine.modes)):
        assert tiling.step_of(mode) == planned.step_of(mode)
    reductions = tiles(engine, 9, seed=2)
    *inputs, result = ports
    given = {stream.name: sent(stream, tiling, reductions) for stream in inputs}
    [(name, found)] = answered(engine, ports, given).items()
    wanted = sent(result, tiling, reductions)
    assert name == result.name and (found.last == wanted.last).all()
    for ours, theirs in zip(found.values, wanted.values, strict=True):
        assert (ours == theirs).all()
    for ours, theirs in zip(found.flags, wanted.flags, strict=True):
        assert (ours is None) == (theirs is None) and (ours is None or (ours == theirs).all())
    # What is not whole has no answer yet.
    last = {name: beats for name, beats in given.items() if name == "activation"}
    cut = {name: shortened(beats) for name, beats in last.items()}
    assert len(answered(engine, ports, given | cut)[name]) < len(wanted)


def shortened(beats):
    values = tuple(array[:-1] for array in beats.values)
    return type(beats)(values, beats.flags, beats.last[:-1])


@pytest.mark.parametrize("name", presets())
def test_presets(name):
    check(design(name))


@pytest.mark.parametrize("what", OTHERS)
def test_others(what):
    name, options = OTHERS[what]
    check(design(name, Options(**options)))


def test_a_reduction_that_ends_within_the_longer_of_two_groups():
    """Sums close every 16 elements, the gcd of 48 and 32; K = 80 is five of them."""
    engine = design("w4a8", Options(group=48, activation_group=32, rows=2, cols=3, partials=4,
                                    accumulate="fp32"))  # fmt: skip
    ports, tiling, rng = streams(plan(engine)), Tiling(engine), np.random.default_rng(3)
    sides = engine.arithmetic.weight, engine.arithmetic.activation
    w, a = (quantized(rng, s, "any", "tame", (n, 80)) for s, n in zip(sides, (2, 3), strict=True))
    wanted = matmul(engine, w, a)
    given = {
        stream.name: sent(stream, tiling, [Matrices(weight=w, activation=a)])
        for stream in ports
        if not stream.output
    }
    [found] = answered(engine, ports, given).values()
    assert (found.values[0].ravel() == wanted.values.ravel()).all()


def test_nothing_sent_is_nothing_answered():
    engine = design("int8xint8")
    ports = streams(plan(engine))
    empty = {
        stream.name: type(sent(stream, Tiling(engine), tiles(engine, 1, seed=1)))(
            tuple(np.zeros((0, field.count), np.int64) for field in stream.fields),
            tuple(None for _ in stream.fields),
            np.zeros(0, bool),
        )
        for stream in ports[:-1]
    }
    assert len(answered(engine, ports, empty)["result"]) == 0
