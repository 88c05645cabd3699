"""Errors of designs, against quantization written out with NumPy alone."""

import numpy as np
import pytest
from macsmith.studies.accuracy import Data, accuracy, bare, checked, drawn

from macsmith import DesignError, Options, design


def written_out(x, most=127):
    """INT8 with the least FP32 scale a row that clips nothing, to the nearest, ties to even."""
    scale = np.abs(x).max(1, keepdims=True) / most
    rounded = scale.astype(np.float32)
    low = rounded.astype(np.float64) < scale
    rounded = np.where(low, np.nextafter(rounded, np.float32(np.inf)), rounded)
    return np.rint(x / rounded.astype(np.float64)), rounded.astype(np.float64)


def decibels(wanted, found):
    return 10 * np.log10((wanted**2).sum() / ((wanted - found) ** 2).sum())


def test_a_pair_without_scales_gets_one_a_row():
    rng = np.random.default_rng(5)
    w, x = rng.normal(size=(9, 40)), rng.standard_t(3, size=(7, 40))
    (qw, sw), (qx, sx) = written_out(w), written_out(x)
    found = accuracy(design("int8xint8"), Data("own", "own", ((w, x),)))
    assert found.weight == pytest.approx(decibels(w, qw * sw), rel=1e-12)
    assert found.activation == pytest.approx(decibels(x, qx * sx), rel=1e-12)
    assert found.product == pytest.approx(decibels(w @ x.T, (qw @ qx.T) * sw * sx.T), rel=1e-9)
    # The deployed design has the same scales inside, and rounds to FP32 twice more.
    deployed = accuracy(design("int8"), Data("own", "own", ((w, x),)))
    assert deployed.product == pytest.approx(found.product, abs=1e-3)


def test_several_products_count_alike():
    """The mean in dB, however large their numbers are."""
    rng = np.random.default_rng(6)
    pairs = [(rng.normal(size=(4, 32)), rng.normal(size=(3, 32))) for _ in range(2)]
    alone = [accuracy(design("mxfp4"), Data("a", "a", (pair,))).product for pair in pairs]
    louder = (pairs[0], (1024 * pairs[1][0], pairs[1][1]))
    both = accuracy(design("mxfp4"), Data("a", "a", louder)).product
    assert both == pytest.approx(np.mean(alone), rel=1e-9)


def test_longer_data_than_the_design_was_made_for():
    """The accumulator grows; sums are the same."""
    data = drawn(256, 1)[0]
    short = accuracy(design("w4a8", Options(k_max=128)), data)
    assert short == accuracy(design("w4a8"), data)


def test_which_sides_are_scaled_outside():
    """FP16 takes numbers of all sizes as they are."""
    assert bare(design("int8xint8").arithmetic) == ["weight", "activation"]
    assert bare(design("e4m3xe4m3").arithmetic) == ["weight", "activation"]
    assert bare(design("w4a16").arithmetic) == bare(design("nvfp4").arithmetic) == []
    assert bare(design("int4xfp16").arithmetic) == ["weight"]


def test_drawn_data_has_outliers_or_none_and_is_the_same_for_a_seed():
    gaussian, heavy = drawn(4096, 3)
    [(w, x)], [(heavy_w, _)] = gaussian.products, heavy.products
    assert w.shape == (64, 1024) and x.shape == (16, 1024)
    assert np.abs(w).max() < 6 < 20 < np.abs(heavy_w).max()
    assert (drawn(4096, 3)[1].products[0][0] == heavy_w).all()
    assert drawn(8, 3)[0].products[0][0].shape == (64, 8)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (Options(relu=True, output="fp32"), "cut off"),
        (Options(output="fp32", bias="fp32"), "more than a product"),
    ],
)
def test_results_that_are_no_products_have_no_error(options, message):
    with pytest.raises(DesignError, match=message):
        accuracy(design("w8a8", options), drawn(64, 1)[0])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros(3), "two axes"),
        (np.zeros((0, 3)), "two axes"),
        (np.zeros((2, 3)), "all zeros"),
        (np.full((2, 3), np.nan), "finite"),
        (np.array([["a"]]), "must be a matrix of numbers"),
    ],
)
def test_data_that_is_no_matrix_is_refused(values, message):
    with pytest.raises(DesignError, match=message):
        checked(values, "activations")
