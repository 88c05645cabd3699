"""Dequantizers against NumPy, ml_dtypes and gguf where those round once, else exact fractions."""

from fractions import Fraction

import gguf
import ml_dtypes
import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.golden.quantize.powers import power_scales
from macsmith.golden.quantize.progressive import check_progressive, progressive
from macsmith.golden.streams import Beats
from macsmith.golden.units import Dequantize

from macsmith import lookup

BF16, E4M3 = ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn


def unit(element, result, scales=(), zero=None, **more):
    formats = {"element": lookup(element), "result": lookup(result)}
    formats |= {"scales": tuple(map(lookup, scales)), "zero": zero and lookup(zero)}
    return Dequantize(name="d", **{"group": 16, "lanes": 4, **formats, **more})


def check(given, codes, wanted):
    """Equal codes; where NaN is wanted, a NaN. At least one result is NaN."""
    bits, nan = wanted.view(f"u{wanted.dtype.itemsize}"), np.isnan(wanted.astype(np.float64))
    assert (codes[~nan] == bits[~nan]).all()
    assert nan.any() and np.isnan(given.result.decode(codes[nan])).all()


@pytest.mark.parametrize("zero", [None, "uint4"])
def test_fp16_is_numpys_product_for_every_scale(zero):
    """(q - z) · s is exact in float64, which NumPy rounds to float16 once: all 2^16 scales, every
    difference."""
    given = unit("uint4" if zero else "int4", "fp16", ["fp16"], zero)
    scales = np.arange(1 << 16, dtype=np.uint16)[:, None]
    codes, zeros = np.arange(16, dtype=np.uint8), np.array([0, 15] if zero else [0], np.uint8)
    for z in zeros:
        values = codes.astype(float) - z if zero else given.element.decode(codes)
        with np.errstate(invalid="ignore", over="ignore"):
            wanted = (values * scales.view(np.float16).astype(float)).astype(np.float16)
        held = {"scale": scales, "zero": z}
        found = given.dequantize(np.broadcast_to(codes, wanted.shape), held)
        check(given, found, wanted)


@pytest.mark.parametrize("result, dtype", [("bf16", BF16), ("e4m3", E4M3)])
@pytest.mark.parametrize("element", ["int4", "int8", "e2m1", "e3m2", "e4m3", "iq4_nl"])
def test_ml_dtypes_rounds_products_that_float32_holds(element, result, dtype):
    """Every code with every BF16 scale (8-bit elements: 2,048 of them)."""
    given = unit(element, result, ["bf16"], overflow="infinity")
    count = 1 << 16 if given.element.bits < 8 else 1 << 11
    scales = np.random.default_rng(1).permutation(1 << 16)[:count].astype(np.uint16)[:, None]
    codes = np.asarray(given.element.legal)
    with np.errstate(invalid="ignore", over="ignore"):
        exact = given.element.decode(codes) * scales.view(BF16).astype(float)
        wanted = exact.astype(np.float32).astype(dtype)
    found = given.dequantize(np.broadcast_to(codes, exact.shape), {"scale": scales})
    check(given, found, wanted)


def test_saturation_stops_at_the_greatest_value():
    given = unit("int4", "e4m3", ["bf16"])
    scale = np.array([448.0, 64.0, np.inf, np.nan, -448.0]).astype(BF16).view(np.uint16)[:, None]
    found = given.result.decode(given.dequantize(np.full((5, 1), 7, np.uint8), {"scale": scale}))
    assert found[:, 0].tolist()[:3] == [448, 448, 448] and np.isnan(found[3, 0])
    assert found[4, 0] == -448


@pytest.mark.parametrize("element, dtype", [("e2m1", "float4_e2m1fn"), ("e4m3", "float8_e4m3fn")])
def test_mx_is_ml_dtypes_product_for_every_scale(element, dtype):
    given = unit(element, "bf16", ["e8m0"])
    codes = np.arange(1 << given.element.bits, dtype=np.uint8)
    scales = np.arange(256, dtype=np.uint8)[:, None]
    powers = scales.view(ml_dtypes.float8_e8m0fnu).astype(float)
    with np.errstate(over="ignore"):
        exact = codes.view(getattr(ml_dtypes, dtype)).astype(float) * powers
        wanted = exact.astype(np.float32).astype(BF16)
    found = given.dequantize(np.broadcast_to(codes, exact.shape), {"scale": scales})
    check(given, found, wanted)


