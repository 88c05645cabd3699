"""Transforms with a small matrix or with random signs in hardware: bit for bit under stalls."""

import pytest
from macsmith.golden.description import Chain
from macsmith.golden.errors import DesignError
from macsmith.golden.units import Hadamard
from macsmith.hw.catalogue import hardware
from macsmith.hw.text.emit import emit
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import harness
from macsmith.sim.streams import Simulator

from macsmith import design, lookup

BF16 = lookup("bf16")


def unit(name, **given):
    return Hadamard(name=name, **given)


DESIGNS = [
    unit("twelve", points=48, signs=9),
    unit("twenty", points=80, lanes=2, vectors=2, format=lookup("int4")),
    unit("twenty_eight", points=28, lanes=1, format=lookup("int3")),
    unit("twelve_floats", points=24, lanes=2, format=BF16, sums=BF16, signs=2),
    unit("signs", points=64, signs=5, lanes=8),
    unit("signs_in_a_beat", points=16, signs=3, lanes=16, format=BF16, sums=BF16),
]


@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(DESIGNS)))
def test_every_result_equals_the_golden_model_whoever_stalls(checked, index):
    checked(index)


def test_it_takes_a_beat_a_cycle_and_the_latency_once():
    emitted = emit(DESIGNS[0])
    machine, tried = Simulator(emitted), harness(emitted.hardware)
    batch = run_batch(emitted, tried.stimuli(12, 1), simulator=machine).check()
    assert batch.cycles == batch.expected_cycles


def test_a_line_longer_than_shift_registers_is_a_memory():
    """Pairs 512 beats apart: 1,024 points, one a beat."""
    emitted = emit(unit("long", points=1024, lanes=1, format=lookup("int3")))
    assert "memory" in emitted.rtlil
    run_batch(emitted, harness(emitted.hardware).stimuli(2, 1)).check()


def test_a_reduction_that_blocks_do_not_divide_is_refused_in_a_line():
    turned = unit("turned", points=48, lanes=4, vectors=4)
    chain = Chain(name="c", parts=(turned, design("int4xint14")), lengths=(64,))
    with pytest.raises(DesignError, match="must be a multiple of the 48 elements .* got 64"):
        hardware(chain)
