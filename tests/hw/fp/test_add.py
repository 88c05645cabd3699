"""Sums are correctly rounded: all codes of small formats, classes and random ones of wide ones."""

from itertools import product

import numpy as np
import pytest
from macsmith.golden import fp, lookup
from macsmith.hw.fp import FloatAdd
from second_models import blocks

#: a, b, result: every policy and special; operands of unequal range and precision.
SMALL = """
    e4m3 e4m3 e4m3, e5m2 e5m2 e5m2, e4m3_fnuz e4m3_fnuz e4m3_fnuz, e3m0 e3m0 e3m0,
    e4m3 e5m2 bf16, ue4m3 e4m3 ue4m3_ieee, e8m0 e4m3 fp32, e7m0 e1m6 e4m3_fnuz
"""
MORE = """
    e4m3_ieee e4m3_ieee e4m3_ieee, e3m4_ieee e3m4_ieee e3m4_ieee, e3m2 e3m2 e3m2, e2m3 e2m3 e2m3,
    e2m1 e2m1 e2m1, e4m3 e5m2 e4m3_ieee, e5m2_fnuz e4m3b11_fnuz e5m2, e6m1 e2m3 e4m3,
    e4m3 e4m3 fp16, e1m2_ieee e3m0_ieee e1m2_ieee, ue5m2 ue5m2 ue5m2, e5m2 e8m0 e5m2
"""
OPERANDS = """
    e4m3 e5m2 e4m3_fnuz e5m2_fnuz e4m3b11_fnuz e4m3_ieee e3m4_ieee ue4m3 ue5m3 e8m0
""".split()
SAME = "bf16 bf16 bf16, fp16 fp16 fp16, fp32 fp32 fp32"
MIXED = "fp32 bf16 fp32, fp16 bf16 fp32, fp32 fp32 bf16, bf16 e4m3 bf16, fp32 fp16 fp32"


def parse(text):
    return [tuple(map(lookup, item.split())) for item in text.split(",")]


def name(formats):
    return "_".join(fmt.name for fmt in formats)


def exact(a, b):
    """a + b rounded to odd in float64, which no later rounding to 24 bits can tell from exact."""
    with np.errstate(all="ignore"):
        total = a + b
        part = total - a
        error = (a - (total - part)) + (b - part)
        off = np.isfinite(total) & (error != 0) & (total.view(np.int64) & 1 == 0)
        return np.where(off, np.nextafter(total, np.where(error > 0, np.inf, -np.inf)), total)


