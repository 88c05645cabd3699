"""Quantizers in hardware: bit for bit under stalls, at full rate, for every value."""

from dataclasses import replace

import numpy as np
import pytest
from amaranth.hdl import Cat, Const
from macsmith.golden.description import Target
from macsmith.golden.errors import Mismatch
from macsmith.golden.streams import Beats
from macsmith.golden.units import Quantize, lfsr
from macsmith.hw.arith import quotient
from macsmith.hw.catalogue import hardware
from macsmith.hw.text.emit import emit
from macsmith.hw.units.power_scale import PowerScale
from macsmith.hw.units.quantizer import Quantizer
from macsmith.hw.units.range_sum import RangeSum
from macsmith.hw.units.token_scale import TokenScale
from macsmith.sim import runner, verify
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import harness
from macsmith.sim.harness.unit import Trial
from macsmith.sim.streams import Simulator
from unit_runs import Running, check_found

from macsmith import design, lookup

NAMED = ("values", "element", "scale", "tensor", "zero", "shift", "factor", "inner")


def unit(name, **given):
    formats = {key: lookup(value) for key, value in given.items() if key in NAMED}
    return Quantize(name=name, **{**given, **formats})


def zeroed(name, bits, scale, rule, **given):
    """With a zero point."""
    element = f"uint{bits}"
    return unit(name, element=element, zero=element, scale=scale, rule=rule, **given)


UNITS = [
    unit("mxfp4"),
    unit("mxfp4_even", rule="even", lanes=8),
    unit("mxfp4_two_blocks", rule="rceil", lanes=16, block=8),
    unit("mxfp8", element="e4m3", rule="rceil", lanes=4),
    unit("mxfp8_wide", element="e5m2", rule="ceil", lanes=2, block=16),
    unit("mxfp8_fp32", values="fp32", element="e5m2", lanes=4),
    unit("mxfp6", values="fp16", element="e3m2", rule="even", lanes=4),
    unit("mxfp6_fine", values="fp32", element="e2m3", rule="ceil", block=64),
    unit("mxint8", element="mxint8", rule="rceil", lanes=8),
    unit("mxint8_ceil", element="mxint8", rule="ceil", lanes=8),
    unit("int8", element="int8", lanes=2),
    unit("int4", element="int4_sym", rule="even", lanes=8),
    unit("int3", values="fp16", element="int3", rule="even", lanes=8),
    unit("int2", element="int2", rule="rceil", lanes=8),
    unit("fnuz", element="e4m3_fnuz", rule="even", lanes=8),
    unit("pair", element="e2m1", lanes=1, block=2),
    unit("nvfp4", scale="ue4m3", rule="nearest", block=16, tensor="fp32"),
    unit("nvfp4_beat", scale="ue4m3", rule="absmax", block=4, lanes=8, tensor="fp32"),
    unit("int8_groups", element="int8_sym", scale="bf16", rule="absmax", lanes=2, block=16),
    unit("int8_whole", element="int8", scale="fp32", rule="nearest", block=32),
    unit("int8_long", element="int8_sym", scale="bf16", rule="absmax", block=200),
    unit("int4_groups", element="int4_sym", scale="fp16", rule="absmax", lanes=4, block=16),
    unit("fp8_blocks", element="e4m3", scale="fp32", rule="nearest", values="fp32", block=16),
    unit("side_by_side", element="e4m3", rule="rceil", lanes=2, block=8, vectors=3),
    unit("nvfp4_pair", scale="ue4m3", rule="nearest", block=4, lanes=4, vectors=2, tensor="fp32"),
    unit("aligned_11", element="int11", lanes=4, block=16, vectors=2),
    unit("aligned_16", values="fp16", element="int16", block=8),
    unit("int2_fp16", element="int2", scale="fp16", rule="nearest", values="fp16", block=16),
    zeroed("uint8_fp32", 8, "fp32", "nearest", lanes=2, block=16),
    zeroed("uint8_wide", 8, "fp32", "absmax", values="fp32", lanes=4, block=8),
    zeroed("uint5_two_blocks", 5, "bf16", "absmax", lanes=8, block=4),
    zeroed("uint4_fp16", 4, "fp16", "nearest", values="fp16", lanes=4, block=16),
    zeroed("uint3_tiny", 3, "bf16", "nearest", values="fp32", block=8),
    zeroed("uint2_long", 2, "fp16", "absmax", lanes=1, block=200),
    unit("random_mxfp4", random_bits=8, lanes=4),
    unit("random_mxfp8", element="e4m3", rule="rceil", random_bits=3, values="fp32", block=16),
    unit("random_int8", element="int8", random_bits=16, values="fp16", lanes=16, block=8),
    unit("random_nvfp4", scale="ue4m3", rule="nearest", block=16, tensor="fp32", random_bits=6),
    unit("random_int4", element="int4", scale="fp16", rule="nearest", block=4, random_bits=5),
    zeroed("random_uint4", 4, "fp16", "nearest", values="fp16", lanes=8, block=4, random_bits=4),
    unit("moved", lanes=4, shift="bf16", factor="bf16"),
    unit("moved_inner", values="fp16", lanes=2, shift="fp16", inner="fp16", rule="even", block=8),
    unit("moved_power", factor="e8m0", inner="bf16", element="e4m3", lanes=8, block=16),
    unit("moved_int8", element="int8", scale="fp32", rule="nearest", shift="fp32", factor="e8m0",
         block=16),
    zeroed("moved_uint4", 4, "fp16", "absmax", factor="fp16", lanes=4, block=4, random_bits=4),
    unit("token", scale="ue4m3", rule="nearest", block=16, tensor="fp32", token=48, lanes=4),
    unit("token_up", scale="ue4m3", rule="absmax", block=4, tensor="fp32", token=16, lanes=8,
         values="fp16", random_bits=4),
    unit("token_one", element="e4m3", scale="ue4m3", rule="nearest", block=8, tensor="fp32",
         token=8, values="fp32"),
]  # fmt: skip

