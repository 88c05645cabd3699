"""Bias, conversion, ReLU and clamp: their order, their roundings, their corners."""

from fractions import Fraction

import numpy as np
import pytest
from drawing import agree, elements, listed, quantized, scales
from macsmith.golden import (
    ROW,
    Arithmetic,
    Build,
    Engine,
    Level,
    Operand,
    Output,
    Plane,
    Quantized,
    Stage,
    from_toml,
    group,
    lookup,
    matmul,
    to_toml,
)
from second_models import raw as raw_model
from second_models.elements import element
from second_models.floats import FP16, FP32
from second_models.outputs import Tail, code
from second_models.reals import NAN, Real, real
from second_models.sums import accumulate

OUTPUTS = ("fp32", "bf16", "fp16", "e4m3", "e5m2", "e3m2", "int8", "uint8", "int16")
EXACT = (Stage(),)
TAILS = [
    {"relu": True},
    {"bias": "fp32"},
    {"bias": "bf16", "relu": True},
    {"bias": "fp16", "clamp": (-1, 6)},
    {"bias": "e4m3", "relu": True, "clamp": (1, 7)},
    {"clamp": (-4, 0)},
    {},
]
tails = pytest.mark.parametrize("tail", TAILS, ids=lambda t: " ".join(t) or "plain")


def engine(output, weight="int8", activation="int8", ends=False, stages=EXACT):
    level = (Level(lookup("fp32"), ROW),) if ends else ()
    planes = [Operand((Plane(lookup(name), level),)) for name in (weight, activation)]
    return Engine("x", (Arithmetic(*planes, output=output, accumulate=stages),), Build(1, 1, 1))


def output(name, relu=False, clamp=None, bias=None):
    """An output that turns NaN into zero where its format has none."""
    form = lookup(name)
    nan = "error" if form.has_nan else "zero"
    bias = lookup(bias) if bias else None
    return Output(form, bias=bias, relu=relu, clamp=_inside(form, clamp), nan=nan)


def _inside(form, clamp):
    """The bounds, or what an unsigned format knows of them."""
    return clamp and (max(clamp[0], float(form.minimum)), clamp[1] or 1)


def model(out, working=FP32):
    clamp = out.clamp and tuple(Fraction(bound) for bound in out.clamp)
    return Tail(working, out.format.name, out.relu, clamp)


def exact_sums(w, a, weight, activation):
    """The exact sums as Reals, NaN and infinities included."""
    found = raw_model.result(listed(w), element(weight), listed(a), element(activation))

    def one(cell):
        if cell.nan or (cell.positive and cell.negative):
            return NAN
        if cell.positive or cell.negative:
            return Real(Fraction(0), cell.negative, "inf")
        return real(cell.value)

    return [[one(cell) for cell in row] for row in found]


def biases(rng, form, rows):
    """None, or codes near one another, wild or special."""
    if form is None:
        return None
    return np.concatenate([scales(rng, form, how, (rows,)) for how in ("tame", "wild")])[::2][:rows]


def check(made, w, a, bias, sums, factors):
    """The engine's answer is the second model's, code for code."""
    out = made.arithmetic.output
    tail, name = model(out, element(made.arithmetic.working.name).float), out.format.name
    wanted = []
    for n, row in enumerate(sums):
        added = None if bias is None else element(out.bias.name).decode(int(bias[n]))
        results = [tail.result(v, factors(n, m), added) for m, v in enumerate(row)]
        wanted.append([code(value, name) for value in results])
    agree(matmul(made, w, a, bias=bias).values, wanted, out.format.bits)


@tails
@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize("pair", ["int8 int4", "e5m2 e4m3", "e2m1 fp16"])
def test_a_sum_without_scales(pair, name, tail):
    weight, activation = pair.split()
    made = engine(output(name, **tail), weight, activation)
    rng = np.random.default_rng(1)
    for k in (1, 5):
        w = elements(rng, lookup(weight), "any", (6, k))
        a = elements(rng, lookup(activation), "any", (7, k))
        bias = biases(rng, made.arithmetic.output.bias, 6)
        check(made, w, a, bias, exact_sums(w, a, weight, activation), lambda n, m: [])


