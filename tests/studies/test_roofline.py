"""Times on a board, computed by hand from cycles, bits and bandwidth."""

from dataclasses import replace
from math import ceil
from xml.etree import ElementTree

import pytest
from macsmith.boards import lookup
from macsmith.boards.catalogue import Memory
from macsmith.studies.roofline import Work, balance, machine, sweep, times
from macsmith.studies.roofline_plot import draw

from macsmith import DesignError

U280 = lookup("u280")
ONE = Work("1024 × 512", ((1024, 512),))
SHAPE = {"rows": 8, "cols": 4, "lanes": 16}


@pytest.fixture(scope="module")
def w4a8():
    """512 products a cycle at 250 MHz, 10 GB/s."""
    return machine("w4a8", U280, 512, **SHAPE, megahertz=250, bandwidth=10)


def test_a_product_by_hand(w4a8):
    """128 tiles of 8 rows, 32 steps of 16 lanes each; some cycles until the last result."""
    found = times(ONE, w4a8, 4)
    latency = w4a8.hardware.latency
    assert found.compute == pytest.approx((128 * 32 + latency) / 250e6)
    weights, second = 1024 * 512, 8 * 10e9
    assert found.weights == pytest.approx(4 * weights / second)
    assert found.scales == pytest.approx((16 + 4) / 128 * weights / second)
    # INT8 with an FP32 scale a vector, FP32 results.
    assert found.activations == pytest.approx(4 * (8 * 512 + 32 + 32 * 1024) / second, rel=1e-3)
    assert found.cache == 0 and found.bound == "memory"
    assert found.seconds == pytest.approx(found.memory) and found.rate == 4 / found.seconds


def test_other_weights_by_hand(w4a8):
    """Read 16 bits; or read 4.16, write 16 and read 16."""
    found = times(ONE, w4a8, 1)
    weights, second = 1024 * 512, 8 * 10e9
    assert found.plain == pytest.approx(16 * weights / second + found.activations)
    wide = (4 + 20 / 128 + 32) * weights / second
    assert found.through == pytest.approx(wide + found.activations)
    # What MARLIN calls near the ideal of 4: nearly 16 / 4.16, as long as memory bounds both.
    assert 3.5 < found.plain / found.seconds < 16 / 4.15625


def test_many_vectors_are_bound_by_compute(w4a8):
    """A pass of 4 columns takes 4,096 cycles, 16.4 µs; its weights 27 µs: once, and each time."""
    many = times(ONE, w4a8, 64)
    assert many.bound == "compute" and many.seconds == many.compute
    assert many.plain == many.seconds  # wider weights cost nothing then
    assert balance(ONE, w4a8) == 8
    again = replace(w4a8, again=True)
    assert times(ONE, again, 64).weights == pytest.approx(16 * many.weights)
    assert balance(ONE, again) is None
    rates = [item.rate for item in sweep(ONE, w4a8, [1, 4, 16, 64])]
    assert rates == sorted(rates)


def test_engines_share_rows(w4a8):
    """Three take 342 rows at most, 43 tiles of 8."""
    found = times(ONE, replace(w4a8, engines=3), 4)
    tiles = ceil(ceil(1024 / 3) / 8)
    assert found.compute == pytest.approx((32 * tiles + w4a8.hardware.latency) / 250e6)
    assert found.weights == times(ONE, w4a8, 4).weights


def test_keys_and_values_are_read_for_each_text(w4a8):
    """2 × layers × heads × size elements a position, of 2 bytes."""
    work = Work("a network", ((1024, 512),), cache=2 * 3 * 4 * 64)
    found = times(work, replace(w4a8, cache_bits=8), 5, context=100)
    assert found.cache == pytest.approx(2 * 3 * 4 * 64 * 100 * 5 / 10e9)
    plain = times(ONE, w4a8, 5)
    assert found.seconds == pytest.approx(plain.seconds + found.cache)


def test_layers_are_bound_each_for_itself(w4a8):
    """A network's time is the sum of its layers', of which some are bound by either."""
    work = Work("two", ((1024, 512), (8, 64)))
    parts = [times(Work("one", (layer,)), w4a8, 4) for layer in work.layers]
    assert times(work, w4a8, 4).seconds == pytest.approx(sum(part.seconds for part in parts))
    assert work.macs == 1024 * 512 + 8 * 64


def test_longer_reductions_than_the_preset_has():
    """K of 11,008 is no power of two; W4A8's groups of 128 divide it."""
    assert machine("w4a8", U280, 11008, **SHAPE).hardware.engine.modes[0].k_max == 11008
    odd = machine("mxfp4", U280, 100, **SHAPE)
    assert odd.hardware.engine.modes[0].k_max % 32 == 0


def test_what_is_not_known_is_asked_for():
    board = replace(U280, memory=Memory("DDR4"))
    with pytest.raises(DesignError, match="give --bandwidth"):
        machine("w4a8", board, 512, **SHAPE)
    with pytest.raises(DesignError, match="hadamard is a unit"):
        machine("hadamard", U280, 512, **SHAPE)


def test_the_picture_is_a_picture(w4a8):
    root = ElementTree.fromstring(draw(ONE, w4a8, sweep(ONE, w4a8, [1, 2, 4, 64])))
    assert root.tag.endswith("svg")
    assert len([item for item in root.iter() if item.tag.endswith("circle")]) == 4
