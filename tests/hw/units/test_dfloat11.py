"""Decoders of DFloat11 in hardware: bit for bit under stalls, about a number a cycle."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from amaranth.hdl import Signal
from flows import flow
from macsmith.golden import Operand, Plane, Quantized, lookup, storage
from macsmith.golden.description import Target
from macsmith.golden.units import DFloat11Decoder
from macsmith.hw.catalogue import hardware
from macsmith.hw.units.dfloat11_entrance import DFloat11Entrance
from macsmith.hw.units.dfloat11_ring import DFloat11Ring
from sklearn.datasets import load_digits
from unit_runs import check_found

from macsmith import cost

BF16 = Operand((Plane(lookup("bf16")),))

DESIGNS = [
    DFloat11Decoder(name="whole"),
    DFloat11Decoder(name="few", tables=3),
    DFloat11Decoder(name="two", tables=2),
    DFloat11Decoder(name="axis", tables=5, build=Target(interface="axis")),
]


@pytest.mark.often(2)
@pytest.mark.cases(1)
@pytest.mark.parametrize("index", range(len(DESIGNS)))
def test_every_result_equals_the_golden_model_whoever_stalls(checked, index):
    checked(index)


def sent(unit, values):
    codes = lookup("bf16").encode(np.asarray(values, float))
    parts = storage.lookup("dfloat11").pack_parts(Quantized(BF16, {"code": codes}))
    return unit.sent(parts), codes.ravel().tolist()


#: Values, and the cycles a number that docs/site/unpack.md says of 6,000 of them.
KINDS = {
    "pixels": (lambda rng, n: load_digits().data.reshape(1, -1)[:, :n], None),
    "normal": (lambda rng, n: rng.normal(size=(1, n)) / 40, 1.01),
    "student": (lambda rng, n: rng.standard_t(4, size=(1, n)) / 40, 1.02),
    "uniform": (lambda rng, n: rng.uniform(-1, 1, size=(1, n)), 1.02),
    "zeros": (lambda rng, n: np.zeros((1, n)), 1.0),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind, (_, shown) in KINDS.items() if shown])
def test_the_page_says_how_long_a_number_takes(kind):
    values, shown = KINDS[kind][0](np.random.default_rng(2), 6000), KINDS[kind][1]
    run = flow(DESIGNS[0], [sent(DESIGNS[0], values)[0]], patience=1000)
    assert round((run.given[-1] - run.given[0] + 1) / 6000, 2) == shown
    page = (Path(__file__).parents[3] / "docs/site/unpack.md").read_text(encoding="utf-8")
    assert f"{shown:.2f}" in page


@pytest.mark.parametrize("kind", ["pixels", "normal", "zeros"])
def test_about_a_number_leaves_in_every_cycle(kind):
    """Of what was packed, not of what the golden unit answers."""
    values = KINDS[kind][0](np.random.default_rng(1), 3000)
    given, wanted = sent(DESIGNS[0], values)
    run = flow(DESIGNS[0], [given], patience=1000)
    assert [beat & 0xFFFF for beat in run.found] == wanted
    # All ten turns are busy but while the first pieces come and the last ones go.
    cycles, ends = run.given[-1] - run.given[0] + 1, 2 * hardware(DESIGNS[0]).latency
    assert len(wanted) <= cycles <= 1.03 * len(wanted) + ends / 10
    assert run.given[0] - run.taken["tables"][-1] <= hardware(DESIGNS[0]).latency


def narrow(self, m, at, bits):
    """A window that does not reach into the next piece."""
    return window(m, at, bits[32:] << 32)


window = DFloat11Ring._window


def stale(self, m, coming):
    """A gap that the next piece has, too."""
    gap, known = gap_of(self, m, coming)
    held = Signal(len(gap))
    m.d.sync += held.eq(gap)
    return held, known


gap_of = DFloat11Entrance._gap

FAULTS = {
    "window": (DFloat11Ring, "_window", narrow),
    "gap": (DFloat11Entrance, "_gap", stale),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_found(monkeypatch, fault):
    check_found(monkeypatch, replace(DESIGNS[2], name="sound"), FAULTS[fault], trials=2)


def test_what_it_says_of_itself():
    built = hardware(DESIGNS[0])
    assert built.rates == {"bf16": 1} and built.facts == {"tables": 17}
    assert "up to 17 tables, one BF16 number per cycle" in built.summary


@pytest.mark.slow
def test_what_a_decoder_costs():
    found = cost(DESIGNS[0], "u280").cost
    assert found.resources["sites"] <= 660 and found.resources["dsp"] == 0
    assert found.resources["bram36"] == 3.5 and found.levels["lut"] <= 4
