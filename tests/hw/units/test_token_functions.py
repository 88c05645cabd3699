"""Integer functions of tokens in hardware: bit for bit under stalls, at full rate."""

from dataclasses import replace

import numpy as np
import pytest
from amaranth.hdl import Const
from macsmith.golden.description import Target
from macsmith.golden.errors import Mismatch
from macsmith.golden.streams import Beats
from macsmith.golden.units import ILayerNorm, ShiftGelu, Shiftmax
from macsmith.hw.text.emit import emit
from macsmith.hw.units import reciprocal, reciprocal_rows, token_root
from macsmith.hw.units.shift_exp import ShiftExp
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import harness
from macsmith.sim.harness.unit import Trial

from macsmith import lookup


def made(kind, name, **given):
    formats = ("values", "octave", "bias")
    fields = {key: lookup(value) if key in formats and value else value
              for key, value in given.items()}  # fmt: skip
    return kind(name=name, **fields)


UNITS = [
    made(Shiftmax, "shiftmax", token=64, lanes=4),
    made(Shiftmax, "shiftmax_one", token=8, lanes=8),
    made(Shiftmax, "shiftmax_wide", token=12, lanes=3, values="int16", octave="uint16"),
    made(Shiftmax, "shiftmax_narrow", token=20, values="int2", octave="uint1"),
    made(ShiftGelu, "shiftgelu", token=32, lanes=2),
    made(ShiftGelu, "shiftgelu_narrow", token=16, values="int4", octave="uint5"),
    made(ILayerNorm, "ilayernorm", token=24, lanes=3),
    made(ILayerNorm, "ilayernorm_narrow", token=12, lanes=2, values="int8", bias="int12"),
    made(ILayerNorm, "ilayernorm_plain", token=16, values="int6", bias=None),
    made(ILayerNorm, "l1norm", token=24, lanes=3, norm="l1"),
    made(ILayerNorm, "l1norm_plain", token=16, values="int6", bias=None, norm="l1"),
]

#: And the same with other ports, and with products in DSP blocks.
DESIGNS = [
    *UNITS,
    replace(UNITS[0], name="axis", build=Target(interface="axis")),
    replace(UNITS[6], name="dsp", build=Target(policy="dsp")),
]


@pytest.mark.often(3)
@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(DESIGNS)))
def test_every_result_equals_the_golden_model_whoever_stalls(checked, index):
    checked(index)


def tokens(unit, count):
    """So many tokens of full length, which end because of that."""
    rng, beats = np.random.default_rng(1), unit.beats * count

    def drawn(fmt, shape):
        numbers = rng.integers(max(fmt.low, 1 - 2 * fmt.signed), fmt.high + 1, shape)
        return fmt.codes_of(numbers)

    def sent(codes):
        return Beats(codes, (None,) * len(codes), np.zeros(len(codes[0]), bool))

    shape = beats, unit.lanes
    found = {"values": sent((drawn(unit.source, shape),))}
    found |= {name: sent((drawn(fmt, (count, 1)),)) for name, fmt in unit.held.items()}
    if unit.channel:
        found["channel"] = sent(tuple(drawn(fmt, shape) for fmt in unit.channel.values()))
    return Trial(found | unit.answer(found))


@pytest.mark.often(1)
@pytest.mark.parametrize("number", [0, 1, 4, 6, 9])
def test_tokens_of_full_length_come_at_full_rate(number):
    """A beat a cycle from the first result on; the first comes when its token is whole."""
    unit, count = UNITS[number], 12
    emitted = emit(unit)
    batch = run_batch(emitted, [tokens(unit, count)]).check()
    assert emitted.hardware.interval <= unit.beats
    assert batch.cycles == (count + 1) * unit.beats - 2 + emitted.hardware.latency


def without_the_lowest_bit(kept):
    return lambda self, m, enable, left, quotient, octave, name: kept(
        self, m, enable, left, quotient & ~1, octave, name)  # fmt: skip


def a_row_late(kept):
    return lambda m, enable, divisor, name: [*kept(m, enable, divisor, name)[1:], Const(1, 1)]


FAULTS = {
    "a lost bit of a quotient": (ShiftExp, "_ended", without_the_lowest_bit, 0),
    "a row that subtracts too late": (reciprocal_rows, "_near", a_row_late, 4),
    "a step too few towards a root": (token_root, "STEPS", lambda steps: steps - 1, 6),
    "a quotient that begins with too much": (reciprocal, "start", lambda _: lambda bits: 1, 9),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_found(monkeypatch, what):
    place, name, broken, number = FAULTS[what]
    unit = UNITS[number]
    trials = harness(emit(unit).hardware).stimuli(12, 1)
    monkeypatch.setattr(place, name, broken(getattr(place, name)))
    with pytest.raises(Mismatch):
        run_batch(emit(replace(unit, name="broken")), trials).check()
