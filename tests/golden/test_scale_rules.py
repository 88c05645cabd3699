"""Scale rules against their definitions in exact numbers; what is stored, and what it leaves."""

from fractions import Fraction

import numpy as np
import pytest
from macsmith.golden.description import TENSOR
from macsmith.golden.quantize import SCALE_RULES
from second_models import scale_rules
from second_models.elements import element

from macsmith import DesignError, Level, Operand, Options, Plane, design, group, lookup, quantize

RULES = ("floor", "even", "ceil", "rceil")
PLAIN = tuple(rule for rule in SCALE_RULES if rule != "mse")
E8M0, UE4M3, FP16, FP32 = (lookup(name) for name in ("e8m0", "ue4m3", "fp16", "fp32"))


def operand(name, *levels):
    return Operand((Plane(lookup(name), tuple(levels)),))


def in_blocks(format, *outer):
    return Level(format, group(32), "block"), *outer


def corners(name):
    """Around powers of two, the element's greatest value, and where ``even`` goes up."""
    top, mantissa = scale_rules.ELEMENTS[name]
    near = [1.0, 1.5, float(top), 2 - 2.0 ** -(mantissa + 1), 2 - 2.0**-mantissa, 2.0]
    near = [y for x in near for y in (np.nextafter(x, 0), x, np.nextafter(x, 9e9))]
    sizes = [-200, -149, -140, -127, -126, -1, 0, 1, 100]
    return [float(np.ldexp(x, size)) for x in near for size in sizes]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", scale_rules.ELEMENTS)
def test_powers_of_two_are_those_of_the_definitions(name, rule):
    random = np.exp(np.random.default_rng(3).normal(0, 9, 200))
    values = np.array([*corners(name), *random])
    blocks = np.zeros((len(values), 32))
    blocks[:, 7] = values * np.where(np.arange(len(values)) % 2, -1, 1)
    found = quantize(blocks, operand(name, *in_blocks(E8M0)), scale_rule=rule).scales["block"]
    wanted = [scale_rules.exponent(rule, Fraction(float(v)), name) for v in values]
    np.testing.assert_array_equal(found[:, 0], np.maximum(wanted, -127) + 127)


@pytest.mark.parametrize("rule", SCALE_RULES)
def test_a_block_of_zeros_has_the_least_scale(rule):
    for format, code in ((E8M0, 0), (UE4M3, 0), (FP16, 0)):
        found = quantize(np.zeros((1, 32)), operand("e2m1", *in_blocks(format)), scale_rule=rule)
        assert found.scales["block"].tolist() == [[code]] and not found.dequantize().any()


@pytest.mark.parametrize("rule, greatest", [("floor", 2.0**130), ("rceil", 6 * 2.0**127)])
def test_a_scale_beyond_e8m0_is_refused(rule, greatest):
    for largest, fits in (
        (np.nextafter(greatest, 0), True),
        (np.nextafter(greatest, np.inf), False),
    ):
        x = np.zeros((1, 32))
        x[0, 0] = largest
        if fits:
            found = quantize(x, operand("e2m1", *in_blocks(E8M0)), scale_rule=rule)
            assert found.scales["block"].tolist() == [[254]]
            continue
        with pytest.raises(DesignError, match="3.40282e.38 does not fit e8m0, whose greatest"):
            quantize(x, operand("e2m1", *in_blocks(E8M0)), scale_rule=rule)


HELD = {
    "e8m0": [Fraction(2) ** (code - 127) for code in range(255)],
    "ue4m3": [element("ue4m3").decode(code).fraction for code in range(127)],
    "fp16": [element("fp16").decode(code).fraction for code in range(0x7C00)],
}


@pytest.mark.parametrize("scale", HELD)
@pytest.mark.parametrize("name, top", [("e2m1", 6), ("int8", 127), ("e4m3", 448), ("nf4", None)])
def test_absmax_never_rounds_a_scale_down(scale, name, top):
    """The least scale of its format that does not cut, to the last bit of the values."""
    top = Fraction(32767, 32768) if top is None else Fraction(top)
    rng = np.random.default_rng(5)
    held = np.array([float(s) for s in HELD[scale] if 2**-6 < s < 2**6])
    exact = rng.choice(held, 40) * float(top)
    values = np.concatenate([exact, np.nextafter(exact, 0), np.nextafter(exact, 999)])
    values = np.concatenate([values, rng.uniform(2**-5, 2**5, 60) * float(top)])
    blocks = np.zeros((len(values), 32))
    blocks[:, 3] = values
    found = quantize(blocks, operand(name, *in_blocks(lookup(scale))), scale_rule="absmax")
    wanted = [scale_rules.least_scale(HELD[scale], Fraction(float(v)), top) for v in values]
    np.testing.assert_array_equal(lookup(scale).decode(found.scales["block"])[:, 0], wanted)


