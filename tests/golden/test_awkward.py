"""The six engines that strain the description, bit for bit against the second models."""

from dataclasses import replace

import numpy as np
import pytest
from macsmith.golden import Quantized, from_toml, matmul, to_toml
from second_models import bitmod, dot, gguf_q4_k, ifairy, nvfp4, ptqtp
from second_models.floats import CANONICAL_NAN

#: The engines whose answer is FP32.
FLOATING = ("bitmod4", "gguf_q4_k", "ifairy", "nvfp4", "ptqtp")
ROWS, COLUMNS = 3, 4

#: How elements are drawn, and how scales are.
ELEMENTS = ("random", "extreme", "cancelling", "zero", "empty groups")
SCALES = ("tame", "wild", "subnormal", "greatest", "zero", "special")

#: Element format -> code of zero, and the codes of its extremes, negative first.
EXTREMES = {
    "e2m1": (0, [0xF, 0x7]),
    "int8": (0, [0x80, 0x7F]),
    "int4": (0, [0x8, 0x7]),
    "uint4": (0, [0x0, 0xF]),
    "int16": (0, [0x8000, 0x7FFF]),
    "ternary": (2, [0b11, 0b01]),
    "ifairy_re": (2, [0b00, 0b01]),
    "bitmod4": (0, [0xF, 0x8]),
    "fp16": (0x8000, [0xFBFF, 0x7BFF]),
}


