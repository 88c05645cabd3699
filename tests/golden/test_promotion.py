"""Aligned sums with scales: at the end, or promoted to FP32 group by group."""

from dataclasses import replace

import numpy as np
import pytest
from drawing import SCALES, agree, elements, listed, quantized
from macsmith.golden import (
    ROW,
    Arithmetic,
    Build,
    Engine,
    Level,
    Operand,
    Output,
    Plane,
    Stage,
    block,
    group,
    lookup,
    matmul,
)
from second_models import aligned, promoted
from second_models.elements import element
from second_models.floats import FP32
from second_models.outputs import Tail, code

KINDS = ("any", "extreme", "cancelling", "zero")


def scale_at(given):
    """(row, element of K) -> the scale, as a Real."""
    (level,) = given.operand.planes[0].scales
    rows, columns = level.span.rows or given.shape[0], level.span.columns
    codes = listed(given.scales[level.name])
    decode = element(level.format.name).decode
    return lambda n, k: decode(codes[n // rows][k // columns])


def compare(made, seed, how, how_scales, shape=(4, 256)):
    arithmetic, rng = made.arithmetic, np.random.default_rng(seed)
    inner, outer = arithmetic.accumulate
    w = quantized(rng, arithmetic.weight, how, how_scales, shape)
    a = quantized(rng, arithmetic.activation, how, how_scales, (3, shape[1]))
    names = [side.planes[0].element.name for side in (arithmetic.weight, arithmetic.activation)]
    wanted = promoted.result(
        listed(w.codes["code"]), element(names[0]), scale_at(w),
        listed(a.codes["code"]), element(names[1]), scale_at(a),
        element(inner.format.name).float, inner.fraction, inner.terms,
        arithmetic.group, outer.partials,
    )  # fmt: skip
    agree(matmul(made, w, a).values, wanted)


def promoting(pair, accumulator, fraction, terms, partials, levels):
    inner = Stage("aligned", format=lookup(accumulator), fraction=fraction, terms=terms)
    stages = inner, Stage("fp", format=lookup("fp32"), partials=partials)
    operands = [
        Operand((Plane(lookup(name), (level,)),)) for name, level in zip(pair, levels, strict=True)
    ]
    arithmetic = Arithmetic(*operands, accumulate=stages, output=Output(lookup("fp32")))
    return Engine("x", (arithmetic,), Build(1, 1, terms))


@pytest.mark.parametrize("how_scales", SCALES)
@pytest.mark.parametrize("how", KINDS)
def test_deepseek_s_gemm(how, how_scales, preset):
    made = preset("deepseek_fp8")
    compare(replace(made, modes=(_narrow(made.arithmetic),)), 2, how, how_scales)


def test_deepseek_s_blocks_of_128(preset):
    compare(preset("deepseek_fp8"), 1, "any", "tame", (128, 256))


def _narrow(arithmetic):
    """The same in blocks of 2 × 64 and groups of 32, which a plain model sums sooner."""
    spans = block(2, 64), group(32)
    operands = []
    for operand, span in zip((arithmetic.weight, arithmetic.activation), spans, strict=True):
        (plane,) = operand.planes
        operands.append(Operand((replace(plane, scales=(Level(lookup("fp32"), span),)),)))
    return replace(arithmetic, weight=operands[0], activation=operands[1])


@pytest.mark.parametrize("partials", [1, 2, 3])
@pytest.mark.parametrize(
    "pair, accumulator, fraction, terms",
    [
        (("e5m2", "e4m3"), "fp32", 25, 16),
        (("bf16", "bf16"), "fp32", 24, 8),
        (("int4", "fp16"), "bf16", 8, 4),
        (("e2m1", "e2m1"), "fp16", 10, 1),
    ],
)
@pytest.mark.parametrize("how", ["any", "extreme"])
def test_other_accumulators(pair, accumulator, fraction, terms, partials, how):
    levels = Level(lookup("e8m0"), group(16)), Level(lookup("bf16"), group(32))
    made = promoting(pair, accumulator, fraction, terms, partials, levels)
    compare(made, 3, how, "wild", (4, 64))


@pytest.mark.parametrize("how_scales", ["tame", "special"])
@pytest.mark.parametrize("name", ["fp32", "bf16", "int8"])
def test_an_aligned_sum_with_late_scales_and_a_bias(name, how_scales):
    """The float that the accumulator holds is what the scales and the bias act on."""
    stage = Stage("aligned", format=lookup("e8m13_ieee"), fraction=13, terms=4)
    level = Level(lookup("fp32"), ROW)
    operands = [Operand((Plane(lookup("e4m3"), (level,)),)) for _ in range(2)]
    nan = "zero" if name == "int8" else "error"
    out = Output(lookup(name), bias=lookup("fp32"), relu=True, nan=nan)
    arithmetic = Arithmetic(*operands, accumulate=(stage,), output=out)
    made, rng = Engine("x", (arithmetic,), Build(1, 1, 4)), np.random.default_rng(4)
    w = quantized(rng, operands[0], "any", how_scales, (5, 32))
    a = quantized(rng, operands[1], "any", how_scales, (6, 32))
    bias = elements(rng, lookup("bf16"), "any", (5,)).astype(np.uint32) << 16
    wide = element("e8m13_ieee").float
    sums = aligned.result(
        listed(w.codes["code"]), element("e4m3"), listed(a.codes["code"]), element("e4m3"),
        wide, 13, 4,
    )  # fmt: skip
    tail = Tail(FP32, name, relu=True)

    def one(n, m):
        scales = [FP32.decode(int(s.scales["scale"][i, 0])) for s, i in ((w, n), (a, m))]
        value = wide.decode(sums[n][m])
        return code(tail.result(value, scales, FP32.decode(int(bias[n]))), name)

    wanted = [[one(n, m) for m in range(6)] for n in range(5)]
    agree(matmul(made, w, a, bias=bias).values, wanted)


def test_without_anything_late_the_float_is_converted_once():
    """1 + 2^-8 + 2^-13 is above BF16's tie, which E8M13 and FP32 both see."""
    stage = Stage("aligned", format=lookup("e8m13_ieee"), fraction=13, terms=4)
    operands = [Operand((Plane(lookup("fp16")),)) for _ in range(2)]
    arithmetic = Arithmetic(*operands, accumulate=(stage,), output=Output(lookup("bf16")))
    made = Engine("x", (arithmetic,), Build(1, 1, 4))
    w = lookup("fp16").encode([[1, 2**-8, 2**-13, 0]])
    assert matmul(made, w, lookup("fp16").encode(np.ones((1, 4)))).decode() == [[1 + 2**-7]]


def test_a_span_promotes_where_there_are_no_scales():
    """Unscaled E4M3, FP32 after every 32 products."""
    inner = Stage("aligned", span=32, format=lookup("e8m13_ieee"), fraction=13, terms=8)
    stages = inner, Stage("fp", format=lookup("fp32"))
    operands = [Operand((Plane(lookup("e4m3")),)) for _ in range(2)]
    arithmetic = Arithmetic(*operands, accumulate=stages, output=Output(lookup("fp32")))
    made, rng = Engine("x", (arithmetic,), Build(1, 1, 8)), np.random.default_rng(5)
    w, a = (elements(rng, lookup("e4m3"), "any", (rows, 96)) for rows in (3, 4))
    one = FP32.decode(0x3F800000)
    wanted = promoted.result(
        listed(w), element("e4m3"), lambda n, k: one, listed(a), element("e4m3"), lambda m, k: one,
        element("e8m13_ieee").float, 13, 8, 32, 1,
    )  # fmt: skip
    agree(matmul(made, w, a).values, wanted)
