"""LayerNorm in hardware: bit for bit under stalls, at full rate."""

from dataclasses import replace

import numpy as np
import pytest
from amaranth.hdl import Const
from macsmith.golden.description import Target
from macsmith.golden.units import LayerNorm
from macsmith.hw.catalogue import hardware
from macsmith.hw.units.centring import Centring
from macsmith.hw.units.differences import Difference
from macsmith.hw.units.value_windows import Tag, ValueWindows
from unit_runs import Running, check_found

from macsmith import lookup

NAMED = ("values", "gamma", "beta", "result")


def unit(name, fmt="bf16", **given):
    given = {**dict.fromkeys(NAMED, fmt), **given}
    formats = {
        key: lookup(value) if value else None for key, value in given.items() if key in NAMED
    }
    return LayerNorm(name=name, **{**given, **formats})


UNITS = [
    unit("bf16", token=16),
    unit("fp16", "fp16", token=24, lanes=4, eps=1e-6),
    unit("side_by_side", token=12, lanes=2, vectors=2, result="fp16", beta=None),
    unit("one_beat", token=4, lanes=4, gamma=None),
    unit("few_windows", token=10, lanes=2, values="e6m5_ieee", gamma=None, beta=None, eps=1e-9),
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


def never_anew(self, m, windows, valid, first):
    """A greater window does not start a sum anew."""
    return [Tag(tag.window, Const(0, 1)) for tag in TAGS(self, m, windows, valid, first)]


def lowest_lost(self, m, live):
    """Of numbers in the lowest window nothing is seen."""
    live.ranks = live.ranks & ~1
    return RANKED(self, m, live)


def token_early(self, m, moves, name):
    """A mean stays for a beat less than a token."""
    first, final = COUNTED(self, m, moves, name)
    return (first, first) if name == "issued" else (first, final)


TAGS, RANKED, COUNTED = ValueWindows._tags, Difference._ranked, Centring._counted
FAULTS = {
    "windows": (ValueWindows, "_tags", never_anew),
    "ranks": (Difference, "_ranked", lowest_lost),
    "means": (Centring, "_counted", token_early),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_found(monkeypatch, fault):
    check_found(monkeypatch, UNITS[0], FAULTS[fault])


def test_values_wait_for_a_token_twice():
    """A memory holds a token, and what comes while its sum, or its root, is made."""
    built = hardware(unit("deep", token=4096)).built
    for part in (built.centring, built.normalizer):
        assert 4096 + part.cycles < part.depth < 4096 + 64
    assert built.latency > 4096


def test_what_it_says_of_itself():
    told = hardware(unit("told", token=64, lanes=4))
    assert told.remarks[0].startswith("within 0.62")
    assert "ulp of (x - mean) / sqrt(variance + 1e-05) · gamma + beta" in told.remarks[0]
    assert told.remarks[1].startswith("and 5.3e-09 · gamma more")
    assert np.isclose(told.facts["error_ulp"], told.unit.error, atol=1e-4)
    assert told.rates == {"bf16": 4} and told.whole == 64
    assert len(hardware(unit("exact", "fp16", token=64)).remarks) == 1
