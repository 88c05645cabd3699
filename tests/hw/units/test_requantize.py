"""Requantizers in hardware: bit for bit under stalls, at full rate."""

from dataclasses import replace

import numpy as np
import pytest
from macsmith.golden.description import Target
from macsmith.golden.errors import Mismatch
from macsmith.golden.units import Requantize
from macsmith.hw.fp.shifted import RightShift
from macsmith.hw.text.emit import emit
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import harness
from macsmith.sim.streams import Simulator

from macsmith import lookup

NAMED = ("sums", "multiplier", "shift", "bias", "result")


def unit(name, rule, **given):
    formats = {key: value and lookup(value) for key, value in given.items() if key in NAMED}
    return Requantize(name=name, rule=rule, **{**given, **formats})


FLOAT = {"distance": 0, "multiplier": "fp32"}
UNITS = [
    unit("tflite", "tflite", shift="uint5", bias="int32", zero=-3),
    unit("tflite_either_way", "tflite", shift="int6", zero=5, relu=True),
    unit("tflite_single", "dyadic", shift="uint5", rounding="nearest_up", bias="int32"),
    unit("hawq", "dyadic", shift="uint5", multiplier="uint31", lanes=2, rows=2, group=8),
    unit("constant", "dyadic", distance=38, multiplier="uint31"),
    unit("short", "dyadic", sums="int20", multiplier="uint16", shift="uint4", distance=15),
    unit("power", "dyadic", sums="int24", multiplier=None, shift="uint5", distance=0, lanes=4),
    unit("power_constant", "dyadic", sums="int24", multiplier=None, distance=9, result="int4"),
    unit("no_signs", "dyadic", sums="uint20", multiplier="uint8", shift="uint4", result="uint8"),
    unit("to_int2", "dyadic", sums="int16", multiplier="int16", distance=22, result="int2"),
    unit("symmetric", "dyadic", distance=40, result="int8_sym", rounding="toward_zero"),
    unit("away", "dyadic", distance=40, rounding="nearest_away", result="uint8", zero=128),
    unit("odd", "dyadic", sums="int16", multiplier="int8", distance=12, rounding="odd"),
    unit("up_clamped", "dyadic", distance=41, rounding="up", clamp=(-100, 90), zero=7),
    unit("down", "dyadic", distance=41, rounding="down", relu=True, clamp=(-128, 90), zero=-60),
    unit("to_int16", "dyadic", distance=33, result="int16"),
    unit("qlinear", "qlinear", **FLOAT, zero=3, bias="int32"),
    unit("qlinear_plain", "qlinear", **FLOAT, sums="int20"),
    unit("qlinear_uint8", "qlinear", **FLOAT, result="uint8", zero=131, relu=True),
    unit("to_e4m3", "scale", **FLOAT, result="e4m3", bias="int32"),
    unit("to_e5m2", "scale", distance=0, multiplier="bf16", sums="int24", result="e5m2", relu=True),
    unit("to_bf16", "scale", **FLOAT, result="bf16", rows=2, group=4),
    unit("to_fp16", "scale", distance=0, multiplier="fp16", result="fp16", relu=True),
    unit("to_fnuz", "scale", **FLOAT, result="e4m3_fnuz", relu=True),
    unit("to_e2m1", "scale", distance=0, multiplier="ue4m3_finite", sums="int12", result="e2m1"),
    unit("e8m0", "scale", distance=0, multiplier="e8m0", sums="int16", result="bf16"),
    unit("wide", "dyadic", sums="int64", multiplier=None, shift="uint5", distance=30),
    unit("unscaled", "scale", distance=0, multiplier=None, sums="int20", result="fp16", relu=True),
    unit("floats", "qlinear", **FLOAT, sums="fp32", bias="fp32", zero=3),
    unit("floats_to_uint8", "qlinear", **FLOAT, sums="bf16", result="uint8", zero=9, relu=True),
    unit("floats_alone", "qlinear", multiplier=None, sums="fp16", result="int4", clamp=(-7, 7)),
    unit("floats_to_int2", "qlinear", **FLOAT, sums="fp16", bias="bf16", result="int2", rows=2),
    unit("floats_to_e4m3", "scale", **FLOAT, sums="fp32", result="e4m3", lanes=2, group=4),
    unit("relu6", "scale", **FLOAT, sums="bf16", result="e5m2", relu=True, clamp=(0.0, 6.0)),
    unit("floats_to_bf16", "scale", multiplier=None, sums="fp32", bias="fp32", result="bf16"),
    unit("floats_to_e2m1", "scale", multiplier="bf16", sums="fp16", result="e2m1", nan="zero"),
    unit("clamped", "scale", multiplier=None, sums="bf16", result="fp16", clamp=(-1.5, 2.0)),
    unit("settled", "scale", multiplier=None, sums="fp16", result="fp16"),
]

#: And the same with other ports, and with products in DSP blocks.
DESIGNS = [
    *UNITS,
    replace(UNITS[0], name="axis", build=Target(interface="axis")),
    replace(UNITS[3], name="dsp", build=Target(policy="dsp")),
]


@pytest.mark.often(10)
@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(DESIGNS)))
def test_every_result_equals_the_golden_model_whoever_stalls(checked, index):
    checked(index)


@pytest.mark.often(16)
@pytest.mark.parametrize("number", [0, 3, 16, 28, 32])
def test_it_takes_a_beat_a_cycle_and_the_latency_once(number):
    emitted = emit(UNITS[number])
    machine, tried = Simulator(emitted), harness(emitted.hardware)
    drawn = [trial for trial in tried._drawn(60, 1) if tried.cycles([trial, trial]) is not None]
    batch = run_batch(emitted, drawn, simulator=machine).check()
    assert len(drawn) >= 5 and batch.cycles == batch.expected_cycles
    for part in tried.bulk(200, 1):
        stalls = int(part.stalls)
        run_batch(emitted, part.trials, simulator=machine, stalls=stalls, turns=part.turns).check()


def test_a_lost_sticky_bit_is_found(monkeypatch):
    sound = emit(UNITS[4])
    trials = harness(sound.hardware).stimuli(20, 1)
    run_batch(sound, trials).check()
    monkeypatch.setattr(
        RightShift, "rest", lambda self, live, whole, kept=RightShift.rest: kept(
            self, live, whole)._replace(half=live.kept[0], above=live.kept[0] & 0))  # fmt: skip
    with pytest.raises(Mismatch):
        run_batch(emit(replace(UNITS[4], name="broken")), trials).check()


def test_groups_of_one_beat_take_a_cycle_each():
    """Also where others are longer: values enter in every cycle."""
    each = replace(UNITS[3], rows=1, lanes=1, name="each", group=1)
    emitted = emit(each)
    trials = harness(emitted.hardware)._drawn(10, 1)
    batch = run_batch(emitted, trials).check()
    assert batch.cycles == batch.expected_cycles
    mixed = emit(replace(each, name="mixed", group=0))
    drawn = emitted.hardware.trials(10, np.random.default_rng(1))
    marked = [
        {**trial, "sums": replace(trial["sums"], last=np.ones(len(trial["sums"]), bool))}
        for trial in drawn
    ]
    batch = run_batch(mixed, harness(mixed.hardware)._answered(marked)).check()
    beats = sum(len(trial["sums"]) for trial in marked)
    assert batch.cycles == batch.expected_cycles == beats + mixed.hardware.latency - 1