@tails
@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize("how", ["tame", "wild", "special", "zero"])
def test_a_sum_with_a_scale_on_either_side(how, name, tail):
    """Weight's scale first, then the activation's: each rounded."""
    made = engine(output(name, **tail), ends=True)
    rng = np.random.default_rng(2)
    w = quantized(rng, made.arithmetic.weight, "any", how, (6, 32))
    a = quantized(rng, made.arithmetic.activation, "any", how, (7, 32))
    bias = biases(rng, made.arithmetic.output.bias, 6)
    sums = exact_sums(w.codes["code"], a.codes["code"], "int8", "int8")

    def factors(n, m):
        return [FP32.decode(int(side.scales["scale"][i, 0])) for side, i in ((w, n), (a, m))]

    check(made, w, a, bias, sums, factors)


@pytest.mark.parametrize("tail", [t for t in TAILS if t.get("bias") in (None, "e4m3", "fp16")])
@pytest.mark.parametrize("name", ["fp32", "fp16", "e4m3", "int8"])
def test_the_working_format_is_that_of_the_last_stage(name, tail):
    """FP16 additions: groups, end scale and bias are all rounded to FP16."""
    stages = Stage(), Stage("fp", format=lookup("fp16"), partials=2)
    levels = Level(lookup("fp16"), group(8), "group"), Level(lookup("fp16"), ROW, "row")
    weight = Operand((Plane(lookup("int8"), levels),))
    arithmetic = Arithmetic(
        weight, Operand((Plane(lookup("int4")),)), accumulate=stages, output=output(name, **tail)
    )
    made, rng = Engine("x", (arithmetic,), Build(1, 1, 8)), np.random.default_rng(3)
    w = quantized(rng, weight, "any", "tame", (6, 32))
    a = quantized(rng, arithmetic.activation, "any", "tame", (7, 32))
    bias = biases(rng, arithmetic.output.bias, 6)

    def value(n, m):
        products = lookup("int8").integers(w.codes["code"][n]) * lookup("int4").integers(
            a.codes["code"][m]
        )
        integers = products.reshape(-1, 8).sum(axis=1)
        factors = [FP16.decode(int(scale)) for scale in w.scales["group"][n]]
        addends = [FP16.round(real(int(i)) * f) for i, f in zip(integers, factors, strict=True)]
        return accumulate(addends, 2, FP16)

    sums = [[value(n, m) for m in range(7)] for n in range(6)]
    check(made, w, a, bias, sums, lambda n, m: [FP16.decode(int(w.scales["row"][n, 0]))])


def one_sum(out, *products, bias=None, weight="fp16", activation="fp16"):
    """The result of Σ x·y for float elements, as a number."""
    made = engine(out, weight, activation)
    xs, ys = zip(*products, strict=True)
    w, a = lookup(weight).encode([xs]), lookup(activation).encode([ys])
    codes = None if bias is None else out.bias.encode([bias])
    found = matmul(made, w, a, bias=codes)
    return found.decode()[0, 0]


def test_without_late_steps_the_exact_sum_is_rounded_once():
    """1 + 2^-11 + 2^-40 is above the tie; FP32 on the way would lose that."""
    products = (1, 1), (2**-11, 1), (2**-20, 2**-20)
    assert one_sum(output("fp16"), *products) == 1 + 2**-10
    assert one_sum(output("fp16", bias="fp32"), *products, bias=0) == 1


def test_the_sum_is_rounded_before_the_bias_is_added():
    products = (4096, 4096), (1, 1)
    assert one_sum(output("fp32", bias="fp32"), *products, bias=-1) == 2**24 - 1
    assert one_sum(output("fp32", bias="fp32"), *products, bias=-(2**24)) == 0


def test_the_bias_is_added_before_the_conversion_and_relu_follows_it():
    assert one_sum(output("bf16", bias="fp32"), (1, 1), bias=2**-8 + 2**-20) == 1 + 2**-7
    assert one_sum(output("int8", bias="fp32"), (1, 0.25), bias=0.25) == 0  # the tie is even
    assert one_sum(output("fp32", bias="fp32", relu=True), (1, -3), bias=4) == 1
    assert one_sum(output("fp32", bias="fp32", relu=True), (1, 3), bias=-4) == 0