def test_two_levels_neither_cut_nor_waste():
    """NVFP4: the tensor's scale is the least FP32 one, each block's the least beside it."""
    x = data(6, (8, 128))
    found = quantize(x, design("nvfp4").arithmetic.weight)
    tensor = Fraction(float(FP32.decode(found.scales["tensor"])[0, 0]))
    below = Fraction(float(FP32.decode(found.scales["tensor"] - 1)[0, 0]))
    largest = Fraction(float(np.abs(x).max()))
    assert below * 448 * 6 < largest <= tensor * 448 * 6
    for row, scales in zip(
        np.abs(x).reshape(8, 8, 16).max(axis=2), found.scales["block"], strict=True
    ):
        for value, code in zip(row, scales, strict=True):
            wanted = scale_rules.least_scale(HELD["ue4m3"], Fraction(float(value)) / tensor, 6)
            assert element("ue4m3").decode(int(code)).fraction == wanted


def data(seed, shape=(16, 256)):
    """Blocks of many sizes, some with an outlier, some alike, some zero."""
    rng = np.random.default_rng(seed)
    x = rng.standard_t(3, shape) * np.exp2(rng.integers(-3, 4, (shape[0], 1)))
    x[1, :64], x[2] = 0, np.abs(x[2, 0])
    x[3, ::17] *= 20
    return x


ONE_LEVEL = [
    (name, scale)
    for name in ("e2m1", "e4m3", "int4", "mxint8", "nf4", "iq4_nl", "denseshift4", "posit8_0")
    for scale in (E8M0, UE4M3, FP16, FP32)
]


@pytest.mark.parametrize("name, scale", ONE_LEVEL, ids=lambda x: getattr(x, "name", x))
def test_mse_is_never_worse_than_another_rule_on_any_block(name, scale):
    target, x = operand(name, *in_blocks(scale)), data(1)

    def errors(rule):
        left = np.square(quantize(x, target, scale_rule=rule).dequantize() - x)
        return left.reshape(16, -1, 32).sum(axis=2)

    best, others = errors("mse"), {}
    for rule in PLAIN:
        try:
            others[rule] = errors(rule)
        except DesignError:  # UE4M3 does not hold it
            continue
    for rule, other in others.items():
        assert (best <= other * (1 + 1e-12)).all(), rule
    assert any((best < other).any() for other in others.values())


NESTED = ["nvfp4", "gguf_q6_k", "gguf_q3_k", "bitmod3", "bitmod4"]