def elements(rng, fmt, how, shape):
    """Codes (rows, K). Cancelling ones alternate in sign."""
    zero, extremes = EXTREMES[fmt.name]
    if how == "zero":
        return np.full(shape, zero)
    if how == "cancelling":
        return np.resize(extremes, shape)
    if how == "extreme":
        return rng.choice(extremes, shape)
    codes = rng.integers(0, 1 << fmt.bits, shape)
    if how == "empty groups":
        codes[:, np.arange(shape[1]) // 16 % 16 < 8] = zero
    return codes


def scales(rng, fmt, how, shape):
    """Codes of a level. Integer scales know only the greatest, zero and anything."""
    if fmt.name in ("int8", "uint6"):
        choices = {"greatest": [fmt.low, fmt.high], "zero": [0], "subnormal": [1]}.get(how)
        values = rng.choice(choices or np.arange(fmt.low, fmt.high + 1), shape)
        return values & ((1 << fmt.bits) - 1)
    mantissa, signed = fmt.mantissa_width, fmt.signed
    top = 1 << (fmt.bits - signed)
    sign = rng.integers(0, 1 + signed, shape) * top
    near_one = (fmt.bias << mantissa) + rng.integers(-4 << mantissa, 4 << mantissa, shape)
    if how == "wild":
        return rng.integers(0, top, shape) + sign
    if how == "special":
        odd = [fmt.nan_code, fmt.inf_code if fmt.has_inf else fmt.nan_code]
        return sign + np.where(rng.random(shape) < 0.2, rng.choice(odd, shape), near_one)
    magnitude = {
        "tame": near_one,
        "subnormal": rng.integers(1, 1 << mantissa, shape),
        "greatest": np.full(shape, fmt.max_code),
        "zero": np.zeros(shape, int),
    }[how]
    return magnitude + sign


def draw(rng, operand, how, how_scales, shape):
    """An operand with every array drawn."""
    return Quantized(
        operand,
        {
            name: elements(rng, fmt, how, shape).astype(fmt.dtype)
            for name, fmt in operand.codes.items()
        },
        {
            level.name: scales(rng, level.format, how_scales, level.span.shape(*shape)).astype(
                level.format.dtype
            )
            for level in operand.levels
        },
        rng.integers(0, 1 << operand.select.width, operand.select.span.shape(*shape))
        if operand.select
        else None,
    )


def listed(arrays):
    return {name: array.tolist() for name, array in arrays.items()}


def model(name, w, a, partials=1):
    """The second model's answer, as lists of FP32 codes."""
    wc, ws, ac, sa = map(listed, (w.codes, w.scales, a.codes, a.scales))
    if name == "nvfp4":
        return nvfp4.result(
            wc["code"], ws["block"], ws["tensor"][0][0], ac["code"], sa["block"], sa["tensor"][0][0]
        )
    if name == "ifairy":
        t_re, t_im = ([row[0] for row in sa[part]] for part in ("t_re", "t_im"))
        s_re, s_im = ws["s_re"][0][0], ws["s_im"][0][0]
        return ifairy.result(wc["phase"], s_re, s_im, ac["re"], ac["im"], t_re, t_im)
    if name == "ptqtp":
        planes, alphas = (wc["t1"], wc["t2"]), (ws["a1"], ws["a2"])
        return ptqtp.result(planes, alphas, ac["code"], [t[0] for t in sa["scale"]], partials)
    if name == "gguf_q4_k":
        four = (ws["sc"], ws["m"], ws["d"], ws["dmin"])
        return gguf_q4_k.result(wc["code"], *four, ac["code"], sa["scale"], partials)
    row = [scale[0] for scale in ws["row"]]
    return bitmod.result(wc["code"], w.select.tolist(), ws["group"], row, ac["code"])


def answer(engine, w, a, mode=0):
    return matmul(engine, w, a, mode).values


def agree(got, wanted):
    """Codes alike, every NaN the canonical one; or the first place that differs."""
    wanted = np.array(wanted)
    assert got.shape == wanted.shape
    wrong = np.argwhere(got != wanted)
    assert not wrong.size, (
        f"{len(wrong)} of {got.size} differ, first at {wrong[0].tolist()}: "
        f"got {got[tuple(wrong[0])]:#010x}, wanted {wanted[tuple(wrong[0])]:#010x}"
    )


def compare(engine, seed, how, how_scales, k):
    rng = np.random.default_rng(seed)
    w = draw(rng, engine.arithmetic.weight, how, how_scales, (ROWS, k))
    a = draw(rng, engine.arithmetic.activation, how, how_scales, (COLUMNS, k))
    partials = engine.arithmetic.accumulate[-1].partials
    agree(answer(engine, w, a), model(engine.name, w, a, partials))


def saturating(engine):
    """The same engine, whose results that are too large become the greatest value."""
    arithmetic = engine.arithmetic
    output = replace(arithmetic.output, saturate=True)
    return replace(engine, modes=(replace(arithmetic, output=output),))


def with_partials(engine, partials):
    arithmetic = engine.arithmetic
    stages = (*arithmetic.accumulate[:-1], replace(arithmetic.accumulate[-1], partials=partials))
    return replace(engine, modes=(replace(arithmetic, accumulate=stages),))


@pytest.mark.parametrize("name", [*FLOATING, "simd"])
def test_the_engine_survives_toml(name, preset):
    engine = preset(name)
    assert from_toml(to_toml(engine)) == engine


@pytest.mark.parametrize("how_scales", SCALES)
@pytest.mark.parametrize("how", ELEMENTS)
@pytest.mark.parametrize(
    "name, k", [("bitmod4", 384), ("gguf_q4_k", 768), ("ifairy", 64), ("nvfp4", 96), ("ptqtp", 640)]
)
def test_corners(name, k, how, how_scales, preset):
    compare(preset(name), 1, how, how_scales, k)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("how_scales", ["tame", "wild"])
@pytest.mark.parametrize(
    "name, k",
    [("bitmod4", 512), ("gguf_q4_k", 2816), ("ifairy", 256), ("nvfp4", 512), ("ptqtp", 1408)],
)
def test_random_data(name, k, how_scales, seed, preset):
    compare(preset(name), 100 + seed, "random", how_scales, k)


@pytest.mark.parametrize("name", FLOATING)
def test_the_longest_reduction(name, preset):
    """K = k_max with every product at its extreme: the widths hold."""
    engine = preset(name)
    compare(engine, 7, "extreme", "greatest", engine.arithmetic.k_max)


@pytest.mark.parametrize("how", ["random", "extreme"])
@pytest.mark.parametrize("how_scales", ["greatest", "special"])
@pytest.mark.parametrize("name", FLOATING)
def test_a_saturating_result_too_large_is_the_greatest_finite(name, how_scales, how, preset):
    """Infinity becomes the greatest value at the very end; NaN stays NaN."""
    engine = saturating(preset(name))
    rng = np.random.default_rng(5)
    w = draw(rng, engine.arithmetic.weight, how, how_scales, (ROWS, 768))
    a = draw(rng, engine.arithmetic.activation, how, how_scales, (COLUMNS, 768))
    wanted = np.array(model(name, w, a))
    agree(answer(engine, w, a), wanted - (wanted & 0x7FFFFFFF == 0x7F800000))


@pytest.mark.parametrize("partials", [1, 2, 3, 5, 6, 7, 8])
@pytest.mark.parametrize("name, k", [("gguf_q4_k", 2304), ("ptqtp", 1152), ("ptqtp", 128)])
def test_any_number_of_partial_sums(name, k, partials, preset):
    """Also odd ones, of which one waits, and more than there are addends."""
    engine = with_partials(preset(name), partials)
    compare(engine, 11, "random", "tame", k)


def test_a_nan_block_scale_reaches_only_its_row_or_column(preset):
    """Even where all sixteen elements are zero: 0 · NaN is NaN."""
    engine = preset("nvfp4")
    rng = np.random.default_rng(3)
    w = draw(rng, engine.arithmetic.weight, "zero", "tame", (3, 64))
    a = draw(rng, engine.arithmetic.activation, "random", "tame", (4, 64))
    w.scales["block"][1, 2] = 0x7F
    got = answer(engine, w, a)
    assert (got[1] == CANONICAL_NAN).all() and not (got[[0, 2]] == CANONICAL_NAN).any()


@pytest.mark.parametrize("kind", ["any code", "infinities", "subnormal"])
@pytest.mark.parametrize("seed", range(3))
def test_bitmod_takes_every_fp16_activation(kind, seed, preset):
    engine = preset("bitmod4")
    rng = np.random.default_rng(seed)
    w = draw(rng, engine.arithmetic.weight, "random", "tame", (4, 256))
    a = draw(rng, engine.arithmetic.activation, "random", "tame", (6, 256))
    sign = rng.integers(0, 2, (6, 256)) << 15
    few = rng.random((6, 256)) < 0.01
    a.codes["code"][:] = {
        "any code": a.codes["code"],
        "infinities": sign + np.where(few, 0x7C00, 0x3C00),
        "subnormal": sign + (a.codes["code"] & 0x3FF),
    }[kind]
    w.codes["code"][0] = 0  # zero times infinity
    w.scales["group"][1] = 0  # a scale of zero times infinity
    agree(answer(engine, w, a), model("bitmod4", w, a))


@pytest.mark.parametrize("how", ELEMENTS)
@pytest.mark.parametrize("mode, fmt", [(0, "int16"), (1, "int8"), (2, "int4")])
@pytest.mark.parametrize("k", [16, 256, 4096])
def test_simd_modes_are_integer_dot_products(mode, fmt, k, how, preset):
    engine = preset("simd")
    rng = np.random.default_rng(k)
    item = engine.modes[mode].weight.planes[0].element
    w, a = elements(rng, item, how, (ROWS, k)), elements(rng, item, how, (COLUMNS, k))
    result = matmul(engine, w, a, mode)
    assert result.format.lsb == 0
    assert result.values.tolist() == dot.result(w.tolist(), a.tolist(), item.bits)