def nearest(value, mantissa, least):
    """A fraction to so many significant bits above 2^``least``'s, ties to even; no overflow."""
    if not value:
        return Fraction(0)
    exponent = least
    while abs(value) >= Fraction(2) ** (exponent + 1):
        exponent += 1
    place = Fraction(2) ** (exponent - mantissa)
    return round(value / place) * place


@pytest.mark.parametrize(
    "element, scales", [("e2m1", ["ue4m3", "fp32"]), ("nf4", ["fp32"]), ("int8", ["fp32", "fp32"])]
)
def test_long_products_are_those_of_fractions(element, scales):
    """Rounded once to BF16, subnormals too: NVFP4, NF4, two FP32 scales."""
    given, rng = unit(element, "bf16", scales), np.random.default_rng(3)
    codes = rng.choice(np.asarray(given.element.legal), 600)
    held, values = {}, [given.element.decode(codes)]
    for number, (name, fmt) in enumerate(given.held.items()):
        spread = rng.uniform(-150 if number == len(scales) - 1 else -3, 3, 600)
        held[name] = fmt.encode(2.0**spread)
        values.append(fmt.decode(held[name]))
    found = given.result.decode(given.dequantize(codes, held))
    for got, *factors in zip(found.tolist(), *[v.tolist() for v in values], strict=True):
        exact = Fraction(1)
        for factor in factors:
            exact *= Fraction(factor)
        assert Fraction(got) == nearest(exact, 7, -126)


def test_gguf_dequantizes_the_same():
    """IQ4_NL blocks: an FP16 scale, then 16 bytes of which byte j holds elements j and j + 16."""
    given, rng = unit("iq4_nl", "fp32", ["fp16"], group=32), np.random.default_rng(5)
    scales = rng.normal(0, 1, 40).astype(np.float16)
    packed = rng.integers(0, 256, (40, 16), dtype=np.uint8)
    blocks = np.concatenate([scales[:, None].view(np.uint8), packed], axis=1)
    wanted = gguf.quants.dequantize(blocks, gguf.GGMLQuantizationType.IQ4_NL)
    codes = np.concatenate([packed & 15, packed >> 4], axis=1)
    found = given.dequantize(codes, {"scale": scales.view(np.uint16)[:, None]})
    assert (found == wanted.view(np.uint32)).all()


def test_qserve_is_the_kernels_bytes():
    """q · s2 and -z · s2 as bytes, added with wrap; scales beyond the range wrap alike."""
    given = unit("uint4", "int8", ["int8"], "uint4", overflow="wrap")
    q, z, s = np.meshgrid(*(np.arange(n, dtype=np.uint8) for n in (16, 16, 18)), indexing="ij")
    wanted = (q * s + (0 - z * s).astype(np.uint8)).astype(np.uint8)
    assert (given.dequantize(q, {"zero": z, "scale": s}) == wanted).all()


def test_progressive_weights_keep_their_ranges():
    w = np.random.default_rng(0).normal(0, 1, (6, 256)) * np.array([1, 5, 0.1, 1, 30, 1])[:, None]
    for rule in ("qserve", "dgq"):
        made = progressive(w, 64, rule)
        given = unit("uint4", "int8", ["int8"], "uint4", overflow="wrap")
        held = {"scale": made.scales[:, :, None], "zero": made.zeros[:, :, None]}
        codes = given.dequantize(made.codes.reshape(6, 4, 64), held)
        q = made.codes.reshape(6, 4, 64).astype(int) - made.zeros[:, :, None].astype(int)
        whole = q * made.scales[:, :, None].astype(int)
        assert (codes.view(np.int8) == whole).all(), "nothing wraps within the range"
        back = whole.reshape(6, 256) * lookup("fp16").decode(made.outer)[:, None]
        step = np.abs(w).max(axis=1, keepdims=True) * 16 / 119
        assert (np.abs(back - w) <= step).all()


def test_what_leaves_the_range_is_told():
    ones = np.ones((2, 2), np.uint8)
    codes = np.full((2, 8), 15, np.uint8)
    with pytest.raises(DesignError, match="q · s2 must lie in 0…255, got 270 in row 0, group 0"):
        check_progressive(codes, ones * 15, ones * 18)
    with pytest.raises(DesignError, match=r"\(q - z\) · s2 must lie in -128…127, got 150"):
        check_progressive(codes, ones * 5, ones * 15)
    with pytest.raises(DesignError, match="a group of 48 must divide K"):
        progressive(np.zeros((2, 64)), 48)


