"""Conversions: all codes of formats of up to 16 bits, classes and random codes of fp32."""

import numpy as np
import pytest
from macsmith.golden import DesignError, lookup
from macsmith.hw.fp import FloatToFloat, FloatToInteger
from second_models import blocks
from second_models.elements import element

SOURCES = """
    e4m3 e5m2 e8m0 e4m3_fnuz e5m2_fnuz ue5m3 bf16 fp16 e1m2_ieee e3m0 e4m3_ieee e2m3 fp32 e3m4_ieee
    e4m3b11_fnuz ue4m3 binary8p3se binary8p4ue binary8p1uf binary4p2se
""".split()
RESULTS = """
    e4m3 e5m2 e4m3_fnuz e5m2_fnuz e4m3b11_fnuz ue4m3 bf16 fp16 fp32 e2m1 e3m0 e1m2_ieee e5m10_fn
    ue3m2_ieee e3m2 e2m3 e4m3_ieee e8m1 e3m4_ieee e3m0_ieee
    binary8p3se binary8p4sf binary6p2ue binary8p1ue binary8p5uf binary5p1se binary3p2se
""".split()
FAST = [
    ("fp32", "bf16 fp16 e4m3 e5m2 e2m1 ue4m3".split()),
    ("bf16", "fp32 e4m3 e4m3_fnuz e3m0_ieee".split()),
    ("fp16", "fp32 bf16 e5m2".split()),
    ("e2m3", "ue3m2_ieee fp16".split()),
    ("e8m0", "bf16 e5m2".split()),
    ("fp16", "binary8p3se binary8p4sf binary6p2ue binary8p1ue binary8p5uf binary5p1se".split()),
    ("binary8p3se", "fp32 e5m2 binary8p4se".split()),
    ("binary8p4ue", "bf16 binary8p3sf".split()),
]
INTEGERS = "int8 uint8 int4 uint4 int4_sym mxint8 int16 int32 uint16 int8_sym".split()


def codes_of(fmt, results, count=60_000):
    """All codes; of fp32 random ones about the results' ranges, many of them ties, and corners."""
    if fmt.bits <= 16:
        return np.arange(1 << fmt.bits)
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 1 << fmt.bits, count)
    least = min(out.lsb for out in results) - 3
    greatest = max(int(np.log2(float(out.maximum))) for out in results) + 3
    exponents = rng.integers(max(least + 127, 0), min(greatest + 127, 254) + 1, count)
    codes = np.where(rng.random(count) < 0.9, codes & ~(255 << 23) | exponents << 23, codes)
    low, kind = (1 << rng.integers(0, 24, count)) - 1, rng.integers(0, 3, count)
    codes = np.choose(kind, [codes, codes & ~low, codes | low])
    binades = np.arange(1 << 9) << 23
    return np.concatenate([codes, *(binades + step for step in (0, 1, 0x400000, 0x7FFFFF))])


def every(block, source, results, **options):
    """name -> a unit for each result, with all the registers that all of them can have."""
    stages = min(len(block(source, out, **options).levels) for out in results)
    return {out.name: block(source, out, stages=stages, **options) for out in results}


def check_floats(reference, units, found, codes):
    for name, unit in units.items():
        values = unit.source.decode(codes)
        reference.check(unit.format, found[name], values, unit.saturate, [codes])
        for index in np.random.default_rng(7).integers(0, len(codes), 100):
            value = element(unit.source.name).decode(int(codes[index]))
            assert found[name][index] == blocks.rounded(element(name), value, unit.saturate)


@pytest.mark.parametrize("source, results", FAST)
def test_floats_to_floats(run, reference, source, results):
    source, results = lookup(source), [lookup(name) for name in results]
    codes = codes_of(source, results)
    units = every(FloatToFloat, source, results)
    check_floats(reference, units, run(units, codes), codes)


@pytest.mark.slow
@pytest.mark.parametrize("stages, saturate", [(0, False), (2, True)])
@pytest.mark.parametrize("source", SOURCES)
def test_all_pairs_of_formats(run, reference, source, stages, saturate):
    source, results = lookup(source), [lookup(name) for name in RESULTS]
    codes = codes_of(source, results, 100_000)
    options = {"saturate": saturate, "stages": stages}
    units = {out.name: FloatToFloat(source, out, **options) for out in results}
    check_floats(reference, units, run(units, codes), codes)


