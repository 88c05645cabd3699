"""Quantizers with residual channels in hardware: bit for bit under stalls, at full rate."""

from dataclasses import replace

import numpy as np
import pytest
from amaranth.hdl import Const
from macsmith.golden.description import Target
from macsmith.golden.units import Augment
from macsmith.hw.catalogue import hardware
from macsmith.hw.text.emit import emit
from macsmith.hw.units.augmenter import Augmenter, behind
from macsmith.hw.units.residual_codes import ResidualCodes
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import harness
from unit_runs import check_found

from macsmith import lookup

NAMED = ("values", "element", "scale", "tensor")


def unit(name, **given):
    given = {"block": 16, "lanes": 4, "columns": 64, "augmented": 32, **given}
    formats = {key: lookup(value) for key, value in given.items() if key in NAMED and value}
    return Augment(name=name, **{**given, **formats})


#: With a tensor's scale; of several blocks in a beat, all of them chosen; of integers.
UNITS = [
    unit("nvfp4", scale="ue4m3", rule="nearest", tensor="fp32"),
    unit("mxfp4", lanes=32, augmented=64),
    unit("int4", element="int4", scale="fp16", rule="absmax", lanes=8, augmented=16),
]
DESIGNS = [*UNITS, replace(UNITS[1], name="axis", lanes=8, build=Target(interface="axis"))]


@pytest.mark.often(2)
@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(DESIGNS)))
def test_every_result_equals_the_golden_model_whoever_stalls(checked, index):
    checked(index)


@pytest.mark.slow
def test_a_beat_a_cycle_where_residuals_come_in_time():
    """A token is so long that its residuals' codes are there when its own have left."""
    long = unit("long", lanes=8, columns=512, augmented=32)
    emitted = emit(long)
    each = long.main_beats + long.more_beats
    assert behind(long) < long.main_beats - long.more_beats
    trials = harness(emitted.hardware).stimuli(6, 1)
    batch = run_batch(emitted, trials, stalls=0).check()
    beats = sum(trial.beats["values"].values[0].shape[0] for trial in trials)
    tokens = beats // long.main_beats
    assert batch.cycles <= tokens * each + emitted.hardware.latency + 8


def sign_lost(self, m, enable, x, code, scales, name):
    """What a code is worth is subtracted from values as if it were positive."""
    return WRITE(self, m, enable, x, code & 7, scales, name)


def early(self, m, moves, beats, name):
    """A token's residuals are those of its first beat alone."""
    wanted, final = COUNTED(self, m, moves, beats, name)
    return (wanted, Const(1, 1)) if name == "added" else (wanted, final)


WRITE, COUNTED = ResidualCodes.write, Augmenter._counted
FAULTS = {
    "signs": (ResidualCodes, "write", sign_lost),
    "ends": (Augmenter, "_counted", early),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_found(monkeypatch, fault):
    sound = replace(UNITS[1], name="sound", lanes=8)
    check_found(monkeypatch, sound, FAULTS[fault], trials=10)


def test_what_it_says_of_itself():
    told = hardware(unit("told", scale="ue4m3", rule="nearest", tensor="fp32"))
    assert told.remarks[-1] == (
        "a residual is x - q · s · t, the product rounded to fp32 and the difference to bf16"
    )
    assert np.isclose(told.rates["bf16"], 8 / 3, atol=1e-3)
    assert told.facts["cycles_per_token"] == 24 and told.whole == 64
    assert "first 32 columns a second time" in told.manual[1]