def test_the_sum_with_the_bias_is_rounded_once():
    """1 + 2^-24 in FP32 is a tie to 1; a hair more is not, however small the hair."""
    assert one_sum(output("bf16", bias="fp32"), (1, 1), bias=2**-8 + 2**-30) == 1  # in FP32 a tie
    tie = output("fp32", bias="fp32")
    assert one_sum(tie, (1, 1), bias=2.0**-24) == 1
    assert one_sum(tie, (1, 1), bias=np.nextafter(np.float32(2**-24), 1)) == 1 + 2**-23


@pytest.mark.parametrize(
    "value, relu, clamped",
    [
        (np.inf, 0x7F800000, 0x40C00000),
        (-np.inf, 0, 0xBF800000),
        (np.nan, 0x7FC00000, 0x7FC00000),
        (-0.0, 0, 0x80000000),
        (0.0, 0, 0),
        (-1.0, 0, 0xBF800000),
        (6.0, 0x40C00000, 0x40C00000),
        (6.5, 0x40D00000, 0x40C00000),
        (-(2.0**-149), 0, 0x80000001),
    ],
)
def test_what_relu_and_clamp_make_of_special_values(value, relu, clamped):
    assert scaled_by(value, output("fp32", relu=True)) == relu
    assert scaled_by(value, output("fp32", clamp=(-1, 6))) == clamped


def scaled_by(factor, out):
    """The code of 1 times an FP32 scale; of 0 times -1 for -0."""
    level = Level(lookup("fp32"), ROW)
    weight = Operand((Plane(lookup("int8"), (level,)),))
    integer = 1
    if factor == 0 and np.signbit(factor):
        integer, factor = 0, -1.0
    arithmetic = Arithmetic(weight, Operand((Plane(lookup("int8")),)), output=out)
    scale = lookup("fp32").encode([[factor]], saturate=False)
    w = Quantized(weight, {"code": np.array([[integer]])}, {"scale": scale})
    return matmul(Engine("x", (arithmetic,), Build(1, 1, 1)), w, np.array([[1]])).values[0, 0]


def test_nan_stays_where_its_code_has_a_sign_bit():
    out = Output(lookup("e4m3_fnuz"), relu=True, clamp=(0, 1))
    assert scaled_by(np.nan, out) == 0x80 and scaled_by(-1, out) == 0


@pytest.mark.parametrize("bounds", [(-0.0, 1.0), (0.0, 1.0), (-1.0, 0.0), (-1.0, -0.0)])
def test_a_bound_of_zero_is_plus_zero(bounds):
    out = Output(lookup("fp32"), clamp=bounds)
    assert not any(np.signbit(bound) for bound in out.clamp if bound == 0)
    assert scaled_by(-0.0, out) == scaled_by(0.0, out) == 0
    assert one_sum(out, (1, -3)) == bounds[0] and one_sum(out, (1, 3)) == bounds[1]


def test_infinity_can_be_a_bound():
    out = Output(lookup("fp16"), clamp=(0, np.inf))
    assert one_sum(out, (1, -3)) == 0 and one_sum(out, (65504, 65504)) == np.inf


def test_nan_becomes_zero_where_the_format_cannot_hold_it():
    for name in ("int8", "e2m1", "uint4"):
        assert one_sum(output(name), (np.nan, 1)) == 0
        assert one_sum(output(name), (np.inf, 1), (-np.inf, 1)) == 0
        assert one_sum(output(name), (np.inf, 1)) == float(lookup(name).maximum)
        assert one_sum(output(name), (-np.inf, 1)) == float(lookup(name).minimum)
    assert one_sum(output("int8", clamp=(1, 5)), (np.nan, 1)) == 1  # zero first, then clamp


@tails
@pytest.mark.parametrize("name", ["fp32", "int8"])
def test_an_output_survives_toml(name, tail):
    made = engine(output(name, **tail), ends=True)
    assert from_toml(to_toml(made)) == made


def test_a_clamp_in_toml_may_have_whole_numbers():
    made = engine(Output(lookup("fp32"), clamp=(-1, 6)))
    text = to_toml(made)
    assert "-1.0" in text and "6.0" in text
    assert from_toml(text.replace("-1.0", "-1").replace("6.0", "6")) == made
