"""Integers times scales: the exact product, rounded once."""

import numpy as np
import pytest
from macsmith.golden import DesignError, exact, lookup
from macsmith.golden.bounds import Range
from macsmith.golden.flags import Reachable
from macsmith.golden.formats import Kind
from macsmith.hw.fp import ScaleToFloat
from second_models import blocks
from second_models.floats import TWO
from second_models.reals import INFINITY, NAN, Real, real

NONE = Reachable(False, False)
NAN_ONLY = Reachable(True, False)
BOTH = Reachable(True, True)


def signed(bits, lsb=0):
    return Range(lsb, -(1 << (bits - 1)), (1 << (bits - 1)) - 1)


#: integer, scales, result, flags beside the integer
CASES = [
    (signed(21), "fp16", "bf16", NONE),
    (signed(21, -3), "fp16", "fp32", BOTH),
    (signed(28, -3), "fp16 fp16", "fp32", NONE),
    (signed(28), "bf16 fp16", "fp32", BOTH),
    (Range(-3, 0, (1 << 28) - 1), "ue4m3 fp32", "fp32", NAN_ONLY),
    (signed(28), "e8m0 e8m0", "fp32", NAN_ONLY),
    (signed(28, 4), "e8m0 e8m0", "fp16", NONE),
    (signed(17, -2), "ue4m3 ue4m3", "fp32", NAN_ONLY),
    (signed(28, -30), "fp32 fp32", "fp32", NONE),
    (signed(24, -30), "fp32 fp32", "fp16", BOTH),
    (signed(20, -10), "e4m3 e8m0", "e4m3", BOTH),
    (signed(20), "e8m0", "bf16", NONE),
    (signed(12, -20), "e4m3_fnuz ue5m3", "e5m2", BOTH),
]


def name(case):
    return f"{case[0].width}_{case[1].replace(' ', '_')}_{case[2]}"


