"""Transforms in hardware: bit for bit under stalls, at full rate, with sums that just fit."""

from dataclasses import replace

import pytest
from macsmith.golden.description import Target
from macsmith.golden.errors import Mismatch
from macsmith.golden.units import Hadamard
from macsmith.hw.text.emit import emit
from macsmith.hw.units import transform
from macsmith.sim import runner, verify
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import harness
from macsmith.sim.streams import Simulator

from macsmith import lookup

BF16 = lookup("bf16")
UNITS = {
    "integers": {"points": 64},
    "one beat": {"points": 16, "lanes": 16},
    "a point a beat": {"points": 32, "lanes": 1, "vectors": 2, "format": lookup("int4")},
    "bf16": {"points": 16, "lanes": 2, "format": BF16, "sums": BF16},
    "multiplied": {"points": 16, "format": BF16, "normalize": "multiplied"},
    "fp16 by way of fp32": {"points": 16, "lanes": 8, "format": lookup("fp16")},
}


def unit(what, **more):
    return Hadamard(**{"name": "h_" + what.replace(" ", "_"), **UNITS[what], **more})


@pytest.fixture(scope="module")
def jobs():
    designs = [unit(what) for what in UNITS]
    designs.append(unit("integers", name="axis", build=Target(interface="axis")))
    made = [emit(design) for design in designs]
    return [runner.job(emitted, verify.stimuli(emitted, 40, 3)) for emitted in made]


@pytest.fixture(scope="module")
def found(jobs):
    return runner.run(jobs, seed=3)


@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(UNITS) + 1))
def test_every_result_equals_the_golden_model_whoever_stalls(jobs, found, index):
    verify.check(jobs[index], found[index], seed=3)
    assert len(found[index]) == len(runner.PHASES)


@pytest.mark.parametrize("what", ["integers", "bf16"])
def test_it_takes_a_beat_a_cycle_and_the_latency_once(what):
    emitted = emit(unit(what))
    machine, tried = Simulator(emitted), harness(emitted.hardware)
    for part in tried.bulk(60, 1):
        run_batch(emitted, part.trials, simulator=machine, stalls=int(part.stalls)).check()
    batch = run_batch(emitted, tried.stimuli(20, 1), simulator=machine).check()
    assert batch.cycles == batch.expected_cycles


@pytest.mark.parametrize("points", [16, 64])
def test_a_bit_less_overflows(monkeypatch, points):
    """Every step's sums reach its bounds: with a step of one bit less they are wrong."""
    whole = transform.steps

    def narrow(unit):
        found = list(whole(unit))
        last = found[-1]
        less = replace(last.source, width=last.source.width - 1)
        return (*found[:-2], found[-2]._replace(result=less), last._replace(source=less))

    design = unit("integers", points=points, lanes=points)
    sound = emit(design)
    monkeypatch.setattr(transform, "steps", narrow)
    broken = emit(design)
    assert broken.rtlil != sound.rtlil
    trials = harness(sound.hardware).stimuli(0, 1)
    with pytest.raises(Mismatch):
        run_batch(replace(sound, rtlil=broken.rtlil, keep=broken.keep), trials).check()
