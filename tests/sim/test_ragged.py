"""Matrices of any shape through the simulated hardware: the golden model's results, bit for bit."""

import numpy as np
import pytest
from macsmith.golden.formats import Format

from macsmith import DesignError, Options, design, matmul, quantize, simulate

#: What is filled up, and how: designs whose lanes and groups do not divide K.
ENGINES = {
    "zero points on both sides, groups of 16 and 48": (
        "w4a8",
        dict(
            group=16,
            activation_group=48,
            activation_zero_point="int8",
            rows=2,
            cols=3,
            accumulate="fp32",
            partials=4,
        ),
    ),
    "MX, blocks of 32": ("mxfp4", dict(rows=3, cols=4, partials=2)),
    "blocks of rows and columns": ("deepseek_fp8", dict(cols=5)),
    "raw": ("int4xe4m3", dict(rows=3, cols=2)),
    "aligned, few bits": (
        "e4m3xe4m3",
        dict(accumulate="aligned", fraction=7, group=8, rows=4, cols=4, partials=4),
    ),
    "stationary": ("int8xint8", dict(flow="weight_stationary", policy="dsp", lanes=8)),
}
SHAPES = {
    "blocks of rows and columns": [(5, 7, 200), (131, 2, 136), (1, 1, 1)],
    "stationary": [(5, 3, 7), (4, 9, 1), (3, 4, 8)],
}
USUAL = [(5, 7, 37), (1, 1, 1), (4, 3, 100)]


def codes(rng, operand, shape):
    """Codes at random: of zero points too, which real values seldom have far from zero."""
    held = quantize(rng.normal(size=shape) + rng.normal(size=(shape[0], 1)), operand)
    for name, fmt in operand.codes.items():
        held.codes[name][...] = rng.choice(finite(fmt), shape)
    for level in operand.levels:
        if level.integer:
            every = rng.integers(0, 1 << level.format.bits, held.scales[level.name].shape)
            held.scales[level.name][...] = every
    return held


def finite(fmt):
    return fmt.legal[np.isfinite(fmt.decode(fmt.legal))]


@pytest.mark.parametrize("kind", ENGINES)
def test_results_are_those_of_the_true_shape(kind):
    name, options = ENGINES[kind]
    engine = design(name, Options(**options))
    for rows, columns, k in SHAPES.get(kind, USUAL):
        rng = np.random.default_rng(rows * k)
        w = codes(rng, engine.arithmetic.weight, (rows, k))
        a = codes(rng, engine.arithmetic.activation, (columns, k))
        wanted, found = matmul(engine, w, a), simulate(engine, w, a)
        assert found.values.shape == (rows, columns)
        np.testing.assert_array_equal(found.values, wanted.values)
        assert found.format == wanted.format
        assert isinstance(found.format, Format) or not found.flags.nan.any() or "e4m3" in name


def test_what_has_no_zero_is_refused():
    engine = design("bipolar2xbipolar4", Options(rows=1, cols=1))
    ones = np.zeros((1, 6), np.uint8)
    with pytest.raises(DesignError, match="^K = 6 would be filled up to 8 with zeros, and neither"):
        simulate(engine, ones, ones)
    whole = np.zeros((1, 8), np.uint8)
    assert simulate(engine, whole, whole).values == matmul(engine, whole, whole).values
