"""Coverage: which classes a step can meet, bins that are declared, and what stimuli meet."""

from fractions import Fraction

import numpy as np
import pytest
from macsmith.golden.formats import lookup
from macsmith.hw.catalogue import hardware
from macsmith.sim import classes
from macsmith.sim.coverage import Bins, coverage
from macsmith.sim.coverage.reach import unreachable
from macsmith.sim.coverage.values import Values, of_format, of_range
from macsmith.sim.harness import harness

import macsmith
from macsmith import Build, Engine, Options, raw

FORMATS = ["e3m2_ieee", "e4m3", "e2m1", "e5m2", "int4", "e4m3_ieee"]
#: The unit's exponent, significant bits, and the greatest integer in that unit.
DOMAINS = [(-12, 14, 9000), (-3, 5, 31), (0, 3, 6), (-17, 4, 1 << 17), (2, 10, 900), (-9, 1, 4096)]


def numbers(lsb, bits, most):
    """All of a domain, both signs, as float64."""
    whole = np.arange(most + 1)
    trailing = np.where(whole, whole & -whole, 1)
    whole = whole[whole // trailing < 1 << bits]
    return np.ldexp(np.concatenate([whole, -whole[1:]]).astype(float), lsb)


@pytest.mark.parametrize("domain", DOMAINS, ids=str)
@pytest.mark.parametrize("name", FORMATS)
def test_what_cannot_be_met_is_not_met_by_any_number(name, domain):
    """Exhaustively: classes are judged by widths and bounds, and met by all numbers there are."""
    fmt, (lsb, bits, most) = lookup(name), domain
    values = Values(lsb, bits, most * Fraction(2) ** lsb)
    met = classes.met("step", fmt, numbers(*domain))
    there = {kind for kind, marks in met.items() if marks.any()}
    ruled_out = set(unreachable(fmt, values))
    assert there & ruled_out == set()


@pytest.mark.parametrize("name", FORMATS)
def test_what_can_be_met_is_met_by_some_number(name):
    """The other way round, for a domain that is wide and dense about a small format."""
    fmt, domain = lookup(name), (-17, 18, 1 << 18)
    values = Values(-17, 18, Fraction(2))
    met = classes.met("step", fmt, numbers(*domain))
    there = {kind for kind, marks in met.items() if marks.any()}
    assert set(classes.CLASSES) - set(unreachable(fmt, values)) == there


def test_products_and_sums_of_values_hold_all_that_there_are():
    a, b = of_format(lookup("e2m1")), of_format(lookup("int3"))
    products = {float(x) * float(y) for x in (0.5, 1, 1.5, 6) for y in (-4, 1, 3)}
    found = a * b
    assert all(abs(p) <= found.most and p / 2.0**found.lsb % 1 == 0 for p in products)
    total = found + b
    assert total.most == found.most + b.most and total.lsb == min(found.lsb, b.lsb)
    assert of_range(macsmith.golden.bounds.Range(-2, -8, 7)) == Values(-2, 3, Fraction(2))


def test_bins_tell_what_is_missing_and_what_is_wrong():
    bins = Bins()
    bins.declare("part", ["a", "b", "c"])
    bins.rule_out("part", {"c": "too wide"})
    bins.meet("part", "a", 2)
    assert (bins.share, bins.missing, bins.wrong) == (0.5, [("part", "b")], [])
    assert bins.parts() == {"part": (3, 1, 1)}
    bins.meet("part", "c")
    bins.meet("part", "b", 0)
    assert bins.wrong == [("part", "c")]
    assert bins.to_dict()["missing"] == [["part", "b"]]


DESIGNS = [
    "posit8_0",
    "e4m3xe4m3",
    "simd",
    "tflite",
    "dequantize_nf4",
    "bitplane",
    "bitmod3",
    pytest.param("w8a8", marks=pytest.mark.slow),
    pytest.param("mxfp4", marks=pytest.mark.slow),
    pytest.param("bitserial", marks=pytest.mark.slow),
    pytest.param("w4a8", marks=pytest.mark.slow),
    pytest.param("nvfp4", marks=pytest.mark.slow),
]


def of(name, trials=None, options=None):
    tried = harness(hardware(macsmith.design(name, options)))
    if trials is None:
        trials = list(tried.stimuli(100, 1))
        trials += [trial for part in tried.bulk(1000, 2) for trial in part.trials]
    return coverage(tried, trials)


@pytest.mark.parametrize("name", DESIGNS)
def test_a_verification_meets_all_bins(name):
    found = of(name)
    assert (found.missing, found.wrong) == ([], [])
    assert found.share == 1.0


def test_few_random_trials_do_not():
    tried = harness(hardware(Engine("few", (raw("int4", "e4m3"),), Build(2, 2, 2))))
    found = coverage(tried, tried.stimuli(1, 1)[:1])
    assert found.share < 1
    parts = {part for part, _ in found.missing}
    assert {"weight codes", "activation codes", "sum 0.0"} <= parts


def test_a_mode_has_bins_of_its_own():
    found = of("simd", options=Options(rows=1, cols=1))
    assert {part.split(":")[0] for part in found.parts() if ":" in part} == {
        f"mode {mode}" for mode in range(5)
    }
