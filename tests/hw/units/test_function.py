"""Functions of one value in hardware: bit for bit, all codes, under stalls, at full rate."""

from dataclasses import replace

import numpy as np
import pytest
from macsmith.golden.description import Target
from macsmith.golden.errors import Mismatch
from macsmith.golden.streams import Beats
from macsmith.golden.units import FunctionOfOne
from macsmith.hw.text.emit import emit
from macsmith.hw.units.function_lines import Words
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import harness
from macsmith.sim.streams import Simulator

from macsmith import lookup


def unit(function, form, **given):
    return FunctionOfOne(name=f"{function}_{form}", function=function, format=lookup(form), **given)


UNITS = [
    unit("silu", "bf16"),
    unit("gelu", "fp16", lanes=1, error=90),
    unit("gelu_tanh", "bf16", lanes=2, rows=2, error=99),
    unit("gelu_quick", "fp16", lanes=3, table="block"),
    unit("sigmoid", "bf16", lanes=2, error=51),
    unit("tanh", "fp16", lanes=2),
    unit("exp", "bf16", lanes=2, table="block"),
    unit("exp", "fp16", lanes=1),
    unit("reciprocal", "bf16", lanes=2),
    unit("reciprocal", "fp16", lanes=2),
    unit("silu", "e6m9_ieee", lanes=1),
]

#: Beats of a trial.
BEATS = 8
#: And the same with other ports, and with products in DSP blocks.
DESIGNS = [
    *UNITS,
    replace(UNITS[0], name="axis", build=Target(interface="axis")),
    replace(UNITS[5], name="dsp", build=Target(policy="dsp")),
]


def all_codes(unit):
    """Every code once, in trials of as many beats as the unit's own."""
    codes = np.arange(1 << unit.format.bits, dtype=unit.format.dtype)
    count = unit.rows * unit.lanes
    codes = np.resize(codes, -(-len(codes) // (BEATS * count)) * BEATS * count)
    last = np.arange(BEATS) == BEATS - 1
    return [{"values": Beats((part,), (None,), last)} for part in codes.reshape(-1, BEATS, count)]


@pytest.mark.often(6)
@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(DESIGNS)))
def test_every_result_equals_the_golden_model_whoever_stalls(checked, index):
    checked(index)


@pytest.mark.often(6)
@pytest.mark.parametrize("number", range(len(UNITS)))
def test_all_codes_give_what_the_golden_model_says_a_beat_a_cycle(number):
    emitted = emit(UNITS[number])
    trials = harness(emitted.hardware)._answered(all_codes(UNITS[number]))
    batch = run_batch(emitted, trials, simulator=Simulator(emitted)).check()
    assert batch.results == len(trials) * BEATS * UNITS[number].rows * UNITS[number].lanes
    assert batch.cycles == batch.expected_cycles


def test_a_line_that_is_wrong_by_one_is_found(monkeypatch):
    def broken(self):
        found = values.fget(self)
        found[7] ^= 1 << self.exponent + 2
        return found

    values = Words.values
    monkeypatch.setattr(Words, "values", property(broken))
    made = replace(UNITS[5], name="broken", lanes=1)
    emitted = emit(made)
    with pytest.raises(Mismatch):
        run_batch(emitted, harness(emitted.hardware)._answered(all_codes(made))).check()
