"""Quantizers against golden.quantize, ml_dtypes, gfloat and a second model with exact numbers."""

from fractions import Fraction

import gfloat
import gfloat.formats
import ml_dtypes
import numpy as np
import pytest
from macsmith.golden.description import TENSOR
from macsmith.golden.errors import DesignError, UnknownName
from macsmith.golden.streams import Beats
from macsmith.golden.units import Quantize
from second_models import scale_rules

from macsmith import Level, Operand, Plane, group, lookup, quantize

FORMATS = ("values", "element", "scale", "tensor")
RULES = ("floor", "even", "ceil", "rceil")
TYPES = {"bf16": ml_dtypes.bfloat16, "fp16": np.float16, "fp32": np.float32}
ELEMENTS = {
    "e2m1": ml_dtypes.float4_e2m1fn,
    "e2m3": ml_dtypes.float6_e2m3fn,
    "e3m2": ml_dtypes.float6_e3m2fn,
    "e4m3": ml_dtypes.float8_e4m3fn,
    "e5m2": ml_dtypes.float8_e5m2,
}


def unit(**given):
    formats = {key: lookup(value) for key, value in given.items() if key in FORMATS}
    return Quantize(name="q", **{**given, **formats})


def answered(given, codes, last=None):
    """Codes and scales of the beats of ``codes`` (beats, lanes)."""
    last = np.zeros(len(codes), bool) if last is None else np.asarray(last)
    beats = Beats((codes,), (None,), last)
    return given.answer({"values": beats})["result"]


def drawn(seed, count=200, width=32):
    rng = np.random.default_rng(seed)
    x = rng.standard_t(3, (count, width)) * np.exp2(rng.integers(-20, 20, (count, 1)))
    x[:8] *= 2.0**-120
    x[9] = 0
    return x


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("element", [*ELEMENTS, "mxint8", "int8", "int4_sym"])
def test_answers_are_those_of_quantize(element, rule):
    q = unit(element=element, rule=rule, lanes=8)
    codes = q.values.encode(drawn(1))
    found = answered(q, codes.reshape(-1, 8))
    plane = Plane(q.element, (Level(lookup("e8m0"), group(32), "scale"),))
    want = quantize(q.values.decode(codes), Operand((plane,)), scale_rule=rule)
    np.testing.assert_array_equal(found.values[0].reshape(-1, 32), next(iter(want.codes.values())))
    np.testing.assert_array_equal(found.values[1][::4, 0], want.scales["scale"][:, 0])
    # The scale stands beside each beat of its block.
    np.testing.assert_array_equal(found.values[1][::4], found.values[1][3::4])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("element", ELEMENTS)
@pytest.mark.parametrize("values", TYPES)
def test_it_is_scale_and_cast_as_ml_dtypes_do(values, element, rule):
    q = unit(values=values, element=element, rule=rule, lanes=32)
    x = np.clip(drawn(2), *(np.array([-1, 1]) * float(q.values.maximum))).astype(TYPES[values])
    found = answered(q, x.view(np.uint16 if values != "fp32" else np.uint32))
    for block, codes, scale in zip(x, *found.values, strict=True):
        block = block.astype(np.float64)
        largest = Fraction(float(np.abs(block).max()))
        power = scale_rules.exponent(rule, largest, element) if largest else -127
        assert scale[0] == min(max(power, -127), 127) + 127
        top = float(scale_rules.ELEMENTS[element][0])
        ratio = np.clip(block * 2.0 ** -(int(scale[0]) - 127), -top, top)
        # The ratio is exact, and FP32 holds it but for what is far below any element.
        want = ratio.astype(np.float32).astype(ELEMENTS[element]).view(np.uint8)
        np.testing.assert_array_equal(codes, want)


def test_gfloat_rounds_alike():
    q = unit(element="e2m1", lanes=32)
    x = drawn(3).astype(ml_dtypes.bfloat16)
    found = answered(q, x.view(np.uint16))
    info = gfloat.formats.format_info_ocp_e2m1
    for block, codes, scale in zip(x.astype(float), *found.values, strict=True):
        ratio = block * 2.0 ** -(int(scale[0]) - 127)
        rounded = gfloat.round_ndarray(info, ratio, sat=True)
        np.testing.assert_array_equal(q.element.decode(codes), rounded)


def test_a_block_that_is_not_finite_has_the_scale_nan_and_zeros():
    q = unit(lanes=16)
    x = np.full((6, 16), -1.5)
    x[1, 3], x[4, 0] = np.nan, -np.inf
    found = answered(q, q.values.encode(x, saturate=False))
    assert found.values[1][:, 0].tolist() == [255, 255, 125, 125, 255, 255]
    assert set(found.values[0][0]) == {8} and found.values[0][1, 3] == 0
    assert not (found.values[0][4:] & 7).any() and found.values[0][2:4].all()


