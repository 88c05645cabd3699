"""Blocks times small matrices in hardware: bit for bit under stalls, at full rate."""

import numpy as np
import pytest
from macsmith.golden.description import Target
from macsmith.golden.units import BlockAffine
from macsmith.hw.text.emit import emit
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import harness
from macsmith.sim.streams import Simulator

from macsmith import lookup


def unit(name, **given):
    return BlockAffine(name=name, **given)


def matrix(points):
    return tuple(np.random.default_rng(3).integers(-20, 21, points**2).tolist())


DESIGNS = [
    unit("of_the_moment", points=8, lanes=2),
    unit("in_a_beat", points=4, lanes=4, format=lookup("int4")),
    unit("a_point_a_beat", points=4, lanes=1, format=lookup("int3"), entries=lookup("int5"),
         vectors=2),
    unit("constant", points=8, lanes=2, vectors=2, matrix=matrix(8)),
    unit("constant_in_a_beat", points=4, lanes=4, matrix=matrix(4)),
    unit("blocks", points=4, lanes=2, build=Target(policy="dsp")),
]  # fmt: skip


@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(DESIGNS)))
def test_every_result_equals_the_golden_model_whoever_stalls(checked, index):
    checked(index)


@pytest.mark.parametrize("index", [0, 3])
def test_it_takes_a_beat_a_cycle_and_the_latency_once(index):
    emitted = emit(DESIGNS[index])
    machine, tried = Simulator(emitted), harness(emitted.hardware)
    batch = run_batch(emitted, tried.stimuli(12, 1), simulator=machine).check()
    assert batch.cycles == batch.expected_cycles