def near(exponent, rng):
    """Exponents about as far away as a mantissa is long, often nearer."""
    far = rng.integers(-28, 29, exponent.shape)
    return exponent + np.where(rng.random(exponent.shape) < 0.5, far // 8, far)


def deepest(formats, **options):
    """An adder with all the registers that it can have."""
    return FloatAdd(*formats, stages=len(FloatAdd(*formats, **options).levels), **options)


def check_small(reference, run, many, saturate, stages):
    """Every pair of codes of up to 8 bits, and a sample of them against rational arithmetic."""
    units = {name(f): FloatAdd(*f, saturate=saturate, stages=stages) for f in many}
    w, a = (codes.ravel() for codes in np.meshgrid(np.arange(256), np.arange(256)))
    found = run(units, w, a)
    for formats in many:
        one, two, out = formats
        codes = w % (1 << one.bits), a % (1 << two.bits)
        values = exact(one.decode(codes[0]), two.decode(codes[1]))
        reference.check(out, found[name(formats)], values, saturate, codes)
        check_rational(formats, codes, found[name(formats)], 300, saturate)


def check_rational(formats, codes, found, count, saturate=False):
    names = tuple(fmt.name for fmt in formats)
    for index in np.random.default_rng(7).integers(0, len(found), count):
        pair = [int(code[index]) for code in codes]
        assert found[index] == blocks.add(names, *pair, saturate), (names, pair)


def check_wide(reference, run, formats, count, unit, rational=500):
    a, b, out = formats
    codes = reference.pairs(a, b, count, near)
    values = exact(a.decode(codes[0]), b.decode(codes[1]))
    found = run({"unit": unit}, *codes)["unit"]
    reference.check(out, found, values, unit.saturate, codes)
    check_rational(formats, codes, found, rational, unit.saturate)
    return codes, found, values


@pytest.mark.parametrize("stages, saturate", [(0, True), (5, False)])
def test_all_codes(run, reference, stages, saturate):
    check_small(reference, run, parse(SMALL), saturate, stages)


@pytest.mark.slow
@pytest.mark.parametrize("stages, saturate", [(0, False), (2, True), (6, False)])
def test_all_codes_of_more_formats(run, reference, stages, saturate):
    check_small(reference, run, parse(MORE), saturate, stages)


@pytest.mark.slow
@pytest.mark.parametrize("first", OPERANDS)
def test_all_codes_of_all_pairs(run, reference, first):
    results = [first if first != "e8m0" else "e5m2", "fp32"]
    many = [tuple(map(lookup, (first, b, out))) for b, out in product(OPERANDS, results)]
    check_small(reference, run, many, False, 4)


@pytest.mark.parametrize("formats", parse(SAME), ids=name)
def test_classes_and_random_codes(run, reference, formats):
    """Against the golden model too; fp32 and fp16 against the host's own addition."""
    fmt = formats[0]
    codes, found, _ = check_wide(reference, run, formats, 60_000, deepest(formats))
    golden = fp.add(fmt, *map(fmt.decode, codes))
    assert np.array_equal(found, reference.code(fmt, golden))
    check_host(reference, fmt, codes, found)


def check_host(reference, fmt, codes, found):
    """The same sums by NumPy in the format itself."""
    kind, word = reference.foreign[fmt.name], {16: np.uint16, 32: np.uint32}[fmt.bits]
    with np.errstate(all="ignore"):
        sums = np.add(*(code.astype(word).view(kind) for code in codes))
    assert np.array_equal(found, reference.foreign_code(fmt, sums.astype(np.float64)))


@pytest.mark.parametrize("formats", parse(SAME), ids=name)
def test_a_step_of_its_own_for_the_distance_changes_no_bit(run, reference, formats):
    unit = deepest(formats, short=True)
    assert unit.stages == deepest(formats).stages + 1
    check_wide(reference, run, formats, 60_000, unit)


@pytest.mark.parametrize("formats", parse(MIXED)[:3], ids=name)
def test_mixed_formats(run, reference, formats):
    check_wide(reference, run, formats, 60_000, FloatAdd(*formats, stages=3), 2_000)


@pytest.mark.slow
@pytest.mark.parametrize("stages, saturate", [(0, True), (6, False)])
@pytest.mark.parametrize("formats", parse(f"{SAME}, {MIXED}"), ids=name)
def test_millions_of_codes(run, reference, formats, saturate, stages):
    """Enough of each class: else the test would prove less than it says."""
    unit = FloatAdd(*formats, stages=stages, saturate=saturate)
    codes, found, values = check_wide(reference, run, formats, 2_400_000, unit, 50_000)
    counts = reference.classes(formats[2], values)
    with np.errstate(all="ignore"):
        size = np.maximum(*(abs(fmt.decode(c)) for fmt, c in zip(formats, codes, strict=False)))
        cancelled = (np.abs(values) < size / 4) & np.isfinite(values)
    counts["cancelled"], counts["vanished"] = cancelled.sum(), (cancelled & (values == 0)).sum()
    # Sums of a format with itself are multiples of its least number; mixed ones may not overflow.
    del counts["vanishing"]
    if len(set(formats)) > 1:
        counts = {name: 50 * counts[name] for name in set(counts) - {"overflow"}}
    assert min(counts.values()) > 20, counts
    if len(set(formats)) == 1 and not saturate:
        check_host(reference, formats[0], codes, found)


@pytest.mark.parametrize("text", ["bf16 bf16 bf16", "fp32 fp32 fp32", "e5m2 e4m3 bf16"])
def test_without_subnormals(run, reference, text):
    """Zeros and specials stay exact; neither operands nor sums are subnormal."""
    [(a, b, out)] = parse(text)
    codes = reference.pairs(a, b, 40_000, near)
    values = exact(a.decode(codes[0]), b.decode(codes[1]))
    right = [reference.is_normal(*item) for item in ((a, codes[0]), (b, codes[1]))]
    right.append(reference.is_normal(out, reference.code(out, values)))
    right = np.logical_and.reduce(right)
    assert right.sum() > 20_000
    unit = deepest((a, b, out), subnormals=False)
    found = run({"unit": unit}, codes[0][right], codes[1][right])["unit"]
    reference.check(out, found, values[right])


def test_signs_of_zero(run):
    fmt = lookup("bf16")
    one, minus, zero, minus_zero = 0x3F80, 0xBF80, 0, 0x8000
    pairs = [(one, minus), (minus, one), (zero, minus_zero), (minus_zero, minus_zero)]
    found = run({"unit": FloatAdd(fmt, fmt, fmt)}, *np.array(pairs).T)["unit"]
    assert found.tolist() == [0, 0, 0, 0x8000]
