"""I-LayerNorm against I-ViT's definition, written in fractions."""

from math import isqrt, sqrt

import numpy as np
import pytest
from ivit import layer_norm, shortened
from macsmith.golden.errors import DesignError
from macsmith.golden.units import ILayerNorm
from macsmith.golden.units.ilayernorm import mean, root

from macsmith import lookup


def unit(**given):
    return ILayerNorm(**{"name": "n", "token": 32, "lanes": 4, **given})


@pytest.mark.parametrize("norm", ["l2", "l1"])
@pytest.mark.parametrize("values, bias", [("int16", "int32"), ("int8", "int8"), ("int4", None)])
def test_tokens_of_all_kinds(values, bias, norm):
    made = unit(values=lookup(values), bias=bias and lookup(bias), norm=norm)
    tokens = 0
    for trial in made.trials(40, np.random.default_rng(1)) + made.bounds():
        x = made.source.integers(trial["values"].values[0])
        biases = np.zeros(x.shape, np.int64)
        if bias:
            biases = lookup(bias).integers(trial["channel"].values[0])
        found = made.answer(trial)["result"].values[0]
        y = made.result.integers(found)
        assert (found == np.asarray(y).astype(np.int64) & (1 << made.result.bits) - 1).all()
        start = 0
        for end in shortened(np.flatnonzero(trial["values"].last).tolist(), made.beats):
            part, tokens = slice(start, end + 1), tokens + 1
            expected = layer_norm(x[part].ravel().tolist(), biases[part].ravel().tolist(), norm)
            assert y[part].ravel().tolist() == expected
            start = end + 1
    assert tokens > 100


def test_means_are_rounded_to_nearest_even():
    for total in range(-20, 21):
        for count in (1, 2, 3, 4, 6, 8):
            x = np.full(count, total // count)
            x[: total % count] += 1
            assert mean(x) == round(total / count)  # exact in these few bits


@pytest.mark.parametrize("square", [0, 1, 4095, 4096, 10**6, 2**32, 2**40 + 1, 4096 * 65535**2])
def test_the_root_is_exact_where_ten_steps_are_enough(square):
    assert root(square) >= max(64, isqrt(square))
    assert square < 2**16 or root(square) - isqrt(square) < 2


def test_the_root_of_any_square_of_some_size():
    rng = np.random.default_rng(1)
    for square in (int(x) for x in np.exp2(rng.uniform(16, 44, 3000))):
        assert root(square) - isqrt(square) in (0, 1)


def test_results_are_about_the_function_of_the_name():
    x = np.random.default_rng(1).integers(-3000, 3000, 32)
    y = unit(bias=None).of_token(x) * sqrt(32) / 2**30
    assert np.abs(y - (x - x.mean()) / x.std()).max() < 0.001
    y = unit(bias=None, norm="l1").of_token(x) * 32 / 2**30
    assert np.abs(y - (x - x.mean()) / np.abs(x - x.mean()).mean()).max() < 0.001


def test_results_without_bias_have_32_bits():
    """The widest: all of the deviation in one value, beside a root that is rounded down."""
    for trial in unit(bias=None, token=4, lanes=4).bounds():
        assert trial.keys() == {"values"}
    most = 0
    for high in range(-128, 128):
        for x in ([high, 0], [high, -128, -128, -128], [high, 0, 0, 0, 0]):
            y = unit(values=lookup("int8"), bias=None).of_token(np.array(x))
            most = max(most, int(np.abs(y).max()))
    assert 2**29 < most < 2**31


def test_what_cannot_be_is_told():
    with pytest.raises(DesignError) as told:
        unit(bias=lookup("uint8"))
    assert str(told.value) == "bias must be a signed integer of 2 to 32 bits, got uint8"
    with pytest.raises(DesignError, match="norm 'l3'.*l1"):
        unit(norm="l3")
