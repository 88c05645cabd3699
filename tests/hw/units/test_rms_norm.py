"""RMSNorm in hardware: bit for bit under stalls, at full rate."""

from dataclasses import replace

import numpy as np
import pytest
from amaranth.hdl import Const
from macsmith.golden.description import Target
from macsmith.golden.units import RmsNorm
from macsmith.hw.catalogue import hardware
from macsmith.hw.units.rms_normalizer import RmsNormalizer
from macsmith.hw.units.square_windows import SquareWindows, Tags
from unit_runs import Running, check_found

from macsmith import lookup

NAMED = ("values", "gamma", "result")


def unit(name, fmt="bf16", **given):
    given = {**dict.fromkeys(NAMED, fmt), **given}
    formats = {key: lookup(value) for key, value in given.items() if key in NAMED and value}
    return RmsNorm(name=name, **{**given, **formats})


UNITS = [
    unit("bf16", token=16),
    unit("fp16", "fp16", token=24, lanes=4, eps=1e-6),
    unit("side_by_side", token=12, lanes=2, vectors=2, result="fp16"),
    unit("one_beat", token=4, lanes=4, gamma=None),
    unit("two_beats", "fp16", token=6, lanes=3, gamma="bf16", eps=1.0),
    unit("few_windows", token=16, lanes=2, values="e6m5_ieee", gamma=None, eps=1e-9),
]

#: And with other ports, and with products in DSP blocks.
DESIGNS = [
    *UNITS,
    replace(UNITS[0], name="axis", build=Target(interface="axis")),
    replace(UNITS[0], name="dsp", build=Target(policy="dsp")),
]


@pytest.mark.often(2)
@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(DESIGNS)))
def test_every_result_equals_the_golden_model_whoever_stalls(checked, index):
    checked(index)


@pytest.mark.often(2)
@pytest.mark.parametrize("number", range(len(UNITS)))
def test_tokens_follow_each_other_without_a_pause(number):
    """The latency once, and from then on a beat a cycle; in bulk under stalls, too."""
    running = Running(UNITS[number])
    for batch, stalled in running.in_bulk(60, 1):
        assert stalled or batch.cycles == batch.expected_cycles
    running.check(running.harness.stimuli(5, 1))


def never_anew(self, m, exponents, valid, first):
    """A greater window does not start a sum anew."""
    found = TAGS(self, m, exponents, valid, first)
    return Tags(found.window, [Const(0, 1)] * 2)


def first_lost(self, m, parts, tags, valid, first):
    """A token begins with the sum of the one before."""
    return SUMS(self, m, parts, tags, valid, Const(0, 1))


def token_early(self, m, moves, name):
    """A root stays for a beat less than a token."""
    first, final = COUNTED(self, m, moves, name)
    return (first, first) if name == "issued" else (first, final)


TAGS, SUMS, COUNTED = SquareWindows._tags, SquareWindows._sums, RmsNormalizer._counted
FAULTS = {
    "windows": (SquareWindows, "_tags", never_anew),
    "tokens": (SquareWindows, "_sums", first_lost),
    "roots": (RmsNormalizer, "_counted", token_early),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_found(monkeypatch, fault):
    check_found(monkeypatch, UNITS[0], FAULTS[fault])


def test_values_wait_for_a_token_and_its_root():
    """The memory holds a token, and what comes while its root is made."""
    built = hardware(unit("deep", token=4096)).built
    assert 4096 + built.cycles < built.depth < 4096 + 64


def test_what_it_says_of_itself():
    told = hardware(unit("told", token=64, lanes=4))
    assert told.remarks[0].startswith("within 0.555 ulp of x / sqrt(mean(x^2) + 1e-05) · gamma")
    assert np.isclose(told.facts["error_ulp"], 0.5545)
    assert told.rates == {"bf16": 4} and told.whole == 64
