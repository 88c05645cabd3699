"""Quantizers with zero points against fractions, golden.quantize and onnxruntime."""

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.golden.streams import Beats
from macsmith.golden.units import Quantize
from second_models import ranges
from second_models.onnx_model import dynamic_quantize_linear

from macsmith import design, lookup, quantize

FORMATS = ("values", "element", "scale", "tensor", "zero")


def unit(bits=8, **given):
    given = {"element": f"uint{bits}", "zero": f"uint{bits}", "scale": "fp32", "rule": "nearest",
             **given}  # fmt: skip
    return Quantize(
        name="q", **{key: lookup(v) if key in FORMATS else v for key, v in given.items()}
    )


def answered(given, x, last=None):
    """Codes, scales and zero points of the beats of numbers ``x`` (beats, lanes)."""
    last = np.zeros(len(x), bool) if last is None else np.asarray(last)
    beats = Beats((given.values.encode(x, saturate=False),), (None,), last)
    return given.answer({"values": beats})["result"].values


@pytest.mark.parametrize("index", range(8))
@pytest.mark.parametrize(
    "bits, given",
    [
        (8, {"values": "fp32"}),
        (8, {"scale": "bf16", "rule": "absmax"}),
        (5, {"scale": "fp16", "rule": "absmax"}),
        (3, {"scale": "bf16", "values": "fp16"}),
    ],
)
def test_what_the_bench_sends_is_answered_as_fractions_say(bits, given, index):
    """Each kind of its trials; blocks with NaN or infinity have the scale NaN and zeros."""
    q = unit(bits, block=8, lanes=8, **given)
    rng = np.random.default_rng(index)
    [trial] = [q.trials(8, rng)[index]]
    codes, scales, zeros = q.answer(trial)["result"].values
    for x, own, held, zero in zip(
        q.values.decode(trial["values"].values[0]), codes, scales[:, 0], zeros[:, 0], strict=True
    ):
        if not np.isfinite(x).all():
            assert held == q.scale.nan_code and not zero and not own.any()
            continue
        up = q.rule == "absmax"
        s, point, want = ranges.block(x, bits, q.scale.name, up=up)
        assert Fraction(float(q.scale.decode(held))) == s and zero == point
        assert own.tolist() == want


def test_answers_are_those_of_quantize():
    q = unit(4, block=16, lanes=4, scale="fp16", rule="absmax")
    x = np.random.default_rng(1).normal(1, 1, (20, 16))
    x = q.values.decode(q.values.encode(x))
    codes, scales, zeros = answered(q, x.reshape(-1, 4))
    same = quantize(x, q.operand, scale_rule="absmax")
    np.testing.assert_array_equal(codes.reshape(20, 16), same.codes["code"])
    np.testing.assert_array_equal(scales[::4], same.scales["scale"])
    np.testing.assert_array_equal(zeros[::4], same.scales["zero"])


def test_a_token_of_uint8_is_onnxruntimes():
    """Of a token whose scale has many bits no quotient is next to a tie."""
    q = design("quantize_uint8")
    x = np.random.default_rng(4).normal(0.3, 1, (4096, 1))
    x = x.astype(ml_dtypes.bfloat16).astype(np.float32)
    codes, scales, zeros = answered(q, x)
    theirs, scale, zero = dynamic_quantize_linear(x.T)
    assert set(scales.view(np.float32)[:, 0]) == {scale} and set(zeros[:, 0]) == {zero}
    np.testing.assert_array_equal(codes.T, theirs)


def test_zeros_one_side_and_what_is_not_finite():
    q = unit(4, block=4, lanes=4)
    x = np.array([[0, -0.0, 0, 0], [3, 6, 15, 7.5], [-15, -1, -2, 0], [1, np.inf, 0, 0],
                  [1, 2, -np.nan, 0], [-(2.0**-133), 0, 0, 0]])  # fmt: skip
    codes, scales, zeros = answered(q, x)
    assert zeros[:, 0].tolist() == [0, 0, 15, 0, 0, 15]
    assert scales.view(np.float32)[[0, 1, 2], 0].tolist() == [1, 1, 1]
    assert scales[3:5, 0].tolist() == [q.scale.nan_code] * 2
    assert codes[:5].tolist() == [[0] * 4, [3, 6, 15, 8], [0, 14, 13, 15], [0] * 4, [0] * 4]


@pytest.mark.parametrize(
    "given, message",
    [
        ({"element": "int8"}, "beside a zero point elements are unsigned.*such as uint8, got int8"),
        ({"zero": "uint4"}, "a zero point has the format of its elements, uint8, got uint4"),
        ({"scale": "e8m0"}, "no power of two, such as bf16, fp16 or fp32, got e8m0"),
        ({"tensor": "fp32"}, "stands one scale.*got a tensor's scale"),
        ({"element": "uint9", "zero": "uint9"}, "unsigned integers of 2 to 8 bits.*got uint9"),
        ({"zero": None}, "choose zero = uint8, or int8_sym elements, got uint8 alone"),
    ],
)
def test_what_cannot_be_is_told(given, message):
    with pytest.raises(DesignError, match=message):
        Quantize(
            name="q",
            **{
                key: lookup(v) if key in FORMATS and v else v
                for key, v in {"element": "uint8", "zero": "uint8", "scale": "fp32",
                               "rule": "nearest", **given}.items()
            },
        )  # fmt: skip
