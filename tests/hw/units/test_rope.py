"""Rotary position embedding in hardware: bit for bit under stalls, at full rate."""

from dataclasses import replace

import pytest
from macsmith.golden.description import Target
from macsmith.golden.errors import Mismatch
from macsmith.golden.units import Rope
from macsmith.hw.text.emit import emit
from macsmith.hw.units.rope import RopeElements
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import harness
from macsmith.sim.streams import Simulator

from macsmith import lookup


def unit(name, **given):
    formats = {key: lookup(given.pop(key)) for key in ("format", "angle") if key in given}
    return Rope(name=name, **given, **formats)


DESIGNS = [
    unit("bf16", lanes=4),
    unit("fp16", format="fp16", lanes=2, pairs="adjacent"),
    unit("bf16_by_fp16", angle="fp16", lanes=2, rows=2),
    unit("e4m3", format="e4m3", angle="bf16", lanes=2),
    unit("axis", lanes=2, build=Target(interface="axis")),
    unit("dsp", lanes=2, build=Target(policy="dsp")),
]


@pytest.mark.often(3)
@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(DESIGNS)))
def test_every_result_equals_the_golden_model_whoever_stalls(checked, index):
    checked(index)


@pytest.mark.parametrize("number", [0, 1])
def test_it_takes_a_beat_a_cycle_and_the_latency_once(number):
    emitted = emit(DESIGNS[number])
    trials = harness(emitted.hardware)._drawn(40, 1)
    batch = run_batch(emitted, trials, simulator=Simulator(emitted)).check()
    assert batch.cycles == batch.expected_cycles


def test_a_turn_the_other_way_is_found(monkeypatch):
    made = replace(DESIGNS[1], name="broken")
    monkeypatch.setattr(
        RopeElements, "write", lambda self, m, enable, codes, held, name, write=RopeElements.write:
        write(self, m, enable, codes, {"cos": held["cos"], "sin": held["cos"]}, name))  # fmt: skip
    emitted = emit(made)
    with pytest.raises(Mismatch):
        run_batch(emitted, harness(emitted.hardware)._drawn(5, 1)).check()
