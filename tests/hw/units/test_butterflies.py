"""Butterflies in hardware: bit for bit under stalls, at full rate."""

import numpy as np
import pytest
from macsmith.golden.description import Target
from macsmith.golden.units import Butterflies
from macsmith.hw.text.emit import emit
from macsmith.hw.units.butterfly_flow import stages
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import harness
from macsmith.sim.streams import Simulator

from macsmith import lookup

INT6, INT8 = lookup("int6"), lookup("int8")


def unit(name, **given):
    return Butterflies(name=name, **given)


def data(points, parts, low, high):
    """Numbers of all matrices."""
    count = (points.bit_length() - 1) * points * 2 * parts
    return tuple(np.random.default_rng(3).integers(low, high + 1, count).tolist())


DESIGNS = [
    unit("fft", points=16, format=INT8, fraction=8, halved=True),
    unit("in_a_beat", points=8, lanes=8, kernel="ifft", format=INT6, fraction=6),
    unit("walsh", points=32, kernel="walsh", complex=False, lanes=2, vectors=2),
    unit("reals", points=8, kernel="data", complex=False, lanes=2, fraction=3, format=INT6,
         matrices=data(8, 1, -9, 9)),
    unit("complexes", points=8, kernel="data", lanes=1, fraction=2, format=INT6, vectors=2,
         matrices=data(8, 2, -3, 3)),
    unit("units", points=8, kernel="data", lanes=2, fraction=0, format=INT6,
         matrices=data(8, 2, -1, 1)),
    unit("blocks", points=8, format=INT6, fraction=6, build=Target(policy="dsp")),
]  # fmt: skip


@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(DESIGNS)))
def test_every_result_equals_the_golden_model_whoever_stalls(checked, index):
    checked(index)


def test_it_takes_a_beat_a_cycle_and_the_latency_once():
    emitted = emit(DESIGNS[0])
    machine, tried = Simulator(emitted), harness(emitted.hardware)
    batch = run_batch(emitted, tried.stimuli(12, 1), simulator=machine).check()
    assert batch.cycles == batch.expected_cycles


def test_an_fft_multiplies_once_where_its_twiddles_are_no_fourth_roots():
    """a ± b comes before the product; the last two stages have none."""
    plans = [stage.plan for stage in stages(unit("fft", points=16))]
    assert all(plan.joined for plan in plans)
    assert [plan.multiplier is not None for plan in plans] == [True, True, False, False]
