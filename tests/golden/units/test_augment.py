"""Residual channels: codes of residuals against fractions, and that a product gains by them."""

from fractions import Fraction

import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.golden.streams import Beats
from macsmith.golden.units import Augment

from macsmith import design, lookup, quantize

FORMATS = ("values", "element", "scale", "tensor", "zero", "shift")
CASES = {
    "nvfp4": {"scale": "ue4m3", "rule": "nearest", "tensor": "fp32"},
    "mxfp4": {"scale": "e8m0", "rule": "floor"},
    "mxfp8": {"element": "e4m3", "scale": "e8m0", "rule": "rceil"},
    "int4": {"element": "int4", "scale": "fp16", "rule": "absmax", "values": "fp16"},
}


def unit(**given):
    given = {"block": 16, "lanes": 4, "columns": 64, "augmented": 32, **given}
    return Augment(
        name="n", **{key: lookup(v) if key in FORMATS and v else v for key, v in given.items()}
    )


def nearest(fmt, exact):
    """The element of a format next to a fraction, of even code between two; by search."""
    codes = np.arange(1 << fmt.bits - 1)
    numbers = fmt.decode(codes)
    codes, numbers = codes[np.isfinite(numbers)], numbers[np.isfinite(numbers)]
    place = int(np.searchsorted(numbers, float(abs(exact))))
    near = range(max(place - 2, 0), min(place + 2, len(codes)))
    best = min(near, key=lambda n: (abs(Fraction(float(numbers[n])) - abs(exact)), codes[n] & 1))
    return np.copysign(float(numbers[best]), -1 if exact < 0 else 1)


@pytest.mark.parametrize("name", CASES)
def test_residuals_are_what_codes_lost(name):
    """By fractions, and by ``quantize`` of these residuals."""
    made = unit(**CASES[name])
    rng = np.random.default_rng(3)
    x = made.values.encode(rng.standard_t(3, (3, 64)) * 2.0 ** rng.integers(-6, 6, (3, 1)))
    tensor = made.tensor.encode(np.array([1.0, 0.3, 7.0])) if made.tensor else None
    sent = {"values": Beats((x.reshape(-1, 4),), (None,), np.zeros(48, bool))}
    if made.tensor:
        sent["tensor"] = Beats((tensor[:, None],), (None,), np.zeros(3, bool))
    found = made.answer(sent)["result"]
    codes, scales = found.values[0].reshape(3, 96), found.values[1].reshape(3, 24)[:, ::4]
    assert found.last.tolist() == ([False] * 23 + [True]) * 3

    numbers = made.values.decode(x)
    left = np.zeros((3, 32))
    for token in range(3):
        outer = Fraction(float(made.tensor.decode(tensor[token]))) if made.tensor else 1
        for k in range(32):
            q = Fraction(float(made.element.decode(codes[token, k])))
            s = Fraction(float(made.scale.decode(scales[token, k // 16])))
            product = np.float32(float(q * s * outer))  # of 53 bits and more only beside a tensor
            exact = Fraction(float(numbers[token, k])) - Fraction(float(product))
            left[token, k] = nearest(made.values, exact)
    outer = {"tensor": tensor[:, None]} if made.tensor else None
    for part, values in ((slice(64), numbers), (slice(64, 96), left)):
        same = quantize(values, made.operand, scale_rule=made.rule, outer=outer, saturate=True)
        np.testing.assert_array_equal(codes[:, part], next(iter(same.codes.values())))
        blocks = slice(part.start and part.start // 16, part.stop // 16)
        np.testing.assert_array_equal(scales[:, blocks], same.scales["scale"])


def test_the_chosen_channels_have_codes_as_fine_as_eight_bits():
    """Of E2M1 with residuals the error is at most twice that of MXFP8's E4M3, as in the paper; of
    the other channels it is more than four times as much."""
    made = unit(**CASES["mxfp4"] | {"rule": "rceil", "block": 32, "augmented": 32})
    x = np.random.default_rng(5).normal(size=(200, 64))
    codes = made.values.encode(x)
    sent = {"values": Beats((codes.reshape(-1, 4),), (None,), np.zeros(3200, bool))}
    result = made.answer(sent)["result"]
    numbers = made.element.decode(result.values[0]) * made.scale.decode(result.values[1])
    numbers, exact = numbers.reshape(200, 96), made.values.decode(codes)
    both = numbers[:, :32] + numbers[:, 64:]
    errors = [np.std(both - exact[:, :32]), np.std(numbers[:, 32:64] - exact[:, 32:])]
    fine = unit(**CASES["mxfp8"] | {"block": 32}).plain.operand
    eight = quantize(exact, fine, scale_rule="rceil")
    scales = np.repeat(lookup("e8m0").decode(eight.scales["scale"]), 32, axis=1)
    fine = lookup("e4m3").decode(next(iter(eight.codes.values()))) * scales
    assert errors[0] < 2 * np.std(fine - exact) and errors[1] > 4 * errors[0]


def test_what_is_no_number_has_no_residual():
    made = unit(**CASES["mxfp4"])
    codes = np.full((16, 4), made.values.encode(1.3))
    codes[1, 2] = 0x7F80
    found = made.answer({"values": Beats((codes,), (None,), np.zeros(16, bool))})["result"]
    nan = made.scale.nan_code
    assert (found.values[1][:4] == nan).all() and (found.values[1][16:20] == nan).all()
    assert (found.values[1][4:16] != nan).all() and (found.values[1][20:] != nan).all()
    assert (found.values[0][16:20] & 7 == 0).all()


def test_tokens_that_are_not_whole_give_nothing():
    made = unit(**CASES["nvfp4"])
    [sent] = made.trials(1, np.random.default_rng(1))
    tensor = Beats((sent["tensor"].values[0][:1],), (None,), np.zeros(1, bool))
    assert len(made.answer(sent | {"tensor": tensor})["result"]) == 24
    assert len(made.answer(sent)["result"]) == 48


def test_the_preset_is_arcquants_format():
    made = design("arcquant")
    assert (made.element.name, made.scale.name, made.block) == ("e2m1", "ue4m3", 16)
    assert (made.columns, made.augmented, made.tensor.name) == (4096, 128, "fp32")


@pytest.mark.parametrize(
    "given, message",
    [
        ({"augmented": 24}, "augmented must be a multiple of 16, whole blocks and beats, got 24"),
        ({"columns": 72}, "columns must be a multiple of 16"),
        ({"augmented": 80}, "augmented must be 16 to 64, got 80"),
        ({"vectors": 2}, "residual channels go with vectors = 1 alone, got 2"),
        ({"random_bits": 4}, "residual channels go with random_bits = 0 alone, got 4"),
        ({"shift": "bf16"}, "residual channels go with shift = None alone, got bf16"),
    ],
)
def test_what_cannot_be_is_told(given, message):
    with pytest.raises(DesignError, match=message):
        unit(**CASES["mxfp4"], **given)