def test_last_ends_a_block_early_and_what_is_not_whole_does_not_come():
    q = unit(lanes=8)
    x = np.ones((7, 8)) * np.array([1, 2, 4, 8, 16, 32, 64])[:, None]
    last = [False, True, False, False, False, False, False]
    found = answered(q, q.values.encode(x), last)
    assert found.last.tolist() == last[:6]
    scale = found.values[1][:, 0].astype(int) - 127
    assert scale.tolist() == [-1, -1, 3, 3, 3, 3]  # 2 and 32 over 4


def test_several_blocks_in_a_beat_have_a_scale_each():
    q = unit(lanes=64, block=16)
    x = np.repeat(np.exp2([0, 1, 2, 3]), 16)[None]
    found = answered(q, q.values.encode(x))
    assert found.values[1].tolist() == [[125, 126, 127, 128]]


def test_greatest_scales_saturate():
    for rule, scale in (("floor", 254), ("ceil", 254), ("rceil", 254), ("even", 254)):
        q = unit(element="mxint8", rule=rule, lanes=32)
        codes = np.full((1, 32), q.source.max_code, np.uint16)
        assert answered(q, codes).values[1].tolist() == [[scale]]


def exact(code, name):
    """A code's value as a fraction."""
    return Fraction(float(lookup(name).decode(np.array([code]))[0]))


def nearest_in(name, wanted, up=False):
    """The code of the scale next to ``wanted``, ties to even, or of the least that is not less."""
    codes = np.arange(lookup(name).max_code + 1, dtype=lookup(name).dtype)
    held = lookup(name).decode(codes)
    right = int(np.searchsorted(held, float(wanted)))
    near = [c for c in range(right - 2, right + 3) if 0 <= c < len(codes)]
    if up:
        return next((c for c in near if exact(c, name) >= wanted), near[-1])
    return min(near, key=lambda c: (abs(exact(c, name) - wanted), c % 2))


@pytest.mark.parametrize("rule", ["absmax", "nearest"])
@pytest.mark.parametrize(
    "element, top, scale, tensor",
    [
        ("int8_sym", 127, "bf16", None),
        ("int4_sym", 7, "fp16", None),
        ("e4m3", 448, "fp16", None),
        ("e2m1", 6, "ue4m3", "fp32"),
    ],
)
def test_float_scales_are_exact_quotients(element, top, scale, tensor, rule):
    """Scales and codes against fractions; ``tensor`` times a scale is exact."""
    given = {"tensor": tensor} if tensor else {}
    q = unit(element=element, scale=scale, rule=rule, block=16, lanes=16, **given)
    x = drawn(4, 60, 16)[10:] * 2.0**3
    x[1] = np.round(x[1] / np.abs(x[1]).max() * 254) / 2  # ties of INT8
    codes = q.values.encode(np.clip(x, -3e4, 3e4))
    outer = np.full((len(codes), 1), lookup("fp32").encode(0.0123), np.uint32)
    sent = {"values": Beats((codes,), (None,), np.ones(len(codes), bool))}
    if tensor:
        sent["tensor"] = Beats((outer,), (None,), np.zeros(len(codes), bool))
    found = q.answer(sent)["result"]
    beside = exact(int(outer[0, 0]), "fp32") if tensor else Fraction(1)
    values = q.values.decode(codes)
    for block, made, held in zip(values, *found.values, strict=True):
        largest = Fraction(float(np.abs(block).max()))
        assert held[0] == nearest_in(scale, largest / top / beside, up=rule == "absmax")
        total = exact(int(held[0]), scale) * beside
        for value, code in zip(block, made, strict=True):
            ratio = Fraction(float(value)) / total if total else Fraction(0)
            if element.startswith("int"):
                want = min(max(round(ratio), -top), top)  # Python's round has ties to even
                assert q.element.integers(np.array([code]))[0] == want
            else:
                own = nearest_in(element, min(abs(ratio), Fraction(top)))
                assert code == own | ((value < 0) << (q.element.bits - 1)) or not own


def test_a_tensors_scale_must_be_positive_and_normal():
    q = unit(scale="ue4m3", rule="nearest", tensor="fp32", block=16, lanes=16)
    fp32 = lookup("fp32")
    outer = np.array([1.0, 0.0, -1.0, np.inf, np.nan, 2.0**-130, 2.0**-126])
    x = np.full((7, 16), -3.0)
    beats = Beats((q.values.encode(x),), (None,), np.ones(7, bool))
    beside = Beats((fp32.encode(outer, saturate=False)[:, None],), (None,), np.zeros(7, bool))
    found = q.answer({"values": beats, "tensor": beside})["result"]
    assert found.values[1][:, 0].tolist() == [0x30, *[0x7F] * 5, 0x7E]
    assert (found.values[0][1:6] == 8).all() and (found.values[0][6] == 15).all()
    # A token waits for its scale.
    short = Beats((beside.values[0][:3],), (None,), np.zeros(3, bool))
    assert len(q.answer({"values": beats, "tensor": short})["result"]) == 3


