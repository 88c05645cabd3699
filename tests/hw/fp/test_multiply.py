"""Products are correctly rounded, by both multipliers."""

from itertools import product

import numpy as np
import pytest
from macsmith.golden import fp, lookup
from macsmith.hw.fp import FloatMultiply
from second_models import blocks

#: a, b, result: every policy and special; results that overflow and underflow.
SMALL = """
    e4m3 e4m3 e4m3, e5m2 e5m2 e5m2, e4m3_fnuz e4m3_fnuz e4m3_fnuz, e3m0 e3m0 e3m0,
    e4m3 e5m2 bf16, ue4m3 e4m3 ue4m3_ieee, e8m0 e4m3 fp32, e8m0 e8m0 e5m2
"""
MORE = """
    e4m3_ieee e4m3_ieee e4m3_ieee, e3m4_ieee e3m4_ieee e3m4_ieee, e3m2 e3m2 e3m2, e2m3 e2m3 e2m3,
    e2m1 e2m1 e2m1, e5m2 e4m3 e4m3_ieee, e5m2_fnuz e4m3b11_fnuz e5m2, e6m1 e2m3 e4m3,
    e4m3 e4m3 fp16, e1m2_ieee e3m0_ieee e1m2_ieee, e7m0 e1m6 e4m3_fnuz, ue5m2 ue5m2 ue5m2,
    e8m0 e8m0 fp32
"""
OPERANDS = """
    e4m3 e5m2 e4m3_fnuz e5m2_fnuz e4m3b11_fnuz e4m3_ieee e3m4_ieee ue4m3 ue5m3 e8m0
""".split()
SAME = "bf16 bf16 bf16, fp16 fp16 fp16, fp32 fp32 fp32"
MIXED = """
    fp32 fp16 fp32, bf16 bf16 fp32, fp16 bf16 fp32, fp32 fp32 fp16, fp32 fp16 e4m3, bf16 e8m0 bf16
"""


def parse(text):
    return [tuple(map(lookup, item.split())) for item in text.split(",")]


def name(formats):
    return "_".join(fmt.name for fmt in formats)


def exact(a, b):
    """The product in float64: exact, as no format has more than 24 bits."""
    with np.errstate(all="ignore"):
        return a * b


def within(out):
    """Exponents whose products lie about the result's range, often about its ends."""
    ends = np.array([1 - out.bias - out.mantissa_width, 1 - out.bias, out.bias])

    def near(exponent, rng):
        wide = rng.integers(ends[0] - 4, ends[2] + 4, exponent.shape)
        narrow = rng.choice(ends, exponent.shape) + rng.integers(-3, 4, exponent.shape)
        return np.where(rng.random(exponent.shape) < 0.5, wide, narrow) - exponent

    return near


def deepest(formats, **options):
    """A multiplier with all the registers that it can have."""
    return FloatMultiply(*formats, stages=len(FloatMultiply(*formats, **options).levels), **options)


def check_small(reference, run, many, **options):
    """Every pair of codes of up to 8 bits, and a sample of them against rational arithmetic."""
    units = {name(f): FloatMultiply(*f, **options) for f in many}
    saturate = options.get("saturate", False)
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
        assert found[index] == blocks.multiply(names, *pair, saturate), (names, pair)


def check_wide(reference, run, formats, count, unit, rational=500):
    a, b, out = formats
    codes = reference.pairs(a, b, count, within(out))
    values = exact(a.decode(codes[0]), b.decode(codes[1]))
    found = run({"unit": unit}, *codes)["unit"]
    reference.check(out, found, values, unit.saturate, codes)
    check_rational(formats, codes, found, rational, unit.saturate)
    return codes, found, values


@pytest.mark.parametrize("stages, rows, saturate", [(0, False, True), (4, True, False)])
def test_all_codes(run, reference, stages, rows, saturate):
    check_small(reference, run, parse(SMALL), stages=stages, rows=rows, saturate=saturate)


@pytest.mark.slow
@pytest.mark.parametrize(
    "stages, rows, saturate", [(0, True, True), (3, False, False), (4, True, False)]
)
def test_all_codes_of_more_formats(run, reference, stages, rows, saturate):
    check_small(reference, run, parse(MORE), stages=stages, rows=rows, saturate=saturate)


@pytest.mark.slow
@pytest.mark.parametrize("first", OPERANDS)
def test_all_codes_of_all_pairs(run, reference, first):
    results = [first if first != "e8m0" else "e5m2", "fp32"]
    many = [tuple(map(lookup, (first, b, out))) for b, out in product(OPERANDS, results)]
    check_small(reference, run, many, stages=4, rows=True)


