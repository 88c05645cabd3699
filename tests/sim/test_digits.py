"""Steps that take a cycle for each digit that some element has."""

import numpy as np
import pytest
from macsmith.golden.tensor import single
from macsmith.hw.datapaths.bit_serial import digits_of
from macsmith.hw.text.emit import emit
from macsmith.sim.batch import run_batch
from macsmith.sim.stimuli import answered
from macsmith.sim.streams import Simulator

from macsmith import Build, Engine, raw

#: Weights of a step, and how many digits -1…2 of magnitudes some of them has: counted by hand.
COUNTED = [
    ((0, 0, 0), 1),  # nothing to add takes a cycle too
    ((1, -1, 2), 1),
    ((-2, 2, 0), 1),
    ((3, 0, 0), 2),  # 4 - 1
    ((8, -8, 32), 2),  # 2·4; 2·16
    ((7, -6, 5), 2),
    ((16, 0, -16), 1),
    ((127, 0, 0), 2),  # 2·64 - 1
    ((-128, 64, 64), 1),
    ((85, 0, 0), 4),
    ((-128, 16, 4), 3),
    ((1, 4, 16), 3),
    ((64, 64, 0), 1),
]


def test_digits_are_minus_one_to_two_of_the_magnitude():
    values = np.arange(-(1 << 15), 1 << 15)
    digits = digits_of(values, 9)
    assert (digits @ 4 ** np.arange(9) == values).all()
    assert set((digits * np.sign(values)[:, None]).ravel()) == {-1, 0, 1, 2}
    assert digits_of(np.array([2, -2, 3, 127]), 4).tolist() == [
        *([2, 0, 0, 0], [-2, 0, 0, 0], [-1, 1, 0, 0], [-1, 0, 0, 2]),
    ]


@pytest.fixture(scope="module")
def machine():
    build = Build(1, 2, 3, datapath="bit_serial", digits="nonzero")
    return Simulator(emit(Engine("skipping", (raw("int8", "int8", 96),), build)))


def run(machine, steps):
    """A reduction of these steps, its activations random."""
    engine, rng = machine.emitted.engine, np.random.default_rng(1)
    weight = np.array(steps).reshape(1, -1) & 255
    activation = rng.integers(0, 256, (2, weight.shape[1]))
    operands = engine.arithmetic.weight, engine.arithmetic.activation
    sides = [single(o, c) for o, c in zip(operands, (weight, activation), strict=True)]
    tile = answered(engine, "steps", *sides, rng)
    batch = run_batch(machine.emitted, [tile], simulator=machine)
    assert not batch.report
    return batch.cycles


@pytest.mark.parametrize("weights, count", COUNTED)
def test_a_step_takes_a_cycle_for_each_digit_that_some_element_has(machine, weights, count):
    twice, once = (run(machine, [weights] * times) for times in (9, 8))
    assert twice - once == count


@pytest.mark.parametrize("bits, most", [(2, 1), (4, 2), (6, 3)])
def test_narrow_numbers_are_fast_in_wide_formats(machine, bits, most):
    every = np.arange(-(1 << bits - 1), (1 << bits - 1)).repeat(3)[: 3 * 32].reshape(-1, 3)
    assert run(machine, every) <= most * len(every) - 1 + machine.emitted.plan.latency


def test_steps_of_different_lengths_follow_each_other_without_a_pause(machine):
    steps, counts = zip(*COUNTED * 2, strict=True)
    assert run(machine, steps) == sum(counts) - 1 + machine.emitted.plan.latency