def test_quantize_takes_outer_scales_that_are_known():
    plane = Plane(
        lookup("e2m1"),
        (Level(lookup("ue4m3"), group(16), "block"), Level(lookup("fp32"), TENSOR, "tensor")),
    )
    x = drawn(5)[10:14]
    outer = {"tensor": lookup("fp32").encode(np.full((1, 1), 0.25))}
    found = quantize(x, Operand((plane,)), scale_rule="nearest", outer=outer)
    np.testing.assert_array_equal(found.scales["tensor"], outer["tensor"])
    want = lookup("ue4m3").encode(np.abs(x).reshape(4, 2, 16).max(axis=2) / 1.5)
    np.testing.assert_array_equal(found.scales["block"], want)
    for wrong, message in (
        ({}, "outer must have codes of the levels tensor, got none"),
        ({"tensor": outer["tensor"][0]}, "must have the shape"),
    ):
        with pytest.raises(DesignError, match=message):
            quantize(x, Operand((plane,)), outer=wrong)
    with pytest.raises(DesignError, match="mse chooses among all scales"):
        quantize(x, Operand((plane,)), scale_rule="mse", outer=outer)
    with pytest.raises(DesignError, match="for one plane of elements"):
        quantize(x, Operand((Plane(lookup("int8")),)), saturate=True)


@pytest.mark.parametrize("values", ["bf16", "fp16"])
@pytest.mark.parametrize("bits", [11, 13, 16])
def test_long_integers_are_significands_aligned_to_the_greatest_exponent(values, bits):
    """Block fixed point by its definition: the greatest exponent is shared, and each significand is
    shifted to it and rounded to the bits beside the sign."""
    q = unit(values=values, element=f"int{bits}", lanes=32)
    x = np.clip(drawn(4), -6e4, 6e4) * (1 if values == "bf16" else 2.0**-8)
    given = q.values.encode(x)
    found = answered(q, given)
    for block, codes, [scale] in zip(q.values.decode(given), *found.values, strict=True):
        exact = [Fraction(float(value)) for value in block]
        if not any(exact):
            continue
        greatest = max(abs(value) for value in exact)
        shared = scale_rules.floor_log2(greatest)
        unit_exponent = max(shared - (bits - 2), -127)
        most = (1 << (bits - 1)) - 1
        wanted = [round(value / Fraction(2) ** unit_exponent) for value in exact]  # ties to even
        signed = [int(code) - (int(code) >> (bits - 1) << bits) for code in codes]
        assert signed == [min(value, most) for value in wanted] and scale == unit_exponent + 127


@pytest.mark.parametrize("lanes", [2, 8, 16])
def test_vectors_side_by_side_are_those_one_by_one(lanes):
    given = {"block": 8, "rule": "even", "lanes": lanes}
    three, one = unit(vectors=3, **given), unit(**given)
    x = drawn(5, 30).astype(np.float32).reshape(3, 320)
    codes = three.values.encode(x).reshape(3, -1, lanes)
    found = answered(three, codes.transpose(1, 0, 2).reshape(-1, 3 * lanes))
    for number, vector in enumerate(codes):
        alone = answered(one, vector)
        for both, own in zip(found.values, alone.values, strict=True):
            parts = both.reshape(len(vector), 3, -1)
            np.testing.assert_array_equal(parts[:, number], own)


@pytest.mark.parametrize(
    "given, message",
    [
        ({"values": "int8"}, "values are floats with infinity and NaN, such as bf16.*got int8"),
        ({"element": "int17"}, "elements are signed integers of 2 to 8 bits.*got int17"),
        ({"element": "int9", "scale": "fp16", "rule": "absmax"}, "of 2 to 8 bits.*got int9"),
        ({"vectors": 64, "lanes": 8}, "vectors × lanes must be at most 256, got 64 × 8"),
        ({"element": "nf4"}, "elements are signed integers.*got nf4"),
        ({"lanes": 3}, "lanes must divide a block of 32 values or be a multiple of it, got 3"),
        ({"block": 1}, "block must be 2 to 4096, got 1"),
        ({"scale": "int8"}, "scales are floats with NaN, such as e8m0, ue4m3.*got int8"),
        ({"tensor": "fp32"}, "beside a tensor's scale, scales are floats of up to 3.*got e8m0"),
        ({"tensor": "int8", "scale": "ue4m3", "rule": "nearest"}, "a tensor's scale is a float"),
    ],
)
def test_what_cannot_be_is_told(given, message):
    with pytest.raises(DesignError, match=message):
        unit(**given)


def test_unknown_rules_are_answered_with_the_close_ones():
    with pytest.raises(UnknownName, match="'celi'.*ceil"):
        unit(rule="celi")
    with pytest.raises(UnknownName, match="rule of fp16 scales 'floor'.*absmax, nearest"):
        unit(scale="fp16")


@pytest.mark.parametrize("key", FORMATS)
def test_a_format_is_no_name(key):
    with pytest.raises(TypeError, match=f"{key} must be a format"):
        Quantize(name="q", **{key: "bf16"})