#: And with other ports.
DESIGNS = [*UNITS, replace(UNITS[3], name="axis", build=Target(interface="axis"))]


@pytest.mark.often(6)
@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(DESIGNS)))
def test_every_result_equals_the_golden_model_whoever_stalls(checked, index):
    checked(index)


@pytest.mark.often(4)
@pytest.mark.parametrize("number", range(len(UNITS)))
def test_it_takes_a_beat_a_cycle_and_the_latency_once(number):
    """Also from one block to the next, and in bulk under stalls."""
    running = Running(UNITS[number])
    for batch, stalled in running.in_bulk(60, 1):
        assert UNITS[number].waits or stalled or batch.cycles == batch.expected_cycles
    # Scales of tensors and seeds are taken every second cycle: tokens of one beat wait for them.
    long = [trial for trial in next(running.harness.bulk(200, 2)).trials if ends(trial) < 2]
    batch = running.check(long)
    assert len(long) > 20
    # How fast tokens are that wait for their own scales, another test asks.
    assert UNITS[number].token or batch.cycles == batch.expected_cycles


def ends(trial):
    """Tokens that end in a trial."""
    return trial.beats["values"].last.sum()


@pytest.mark.parametrize("lanes, latency", [(1, 108), (4, 100)])
def test_tokens_that_make_their_scale_come_at_full_rate(lanes, latency):
    """Their memory lets one in while the one before is coded: a beat a cycle from the first on."""
    made = unit(
        "rate", scale="ue4m3", rule="nearest", block=16, tensor="fp32", token=64, lanes=lanes
    )
    beats, count = 64 // lanes, 12
    rng = np.random.default_rng(1)
    codes = made.values.encode(rng.normal(size=(count * beats, lanes)))
    sent = {"values": Beats((codes,), (None,), np.arange(len(codes)) % beats == beats - 1)}
    emitted = emit(made)
    batch = run_batch(emitted, [Trial(sent | made.answer(sent))]).check()
    assert emitted.hardware.latency == latency
    assert batch.cycles == (count + 1) * beats - 2 + latency


def every_value(given, greatest):
    """Each code of a value, in a block whose greatest magnitude is of a given exponent or more."""
    codes = np.arange(1 << 16, dtype=np.uint16).reshape(-1, given.block - 1)
    codes = np.concatenate([codes, np.full((len(codes), 1), greatest, np.uint16)], axis=1)
    codes = codes.reshape(-1, given.lanes)
    beats = {"values": Beats((codes,), (None,), np.zeros(len(codes), bool))}
    return Trial(beats | given.answer(beats))


@pytest.mark.often(3)
@pytest.mark.parametrize(
    "element, scale, rule",
    [
        ("e2m1", "e8m0", "even"),
        ("e4m3", "e8m0", "even"),
        ("int8", "e8m0", "floor"),
        ("e5m2", "e8m0", "even"),
        ("int8", "bf16", "nearest"),
        ("e2m1", "ue4m3", "absmax"),
        ("uint8", "fp16", "nearest"),
    ],
)
def test_every_value_beside_scales_of_all_sizes(element, scale, rule):
    """All 2^16 of them, beside zero, tiny and great ones, 16 in a block with one of these."""
    more = {"zero": element} if element.startswith("u") else {}
    given = unit(
        f"all_{element}", element=element, scale=scale, block=17, lanes=1, rule=rule, **more
    )
    emitted = emit(given)
    machine, tried = Simulator(emitted), harness(emitted.hardware)
    for greatest in (0, 0x0003, 0x0100, 0x0480, 0x3F80, 0x4500, 0x7F7F):
        trial = every_value(given, greatest)
        sent = {name: trial.beats[name] for name in ("values", "result")}
        run = machine.run(sent, len(sent["result"]))
        for field, values, words in zip(
            tried.result.fields, sent["result"].values, run.words, strict=True
        ):
            np.testing.assert_array_equal(words[..., 0], values, err_msg=field.name)


def stale(self, m, enable, keys, marks, part, outer):
    """A block begins with the greatest magnitude of the one before."""
    return HELD(self, m, enable, keys, marks._replace(first=Const(0, 1)), part, outer)