@pytest.mark.slow
@pytest.mark.parametrize("out", ["bf16", "fp16", "e4m3", "e5m2", "e4m3_fnuz", "e2m1", "ue4m3"])
def test_millions_of_fp32_codes(run, reference, out):
    """Enough of each class that the result's format knows."""
    source, out = lookup("fp32"), lookup(out)
    codes = codes_of(source, [out], 2_400_000)
    units = every(FloatToFloat, source, [out])
    check_floats(reference, units, run(units, codes), codes)
    counts = reference.classes(out, source.decode(codes))
    assert min(counts[name] for name in set(counts) - {"zero", "infinite", "NaN"}) > 20, counts
    assert counts["zero"] and counts["infinite"] and counts["NaN"]


@pytest.mark.parametrize("source, out", [("bf16", "fp32"), ("fp16", "bf16"), ("fp32", "bf16")])
def test_without_subnormals(run, reference, source, out):
    source, out = lookup(source), lookup(out)
    codes = codes_of(source, [out], 40_000)
    codes = codes[reference.is_normal(source, codes)]
    values = source.decode(codes)
    codes = codes[(values == 0) | ~(np.abs(values) < 2.0 ** (1 - out.bias))]
    units = every(FloatToFloat, source, [out], subnormals=False)
    check_floats(reference, units, run(units, codes), codes)


def check_integers(units, found, codes):
    """Against the golden model, NumPy, and rational arithmetic."""
    for name, unit in units.items():
        out, values = unit.format, unit.source.decode(codes)
        finite = np.nan_to_num(values, posinf=1e300, neginf=-1e300)
        mask = (1 << out.bits) - 1
        right = np.clip(np.rint(np.ldexp(finite, -out.lsb)), out.low, out.high).astype(np.int64)
        wrong = found[name] != right & mask
        assert not wrong.any(), (unit.source.name, name, codes[wrong][:3])
        golden = out.encode(np.where(np.isnan(values), 0.0, values), "nearest_even", True)
        assert np.array_equal(found[name], golden)
        for index in np.random.default_rng(7).integers(0, len(codes), 100):
            value = element(unit.source.name).decode(int(codes[index]))
            assert found[name][index] == blocks.whole(value, out.lsb, out.low, out.high) & mask


@pytest.mark.parametrize("source, results", [("e5m2", INTEGERS), ("fp32", INTEGERS[:4])])
def test_floats_to_integers(run, source, results):
    source, results = lookup(source), [lookup(name) for name in results]
    units, codes = every(FloatToInteger, source, results), codes_of(source, results)
    check_integers(units, run(units, codes), codes)


@pytest.mark.parametrize("source, results", [("e5m2", INTEGERS), ("fp32", INTEGERS[:4])])
def test_shifts_in_other_steps_change_no_bit(run, source, results):
    source, results = lookup(source), [lookup(name) for name in results]
    units, codes = every(FloatToInteger, source, results, short=True), codes_of(source, results)
    check_integers(units, run(units, codes), codes)


@pytest.mark.slow
@pytest.mark.parametrize("stages", [0, 4])
@pytest.mark.parametrize("source", SOURCES)
def test_all_pairs_of_floats_and_integers(run, source, stages):
    source, results = lookup(source), [lookup(name) for name in INTEGERS]
    stages = min(stages, *(len(FloatToInteger(source, out).levels) for out in results))
    units = {out.name: FloatToInteger(source, out, stages=stages) for out in results}
    codes = codes_of(source, results, 100_000)
    check_integers(units, run(units, codes), codes)


@pytest.mark.slow
@pytest.mark.parametrize("out", ["int8", "int32", "uint16"])
def test_millions_of_fp32_codes_to_integers(run, out):
    source, out = lookup("fp32"), lookup(out)
    units, codes = every(FloatToInteger, source, [out]), codes_of(source, [out], 2_400_000)
    check_integers(units, run(units, codes), codes)


def test_a_result_without_zero_is_refused():
    with pytest.raises(DesignError, match="a result needs a format with a zero, got e8m0"):
        FloatToFloat(lookup("fp32"), lookup("e8m0"))