def stimuli(case, count):
    """Integers of all magnitudes, flags, and scales: any codes, middling ones, few bits."""
    values, scales, _, flags = case
    rng = np.random.default_rng(1)
    integers = rng.integers(values.low, values.high + 1, count)
    integers >>= rng.integers(0, values.width, count)
    integers[:3] = values.low, values.high, 0
    codes = []
    for fmt in map(lookup, scales.split()):
        code, width = rng.integers(0, 1 << fmt.bits, count), fmt.mantissa_width
        middle = rng.integers(fmt.bias * 3 // 4, fmt.bias * 5 // 4 + 1, count) << width
        whole = ((1 << fmt.exponent_width) - 1) << width
        code = np.where(rng.random(count) < 0.5, code & ~whole | middle, code)
        low = (1 << rng.integers(0, width + 1, count)) - 1
        codes.append(np.where(rng.random(count) < 0.5, code & ~low, code))
    present = (flags.nan, flags.infinite, flags.infinite)
    return integers, [(rng.random(count) < 0.03) & here for here in present], codes


def expected(reference, case, integers, raised, codes):
    """The exact product in Python integers; flags and specials as IEEE arithmetic has them."""
    values, scales, out, _ = case
    product, unit, minus = abs(integers.astype(object)), values.lsb, integers < 0
    nan, positive, negative = raised
    shadow = np.where(positive, np.inf, np.where(negative, -np.inf, np.sign(integers)))
    shadow = np.where(nan | (positive & negative), np.nan, shadow)
    for fmt, code in zip(map(lookup, scales.split()), codes, strict=True):
        fields, value = fmt.fields(code), fmt.decode(code)
        finite = fields.kind == Kind.FINITE
        product = product * np.where(finite, fields.significand, 1).astype(object)
        unit = unit + np.where(finite, fields.exponent, 0)
        minus = minus ^ fields.sign
        with np.errstate(invalid="ignore"):
            shadow = shadow * np.where(np.isfinite(value), np.sign(value), value)
    magnitude = exact.to_float(product, unit)
    result = np.where(np.isfinite(shadow), np.where(minus, -magnitude, magnitude), shadow)
    return reference.code(lookup(out), result)


def check(reference, run, case, count, rational=200, **options):
    values, scales, out, flags = case
    integers, raised, codes = stimuli(case, count)
    word, place = integers & ((1 << values.width) - 1), values.width
    for here, flag in zip((flags.nan, flags.infinite, flags.infinite), raised, strict=True):
        if here:
            word, place = word | flag.astype(np.int64) << place, place + 1
    formats = tuple(map(lookup, scales.split()))
    packed = codes[0] | (codes[1] << formats[0].bits if len(codes) > 1 else 0)
    unit = deepest(values, formats, lookup(out), flags, **options)
    found = run({"unit": unit}, word, packed)["unit"]
    wrong = found != expected(reference, case, integers, raised, codes)
    assert not wrong.any(), (integers[wrong][:3], [code[wrong][:3] for code in codes])
    for index in range(rational):
        value = operand(values, int(integers[index]), [bool(flag[index]) for flag in raised])
        numbers = tuple(int(code[index]) for code in codes)
        right = blocks.scale(value, tuple(scales.split()), numbers, out)
        assert found[index] == right, (value, numbers)
    return integers, codes, found


def operand(values, integer, raised):
    """The integer and its flags as a real number."""
    nan, positive, negative = raised
    if nan or (positive and negative):
        return NAN
    if positive or negative:
        return INFINITY if positive else Real(INFINITY.magnitude, True, "inf")
    return real(integer * TWO**values.lsb)


def deepest(*design, stages=None, **options):
    """A unit with as many registers as wanted, or with all that it can have."""
    stages = len(ScaleToFloat(*design, **options).levels) if stages is None else stages
    return ScaleToFloat(*design, stages=stages, **options)


@pytest.mark.parametrize("case", [CASES[1], CASES[5], CASES[7], CASES[11], CASES[12]], ids=name)
def test_products(run, reference, case):
    check(reference, run, case, 30_000, rows=True)


@pytest.mark.parametrize("case", [CASES[0], CASES[6]], ids=name)
def test_coarser_steps_change_no_bit(run, reference, case):
    """Without registers within levels of the normalisation: fewer of them, the same results."""
    values, scales, out, flags = case
    given = (values, tuple(map(lookup, scales.split())), lookup(out), flags)
    assert len(deepest(*given).levels) > len(deepest(*given, fine=False).levels)
    check(reference, run, case, 30_000, rows=True, fine=False)


@pytest.mark.parametrize("case", [CASES[3], CASES[4], CASES[8]], ids=name)
def test_what_is_special_may_be_told_a_step_later(run, reference, case):
    check(reference, run, case, 20_000, rows=True, short=True)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=name)
@pytest.mark.parametrize("stages, rows", [(0, False), (3, True)])
def test_all_cases(run, reference, case, stages, rows):
    check(reference, run, case, 50_000, rows=rows, stages=stages)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=name)
def test_millions_of_products(run, reference, case):
    check(reference, run, case, 2_000_000, 20_000, rows=True, stages=5)


def test_the_host_agrees(run, reference):
    """NumPy rounds a float64 product, exact in 21 + 11 + 11 bits, to float32 once."""
    case = (signed(21), "fp16 fp16", "fp32", NONE)
    integers, codes, found = check(reference, run, case, 100_000, stages=3)
    with np.errstate(all="ignore"):
        product = integers * 1.0
        for code in codes:
            product = product * code.astype(np.uint16).view(np.float16).astype(np.float64)
    assert np.array_equal(found, reference.foreign_code(lookup("fp32"), product))


def test_without_subnormals(run, reference):
    """Scales are normal, and the least product stays far above the least normal fp32."""
    values, scale, out = signed(21, -3), lookup("fp16"), lookup("fp32")
    codes = np.arange(1 << 16)
    codes = codes[reference.is_normal(scale, codes)]
    integers = np.random.default_rng(2).integers(values.low, values.high + 1, len(codes))
    unit = ScaleToFloat(values, (scale,), out, subnormals=False, stages=3)
    found = run({"unit": unit}, integers, codes)["unit"]
    with np.errstate(invalid="ignore"):
        product = integers / 8 * scale.decode(codes)
    assert np.array_equal(found, reference.code(out, product))


def test_scales_are_needed():
    with pytest.raises(DesignError, match="at least one scale, got none"):
        ScaleToFloat(signed(8), (), lookup("fp32"))