def test_powers_of_two_lie_above_or_divide_the_greatest():
    scales = np.random.default_rng(0).uniform(0.01, 9, (5, 7))
    codes, left = power_scales(scales, "M1")
    powers = lookup("e8m0").decode(codes)
    assert (left == 1).all() and (powers >= scales).all() and (powers < 2 * scales).all()
    codes, left = power_scales(scales, "M2")
    parts = left * lookup("e8m0").decode(codes)
    assert (parts <= scales).all() and (2 * parts > scales).all()
    assert (parts.max(axis=1) == scales.max(axis=1)).all()
    assert power_scales([[1.0, 2.0, 0.75]], "M1")[0].tolist() == [[127, 128, 127]]
    with pytest.raises(DesignError, match="must be positive and finite"):
        power_scales([0.0, 1.0])


def test_fp4_becomes_fp8_by_its_exponent():
    """Where nothing is subnormal, E4M3's mantissa is E2M1's and nothing is rounded."""
    given = unit("e2m1", "e4m3", ["e8m0"])
    codes, scales = np.arange(16, dtype=np.uint8), np.arange(121, 133, dtype=np.uint8)[:, None]
    found = given.result.decode(given.dequantize(np.tile(codes, (12, 1)), {"scale": scales}))
    assert (found == given.element.decode(codes) * 2.0 ** (scales.astype(float) - 127)).all()


def test_groups_end_by_number_or_mark():
    given = unit("int4", "fp16", ["fp16"], group=12, rows=2)
    last = np.zeros(8, bool)
    last[[3, 4]] = True
    assert given.ends(last).tolist() == [False, False, True, True, True, False, False, True]
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 16, (8, 8)).astype(np.uint8)
    scales = lookup("fp16").encode(rng.normal(0, 1, (4, 2)))
    sent = {
        "codes": Beats((codes,), (None,), last),
        "scale": Beats((scales,), (None,), np.zeros(4, bool)),
    }
    found = given.answer(sent)["result"]
    assert len(found) == 8 and (found.last == last).all()
    for beat, group in enumerate([0, 0, 0, 1, 2, 3, 3, 3]):
        for row in range(2):
            wanted = given.dequantize(
                codes[beat, 4 * row : 4 * row + 4], {"scale": scales[group, row]}
            )
            assert (found.values[0][beat, 4 * row : 4 * row + 4] == wanted).all()
    short = sent | {"scale": Beats((scales[:2],), (None,), np.zeros(2, bool))}
    assert len(given.answer(short)["result"]) == 4, "without scales there is no answer"


def test_trials_meet_specials_subnormals_and_short_groups():
    given = unit("int4", "fp16", ["fp16"])
    drawn = given.trials(60, np.random.default_rng(0))
    codes = np.concatenate([given.answer(trial)["result"].values[0].ravel() for trial in drawn])
    values, magnitude = given.result.decode(codes), codes & 0x7FFF
    assert np.isnan(values).any() and np.isinf(values).any()
    assert ((magnitude > 0) & (magnitude < 0x400)).any()
    assert len({len(trial["scale"]) for trial in drawn}) > 1


@pytest.mark.parametrize(
    "given, message",
    [
        ({"lanes": 3}, "a group of 16 elements does not divide into beats of 3 lanes"),
        ({"lanes": 0}, "lanes must be 1 to 4096, got 0"),
        ({"element": lookup("posit8_0")}, "an element is an integer, a code book .* got posit8_0"),
        ({"zero": lookup("fp16")}, "a zero point is an integer of up to 16 bits, got fp16"),
        (
            {"element": lookup("e2m1"), "zero": lookup("uint4")},
            "from integers of its unit, .* e2m1",
        ),
        ({"element": lookup("e2m1"), "scales": (lookup("int8"),)}, "multiplies integers .* e2m1"),
        ({"scales": (lookup("fp16"), lookup("int8"))}, "an integer scale is the first"),
        ({"result": lookup("int8")}, "takes integers and code books with integer scales, got fp16"),
        ({"result": lookup("e3m2")}, "e3m2 cannot hold NaN, which fp16 can bring"),
        (
            {"scales": (lookup("e4m3"),), "result": lookup("e3m2")},
            "e3m2 cannot hold NaN, which e4m3 can bring",
        ),
        ({"result": lookup("e8m0")}, "a result is an integer, or a float with zero, got e8m0"),
        ({"overflow": "wrap"}, "overflow = 'wrap' belongs to integer results, got fp16"),
        ({"overflow": "never"}, "unknown overflow 'never'; known: auto, infinity, saturate, wrap"),
        ({"via": "magic"}, "unknown via 'magic'; known: auto, direct, table"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(given, message):
    plain = {"group": 16, "lanes": 4}
    with pytest.raises(DesignError, match=message):
        Dequantize(**{"name": "d", **plain, **given})
