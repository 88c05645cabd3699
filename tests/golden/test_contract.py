"""What the contract (docs/site/numerics.md) states beyond sums: scales' order, NaN, zero points."""

from itertools import permutations

import gfloat
import ml_dtypes
import numpy as np
import pytest
from gfloat.formats import format_info_ocp_e8m0
from macsmith.golden.description import ROW, TENSOR, Arithmetic, Build, Engine, Output, raw
from macsmith.golden.formats import names

from macsmith import DesignError, Level, Operand, Plane, Quantized, design, lookup, matmul

FP32 = lookup("fp32")


def side(*spans):
    levels = tuple(Level(FP32, span, f"{span}") for span in spans)
    return Operand((Plane(lookup("int8"), levels),))


def one(operand, code, scales):
    """One element with one scale a level, in the order of the levels."""
    held = {
        level.name: np.float32(scale).view(np.uint32).reshape(1, 1)
        for level, scale in zip(operand.levels, scales, strict=True)
    }
    return Quantized(operand, {"code": np.array([[code]], np.uint8)}, held)


def chain(value, scales):
    """Float32 products, one after the other."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for scale in scales:
            value = np.float32(value) * np.float32(scale)
    return int(np.float32(value).view(np.uint32))


BIG, SMALL = 2.0**100, 2.0**-100
#: The weight's levels, the activation's, and scales in that order: any other gives something else.
ORDERS = [
    ((ROW, TENSOR), (ROW,), (BIG, BIG, SMALL)),
    ((TENSOR, ROW), (ROW,), (SMALL, SMALL, BIG)),
    ((ROW, TENSOR), (TENSOR, ROW), (BIG, BIG, SMALL, SMALL)),
    ((ROW,), (ROW, TENSOR), (BIG, SMALL, BIG * 1.5)),
    ((ROW, TENSOR), (ROW,), (1.0000001, 1.3333334, 1.7777778)),
    ((TENSOR, ROW), (TENSOR,), (1.1000001, 1.9999999, 1.2345679)),
]


@pytest.mark.parametrize("weight, activation, scales", ORDERS)
def test_scales_multiply_in_the_order_of_the_description(weight, activation, scales):
    w, a = side(*weight), side(*activation)
    engine = Engine("x", (Arithmetic(w, a, output=Output(FP32)),), Build(1, 1, 1))
    held = one(w, 7, scales[: len(weight)]), one(a, 3, scales[len(weight) :])
    assert matmul(engine, *held).values.tolist() == [[chain(21, scales)]]
    assert len({chain(21, order) for order in permutations(scales)}) > 1


def test_rows_columns_tensor_is_not_the_order():
    """700 of 2,000 such products differ; 1.5 of the last place at most."""
    rng = np.random.default_rng(1)
    w, a = side(ROW, TENSOR), side(ROW)
    engine = Engine("x", (Arithmetic(w, a, output=Output(FP32)),), Build(1, 1, 1))
    rows, columns = 40, 50
    factors = [
        rng.uniform(1, 2, size).astype(np.float32) for size in ((rows, 1), (1, 1), (columns, 1))
    ]
    codes = [rng.integers(1, 127, (size, 1)).astype(np.uint8) for size in (rows, columns)]
    bits = [factor.view(np.uint32) for factor in factors]
    held = (
        Quantized(w, {"code": codes[0]}, {"row": bits[0], "tensor": bits[1]}),
        Quantized(a, {"code": codes[1]}, {"row": bits[2]}),
    )
    sums = (codes[0].astype(np.int64) @ codes[1].T.astype(np.int64)).astype(np.float32)
    found = matmul(engine, *held).values
    np.testing.assert_array_equal(
        found.view(np.float32), sums * factors[0] * factors[1] * factors[2].T
    )
    other = sums * factors[0] * factors[2].T * factors[1]
    assert 400 < (found.view(np.float32) != other).sum() < 1000


NANS = {
    "fp32": 0x7FC00000, "fp16": 0x7E00, "bf16": 0x7FC0, "e4m3": 0x7F, "e5m2": 0x7E,
    "e4m3_fnuz": 0x80, "e5m2_fnuz": 0x80, "e4m3_ieee": 0x7C, "e3m4_ieee": 0x78,
    "e8m13_ieee": 0x1FF000,
}  # fmt: skip


@pytest.mark.parametrize("name", NANS)
@pytest.mark.parametrize("codes", [(0x7C00, 0), (0x7E01, 0x3C00), (0xFFFF, 0x3C00)])
def test_a_result_that_is_nan_has_one_code(name, codes):
    """From infinity times zero, from any NaN of any sign."""
    made = raw("fp16", "fp16", k_max=1, output=Output(lookup(name)))
    arrays = [np.array([[code]], np.uint16) for code in codes]
    engine = Engine("x", (made,), Build(1, 1, 1))
    assert matmul(engine, *arrays).values.tolist() == [[NANS[name]]]


def test_a_zero_point_of_zero_meets_infinity():
    """z Σ x is there when z is 0: 0 times infinity is NaN, in the group of the infinite x."""
    engine = design("w4a16")
    weight, activation = engine.arithmetic.weight, engine.arithmetic.activation
    codes, zeros = np.ones((2, 256), np.uint8), np.array([[0, 0], [1, 1]], np.uint8)
    scales = {"scale": np.full((2, 2), 0x3C00, np.uint16), "zero": zeros}
    held = Quantized(weight, {"code": codes}, scales)
    x = np.full((1, 256), 0x3C00, np.uint16)
    assert matmul(engine, held, Quantized(activation, {"code": x})).decode().tolist() == [
        [256],
        [0],
    ]
    x[0, 3] = 0x7C00
    found = matmul(engine, held, Quantized(activation, {"code": x})).decode()
    assert np.isnan(found[0, 0])  # q x - z x is infinity - NaN
    assert np.isnan(found[1, 0])  # and infinity - infinity


UNUSED = {name: 1 << lookup(name).bits - 1 for name in names() if name.endswith("_sym")}


def test_only_symmetric_integers_have_codes_without_use():
    narrow = [fmt for fmt in map(lookup, names()) if 0 < fmt.bits <= 16]
    odd = {fmt.name for fmt in narrow if len(fmt.legal) < 1 << fmt.bits}
    assert odd == set(UNUSED) and "int8_sym" in odd


@pytest.mark.parametrize("name", UNUSED)
def test_a_code_without_use_is_refused_wherever_it_comes_in(name):
    fmt, code = lookup(name), UNUSED[name]
    codes = np.full((1, 4), code, fmt.dtype)
    engine = design(f"{name}xint8")
    other = np.zeros((1, 4), np.uint8)
    for enters in (
        lambda: fmt.decode(codes),
        lambda: fmt.integers(codes),
        lambda: fmt.fields(codes),
        lambda: Quantized(engine.arithmetic.weight, {"code": codes}),
        lambda: matmul(engine, codes, other),
    ):
        with pytest.raises(DesignError, match=f"^{name} is symmetric and has no code {code:#x}"):
            enters()
    assert fmt.encode(-1e9) == (1 << fmt.bits) - fmt.high  # what saturates stays in use


def test_ties_of_e8m0_go_to_the_even_code():
    """As gfloat has it; ml_dtypes rounds them up."""
    fmt, exponents = lookup("e8m0"), np.arange(-126, 126)
    ties = 1.5 * np.exp2(exponents)
    codes = fmt.encode(ties)
    assert (codes % 2 == 0).all() and lookup("e8m0").decode(fmt.encode([3, 1.5])).tolist() == [2, 2]
    theirs = [gfloat.round_float(format_info_ocp_e8m0, tie) for tie in ties.tolist()]
    np.testing.assert_array_equal(fmt.decode(codes), theirs)
    up = ties.astype(np.float32).astype(ml_dtypes.float8_e8m0fnu).astype(float)
    np.testing.assert_array_equal(up, 2 * np.exp2(exponents))