@pytest.mark.parametrize("name", NESTED)
def test_mse_is_never_worse_in_a_block_of_the_outermost_scale(name):
    """Inner blocks compare where the outer scales are the same: absmax's."""
    target, x = design(name).arithmetic.weight, data(2)
    outer = target.planes[0].scales[-1].span.shape(*x.shape)

    def errors(rule):
        left = np.square(quantize(x, target, scale_rule=rule).dequantize() - x)
        return left.reshape(outer[0], -1, outer[1], x.shape[1] // outer[1]).sum(axis=(1, 3))

    best = errors("mse")
    for rule in PLAIN:
        assert (best <= errors(rule) * (1 + 1e-12)).all(), rule
    assert best.sum() < 0.99 * errors("absmax").sum()


AFFINE = ["w4a8", "gguf_q4_1", "gguf_q2_k", "gguf_q4_k", "matquant"]


@pytest.mark.parametrize("name", AFFINE)
def test_mse_serves_zero_points_and_offsets(name):
    target, x = design(name).arithmetic.weight, data(4) + 1
    errors = [
        np.square(quantize(x, target, scale_rule=rule).dequantize() - x)
        .reshape(16, -1, target.planes[0].scales[0].span.columns or 256)
        .sum(axis=2)
        for rule in ("absmax", "mse", None)
    ]
    assert (errors[1] <= errors[0] * (1 + 1e-12)).all() and (errors[1] < errors[0]).any()
    np.testing.assert_array_equal(errors[0], errors[2])


@pytest.mark.parametrize("name", ["w4a8", "gguf_q4_1", "gguf_q4_k"])
def test_the_scale_of_a_range_is_not_rounded_down(name):
    """Every value is within half a step and what the offset's rounding takes."""
    target, x = design(name).arithmetic.weight, data(4) + 1
    found = quantize(x, target)
    scales = np.ones(x.shape)
    for level in target.planes[0].scales:
        held = level.format.decode(found.scales[level.name])
        scales = scales * np.repeat(held, x.shape[1] // held.shape[1], axis=1)
    size = target.planes[0].scales[0].span.columns
    cut = x.reshape(16, -1, size)
    low, high = cut.min(axis=2), cut.max(axis=2)
    if name != "gguf_q4_1":  # zero is within reach
        low, high = np.minimum(low, 0), np.maximum(high, 0)
    assert (scales.reshape(cut.shape)[..., 0] * 15 >= high - low).all()


def test_mse_finds_the_best_of_all_powers_of_two():
    """Every scale of E8M0 tried, in exact numbers."""
    x = np.random.default_rng(8).normal(size=(24, 32))
    found = quantize(x, operand("e2m1", *in_blocks(E8M0)), scale_rule="mse")
    values = [element("e2m1").decode(code).fraction for code in range(16)]
    for row, code in zip(x, found.scales["block"][:, 0], strict=True):
        block = [Fraction(float(v)) for v in row]
        errors = {e: scale_rules.error(block, Fraction(2) ** e, values) for e in range(-6, 5)}
        assert errors[int(code) - 127] == min(errors.values())


def test_an_outlier_is_cut_where_that_leaves_less():
    """3.4 among many 0.9 in INT4: 1/8, which cuts it to 0.875, leaves 7.6; 1/4 and more, 20."""
    x = np.full((1, 2048), 0.9)
    x[0, 9] = 3.4
    target = operand("int4", Level(E8M0, group(2048), "block"))
    found = quantize(x, target, scale_rule="mse")
    assert found.scales["block"].tolist() == [[127 - 3]] and found.dequantize()[0, 9] == 0.875


def test_the_block_that_was_cut():
    """8.88 in MXFP4: 8 by every rule of powers of two, absmax and mse among them."""
    x = np.zeros((1, 32))
    x[0, 0] = 8.88
    for rule in ("absmax", "mse", *RULES):
        found = quantize(x, operand("e2m1", *in_blocks(E8M0)), scale_rule=rule)
        assert found.dequantize()[0, 0] == 8


def test_tables_are_chosen_with_scales_as_stored():
    """Of the four tables of BitMoD the best beside the row's scale: all sixteen codes tried."""
    target, x = design("bitmod3").arithmetic.weight, data(9)
    found = quantize(x, target)
    row = FP16.decode(found.scales["row"])
    base = [0, 1, 2, 4, -1, -2, -4]
    for r, b in np.ndindex(found.select.shape):
        block = x[r, 128 * b : 128 * b + 128]
        errors = []
        for special in (3, -3, 6, -6):
            reach = max(4, abs(special))
            code = min(np.ceil(np.abs(block).max() / reach / row[r, 0]), 127) if row[r, 0] else 0
            scale = code * row[r, 0]
            entries = np.array([*base, special]) * scale
            errors.append(np.square(np.abs(block[:, None] - entries).min(axis=1)).sum())
        assert errors[found.select[r, b]] <= min(errors) * (1 + 1e-9)


def test_the_outer_scale_serves_the_tables_that_are_taken():
    """Values on BitMoD's entries with 6: the row's scale is the least of FP16 with 127 below it."""
    x = np.random.default_rng(2).choice([0, 1, 2, 4, -1, -2, -4, 6, 6], (4, 256)) * 1.7
    found = quantize(x, design("bitmod3").arithmetic.weight)
    wanted = scale_rules.least_scale(HELD["fp16"], Fraction(6 * 1.7), Fraction(127 * 6))
    assert (found.select == 2).all() and (FP16.decode(found.scales["row"]) == float(wanted)).all()


@pytest.mark.parametrize(
    "name, rule, text",
    [
        ("w4a8", "floor", "beside a zero point or an offset the scale rule is absmax or mse"),
        ("gguf_q4_k", "absmean", "beside a zero point or an offset the scale rule is absmax or"),
        ("ptqtp", "mse", "a sum of planes finds its scales by least squares: leave scale_rule out"),
        ("ifairy", "absmax", "a complex code finds its scales by means: leave scale_rule out"),
    ],
)
def test_a_rule_that_does_not_apply_is_refused(name, rule, text):
    x = np.ones((2, 256)) * (1j if name == "ifairy" else 1)
    with pytest.raises(DesignError, match=f"^{text}"):
        quantize(x, design(name).arithmetic.weight, scale_rule=rule)


@pytest.mark.parametrize("size", [1e-290, 1e-30, 1e30, 1e290])
@pytest.mark.parametrize("rule", ["absmax", "mse"])
def test_values_of_any_size_leave_an_error_that_is_counted(size, rule):
    """No square of them overflows or vanishes."""
    x = data(1) * size
    target = operand("e2m1", *in_blocks(UE4M3, Level(FP32, TENSOR, "tensor")))
    if 1e-40 < size < 1e35:
        left = quantize(x, target, scale_rule=rule).dequantize() - x
        assert np.square(left / size).sum() < 0.05 * np.square(x / size).sum()
        return
    with pytest.raises(DesignError, match="the scale .* (does not fit|would be 0 in) fp32"):
        quantize(x, target, scale_rule=rule)


def test_options_of_groups_take_every_rule():
    """A sparse weight's scales are of what is kept, by any rule."""
    target = design("int4xint8", Options(group=64, sparse="2:4")).arithmetic.weight
    x = data(3, (8, 256))
    errors = {r: np.square(quantize(x, target, scale_rule=r).dequantize() - x).sum() for r in PLAIN}
    best = quantize(x, target, scale_rule="mse").dequantize() - x
    assert np.square(best).sum() <= min(errors.values())
