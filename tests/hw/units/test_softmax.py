"""Softmax in hardware: bit for bit, tokens of all lengths, under stalls."""

from dataclasses import replace

import pytest
from macsmith.golden.description import Target
from macsmith.golden.errors import Mismatch
from macsmith.golden.units import Softmax
from macsmith.hw.text.emit import emit
from macsmith.hw.units.softmax_parts import Power, signed_digits
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import harness
from macsmith.sim.streams import Simulator

from macsmith import lookup


def unit(name, **given):
    form = given.pop("format", "bf16")
    return Softmax(name=name, format=lookup(form), **given)


DESIGNS = [
    unit("bf16", token=32),
    unit("fp16", format="fp16", token=24, lanes=2, clip=16),
    unit("one_lane", token=5, lanes=1, clip=64),
    unit("one_beat", token=8, lanes=8, format="fp16"),
    unit("axis", token=6, lanes=3, build=Target(interface="axis")),
    unit("dsp", token=4, lanes=2, build=Target(policy="dsp")),
]


@pytest.mark.often(3)
@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(DESIGNS)))
def test_every_result_equals_the_golden_model_whoever_stalls(checked, index):
    checked(index)


@pytest.mark.parametrize("number", [0, 2])
def test_tokens_follow_each_other_without_a_pause(number):
    """Many take as many cycles as they have beats, and the way of the last one."""
    emitted = emit(DESIGNS[number])
    tried, machine = harness(emitted.hardware), Simulator(emitted)
    for count in (1, 3, 40):
        trials = tried._drawn(20, count)[:count]
        batch = run_batch(emitted, trials, simulator=machine).check()
        beats = sum(len(trial.beats["values"]) for trial in trials)
        assert beats < batch.cycles == batch.expected_cycles
        assert batch.cycles < beats + emitted.hardware.latency + DESIGNS[number].beats


@pytest.mark.parametrize("number", [1, 7, 378194, 3025551])
def test_signed_digits_are_a_number(number):
    found = signed_digits(number)
    assert sum(sign << place if sign > 0 else -(1 << place) for place, sign in found) == number
    places = [place for place, _ in found]
    assert all(a - b > 1 for a, b in zip(places, places[1:], strict=False))


def test_a_line_that_is_too_steep_is_found(monkeypatch):
    lines = DESIGNS[2].parts.powers
    steep = lines._replace(rises=tuple(rise - 9 for rise in lines.rises))
    made = replace(DESIGNS[2], name="broken")

    def broken(self, parts, *, stages=0, kept=Power.__init__):
        kept(self, parts, stages=stages)
        self.lines = steep

    monkeypatch.setattr(Power, "__init__", broken)
    emitted = emit(made)
    with pytest.raises(Mismatch):
        run_batch(emitted, harness(emitted.hardware)._drawn(10, 1)).check()