@pytest.mark.parametrize("formats", parse(SAME), ids=name)
def test_classes_and_random_codes(run, reference, formats):
    """Against the golden model too; in the format itself against NumPy."""
    fmt = formats[0]
    unit = deepest(formats, rows=True)
    codes, found, _ = check_wide(reference, run, formats, 60_000, unit)
    golden = fp.rounded(fmt, fp.product(*map(fmt.decode, codes)))
    assert np.array_equal(found, reference.code(fmt, golden))
    check_host(reference, fmt, codes, found)


def check_host(reference, fmt, codes, found):
    """The same products by NumPy in the format itself."""
    kind, word = reference.foreign[fmt.name], {16: np.uint16, 32: np.uint32}[fmt.bits]
    with np.errstate(all="ignore"):
        products = np.multiply(*(code.astype(word).view(kind) for code in codes))
    assert np.array_equal(found, reference.foreign_code(fmt, products.astype(np.float64)))


@pytest.mark.parametrize("stages, rows", [(0, False), (5, True)])
def test_all_codes_where_specials_are_told_later(run, reference, stages, rows):
    many = parse(SMALL)
    stages = min(stages, *(len(FloatMultiply(*f, rows=rows).levels) for f in many))
    check_small(reference, run, many, stages=stages, rows=rows, short=True)


def test_fp32_where_specials_are_told_later(run, reference):
    [formats] = parse("fp32 fp32 fp32")
    unit = deepest(formats, rows=True, short=True)
    check_wide(reference, run, formats, 40_000, unit)


@pytest.mark.parametrize("formats", parse(MIXED)[:2], ids=name)
@pytest.mark.parametrize("rows", [False, True])
def test_mixed_formats(run, reference, formats, rows):
    check_wide(reference, run, formats, 40_000, FloatMultiply(*formats, rows=rows, stages=4))


@pytest.mark.slow
@pytest.mark.parametrize("stages, rows, saturate", [(0, False, True), (6, True, False)])
@pytest.mark.parametrize("formats", parse(f"{SAME}, {MIXED}"), ids=name)
def test_millions_of_codes(run, reference, formats, saturate, rows, stages):
    """Enough of each class: else the test would prove less than it says."""
    most = len(FloatMultiply(*formats, rows=rows, saturate=saturate).levels)
    unit = FloatMultiply(*formats, stages=min(stages, most), rows=rows, saturate=saturate)
    codes, found, values = check_wide(reference, run, formats, 2_400_000, unit, 50_000)
    counts = reference.classes(formats[2], values)
    enough = set(counts)
    if len(set(formats)) > 1:  # into a wider format, products are seldom rounded, or never
        enough -= {"vanishing", "overflow", "carry"}
    if not formats[1].has_inf:
        enough -= {"infinite"}
    assert all(counts[name] > 20 for name in enough), counts
    if len(set(formats)) == 1 and not saturate:
        check_host(reference, formats[0], codes, found)


@pytest.mark.parametrize("text", ["bf16 bf16 bf16", "fp16 fp16 fp32", "e5m2 e4m3 bf16"])
def test_without_subnormals(run, reference, text):
    """Zeros and specials stay exact; no operand is subnormal, and no product is below normal."""
    [(a, b, out)] = parse(text)
    codes = reference.pairs(a, b, 60_000, within(out))
    values = exact(a.decode(codes[0]), b.decode(codes[1]))
    right = [reference.is_normal(*item) for item in ((a, codes[0]), (b, codes[1]))]
    right += [~((values != 0) & (np.abs(values) < 2.0 ** (1 - out.bias)))]
    right = np.logical_and.reduce(right)
    assert right.sum() > 20_000
    unit = deepest((a, b, out), subnormals=False)
    found = run({"unit": unit}, codes[0][right], codes[1][right])["unit"]
    reference.check(out, found, values[right])


def test_signs_of_zero_and_invalid_products(run):
    fmt = lookup("fp16")
    minus_zero, inf, minus_one, nan = 0x8000, 0x7C00, 0xBC00, 0xFE55
    pairs = [(0, minus_one), (minus_zero, minus_one), (0, inf), (inf, minus_one), (nan, minus_one)]
    found = run({"unit": FloatMultiply(fmt, fmt, fmt)}, *np.array(pairs).T)["unit"]
    assert found.tolist() == [0x8000, 0, fmt.nan_code, 0xFC00, fmt.nan_code]