def late(self, m, enable, keys, marks, part, outer):
    """A block's last beat does not count."""
    valid = marks.valid & ~marks.end
    return HELD(self, m, enable, keys, marks._replace(valid=valid), part, outer)


def without_sticky(self, fraction, leads):
    """What is below the guard bit is dropped."""
    found = SIGNIFICAND(self, fraction, leads)
    return Cat(Const(0, 1), found[1:]) if self.elements.sticky else found


HELD, SIGNIFICAND = Quantizer._held, PowerScale._significand


def rest_lost(m, enable, numerator, line, name):
    """What a division leaves is not looked at: all that is half-way is a tie."""
    return QUOTIENT(m, enable, numerator, line, name)._replace(rest=Const(0, 1))


def far_end_lost(self, m, enable, ends, name):
    """What lies below the last bit of a range is not looked at."""
    total, _, exponent = ADD(self, m, enable, ends, name)
    return total, Const(0, 1), exponent


QUOTIENT, ADD = quotient.quotient, RangeSum.add
FAULTS = {
    "floor in place of even": (PowerScale, "_next", lambda self, mantissa: Const(0, 1)),
    "stale maximum": (Quantizer, "_held", stale),
    "block boundary": (Quantizer, "_held", late),
    "sticky bit": (PowerScale, "_significand", without_sticky),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_found(monkeypatch, fault):
    check_found(monkeypatch, unit("sound", rule="even", lanes=4), FAULTS[fault])


def test_a_lost_rest_is_found(monkeypatch):
    sound = next(item for item in UNITS if item.name == "int8_groups")
    check_found(monkeypatch, sound, (quotient, "quotient", rest_lost))


def test_a_token_s_scale_of_another_number_is_found(monkeypatch):
    sound = next(item for item in UNITS if item.name == "token")
    reach = property(lambda self: (2687, 0))
    check_found(monkeypatch, sound, (TokenScale, "_reach", reach), trials=10)


def test_a_lost_end_of_a_range_is_found(monkeypatch):
    sound = zeroed("sound_range", 8, "bf16", "absmax", lanes=4, block=8)
    check_found(monkeypatch, sound, (RangeSum, "add", far_end_lost), trials=60)


@pytest.mark.parametrize("count", [1, lfsr.MIXED])
def test_a_register_that_makes_too_few_steps_is_found(monkeypatch, count):
    sound = unit("sound_random", random_bits=8, lanes=4, block=8)
    terms = lfsr.terms
    less = {sound.random_bits: 1, lfsr.MIXED: lfsr.MIXED - 1}
    changed = sound.random_bits if count == 1 else count
    fault = (lfsr, "terms", lambda n: terms(less[n] if n == changed else n))
    check_found(monkeypatch, sound, fault, trials=10)


def test_what_is_wrong_is_said_by_field():
    tried = harness(hardware(unit("told", lanes=4)))
    [trial, *_] = tried.stimuli(1, 1)
    assert tried.difference(trial, 2, 3, (1, 0), (2, 0)).startswith("beat 2, lane 3 of codes\n")
    assert "lane 0 of scale\n  expected 0x7f" in tried.difference(trial, 0, 4, (1, 0), (127, 0))


@pytest.mark.parametrize(
    "name, given, number, fewer",
    [
        ("dyadic", {}, 80, 80),  # 8 beats a trial
        ("hadamard", {}, 40, 40),  # 16 of them
        ("quantize_int8", {"block": 1024}, 40, 40),
        ("quantize_int8", {}, 10, 3),  # 4,096
    ],
)
def test_trials_of_all_units_have_as_many_beats_together(name, given, number, fewer):
    tried = harness(hardware(replace(design(name), **given)))
    assert [len(tried._drawn(10, 1, power)) for power in (1, 2)] == [number, fewer]


@pytest.mark.cases(0)
def test_a_block_longer_than_a_bench_waits_is_simulated():
    """What follows a block that ends early waits until the block's time is over: nothing moves
    outside for more than 2,000 cycles."""
    made = unit("patience", element="int8_sym", scale="bf16", rule="absmax", block=4096)
    values = np.random.default_rng(1).integers(0, 0x4000, (8, 1)).astype(np.uint16)
    beats = {"values": Beats((values,), (None,), np.arange(8) % 4 == 3)}
    emitted = emit(made)
    job = runner.job(emitted, [Trial(beats | made.answer(beats))])
    verify.check(job, runner.run([job], seed=1)[0], seed=1)


def test_a_mark_that_stands_elsewhere_is_told():
    """Of any unit: its trials have a name there."""
    emitted = emit(unit("marked", lanes=2))
    trials = harness(emitted.hardware)._drawn(2, 1)
    result = trials[0].beats["result"]
    wrong = Trial({**trials[0].beats, "result": replace(result, last=~result.last)})
    with pytest.raises(Mismatch, match="tile 0: a trial: the mark of the last result"):
        run_batch(emitted, [wrong, *trials[1:]]).check()
