"""Quantizers that make a tensor's scale of each token: against NumPy's FP32 and golden.quantize."""

from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.golden.streams import Beats
from macsmith.golden.units import Quantize

from macsmith import design, lookup, quantize

FORMATS = ("values", "element", "scale", "tensor", "zero", "shift", "factor", "inner")
NVFP4 = {"scale": "ue4m3", "rule": "nearest", "block": 16, "tensor": "fp32", "lanes": 16}


def unit(**given):
    given = {**NVFP4, **given}
    return Quantize(
        name="q", **{key: lookup(v) if key in FORMATS else v for key, v in given.items()}
    )


def answered(q, x, last):
    """The beats of the result of numbers (beats, lanes)."""
    codes = q.values.encode(x, saturate=False)
    return q.answer({"values": Beats((codes,), (None,), np.asarray(last))})["result"]


def drawn(seed, tokens, beats, width=16):
    rng = np.random.default_rng(seed)
    x = rng.standard_t(3, (tokens, beats, width)) * np.exp2(rng.integers(-20, 20, (tokens, 1, 1)))
    x = x.astype(ml_dtypes.bfloat16).astype(float).reshape(-1, width)
    return x, np.arange(tokens * beats) % beats == beats - 1


def test_a_token_s_scale_is_the_fp32_quotient_of_torchao():
    """amax.to(float32) / (448 * 6), then the scales and codes of a unit that is told it."""
    q = unit(token=64)
    x, last = drawn(1, 50, 4)
    amax = np.abs(x).reshape(50, -1).max(axis=1).astype(np.float32)
    told = (amax / np.float32(448 * 6)).astype(np.float32)
    found = answered(q, x, last)
    np.testing.assert_array_equal(found.values[2].view(np.float32)[:, 0], np.repeat(told, 4))
    sent = {
        "values": Beats((q.values.encode(x),), (None,), last),
        "tensor": Beats((told.view(np.uint32)[:, None],), (None,), np.zeros(50, bool)),
    }
    want = unit().answer(sent)["result"]
    for one, other in zip(found.values[:2], want.values, strict=True):
        np.testing.assert_array_equal(one, other)


def test_absmax_is_what_quantize_makes_of_each_token():
    q = unit(token=64, rule="absmax")
    x, last = drawn(2, 20, 4)
    found = answered(q, x, last)
    for token in range(20):
        row = x[4 * token : 4 * token + 4].reshape(1, -1)
        same = quantize(row, q.operand, scale_rule="absmax")
        own = [field[4 * token : 4 * token + 4] for field in found.values]
        np.testing.assert_array_equal(own[0].reshape(1, -1), same.codes["code"])
        np.testing.assert_array_equal(own[1].reshape(1, -1), same.scales["scale"])
        assert set(own[2][:, 0]) == set(same.scales["tensor"][:, 0])


@pytest.mark.parametrize("rule", ["nearest", "absmax"])
def test_quotients_are_rounded_once(rule):
    """Next to ties and to numbers of FP32 itself, by fractions."""
    q = unit(token=16, rule=rule, values="fp32")
    ideal = np.float32(1.5) + np.arange(40, dtype=np.float32) * np.float32(2.0**-23)
    near = (
        ideal.astype(float)[:, None] * 2688 * (1 + np.array([0, 2.0**-24, -(2.0**-24)]))
    ).ravel()
    x = np.zeros((len(near), 16))
    x[:, 3] = -near.astype(np.float32).astype(float)
    found = answered(q, x, np.ones(len(x), bool)).values[2].view(np.float32)[:, 0]
    for value, made in zip(-x[:, 3], found, strict=True):
        wanted = Fraction(value) / 2688
        around = [np.nextafter(made, np.float32(end)) for end in (0, np.inf)]
        below, above = (Fraction(float(number)) for number in around)
        own = Fraction(float(made))
        if rule == "absmax":
            assert below < wanted <= own
        else:
            assert max(wanted - own, own - wanted) <= min(above - wanted, wanted - below)


def test_a_token_ends_when_it_is_as_long_as_it_may_be():
    q = unit(token=32)
    x = np.ones((5, 16)) * np.array([1, 2, 4, 8, 16])[:, None]
    found = answered(q, x, np.zeros(5, bool))
    assert found.last.tolist() == [False, True, False, True]
    scales = found.values[2].view(np.float32)[:, 0]
    assert scales.tolist() == [np.float32(v / 2688) for v in (2, 2, 8, 8)]


def test_tokens_of_zeros_and_of_what_is_no_number():
    q = unit(token=32)
    x = np.ones((6, 16))
    x[:2], x[3, 5] = 0.0, np.inf
    found = answered(q, x, np.arange(6) % 2 == 1)
    codes, scales, tensor = found.values
    assert tensor[:2, 0].tolist() == [1 << 23] * 2 and not codes[:2].any() and not scales[:2].any()
    assert tensor[2:4, 0].tolist() == [0x7FC00000] * 2 and scales[2:4, 0].tolist() == [0x7F] * 2
    assert not codes[2:4].any() and (codes[4:] == 7).all()


def test_the_preset_takes_tokens_of_4096_values():
    q = design("quantize_nvfp4_token")
    assert q.token == 4096 and [stream.name for stream in q.streams] == ["values", "result"]


@pytest.mark.parametrize(
    "given, message",
    [
        ({"token": 24}, "token must be a multiple of 16, got 24"),
        (
            {"token": 64, "lanes": 32, "block": 16, "tensor": None},
            "choose its format, tensor = fp32",
        ),
        ({"token": 64, "shift": "bf16"}, "leave out token, or shift and factor"),
        ({"token": 1 << 15}, "token must be 0 to 16384, got 32768"),
    ],
)
def test_what_cannot_be_is_told(given, message):
    given = {**NVFP4, **given}
    formats = {key: lookup(v) if key in FORMATS and v else v for key, v in given.items()}
    with pytest.raises(DesignError, match=message):
        Quantize(name="q", **formats)
