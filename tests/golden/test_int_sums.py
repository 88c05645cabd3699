"""Rule int: sums that wrap, and sums that saturate, whose order matters."""

from fractions import Fraction

import numpy as np
import pytest
from drawing import agree, elements, listed, quantized
from macsmith.golden import (
    Arithmetic,
    Build,
    DesignError,
    Engine,
    Level,
    Operand,
    Output,
    Plane,
    Stage,
    group,
    lookup,
    matmul,
    raw,
)
from second_models import raw as raw_model
from second_models import saturating
from second_models.elements import element
from second_models.floats import FP32
from second_models.reals import real

PAIRS = ["int8 int8", "int4 uint8", "e4m3 int8", "e5m2 e5m2", "ternary int4"]
pairs = pytest.mark.parametrize("pair", [p.split() for p in PAIRS], ids="x".join)


def engine(pair, width, overflow, lanes=4, **options):
    terms = lanes if overflow == "saturate" else None
    stage = Stage("int", format=lookup(width), overflow=overflow, terms=terms)
    return Engine("x", (raw(*pair, accumulate=(stage,), **options),), Build(1, 1, lanes))


def products(pair, w, a):
    """[row][column] -> the products, in units of the result's last place; specials are 0."""
    first, second = (element(name) for name in pair)
    unit = 2 ** -sum(lookup(name).lsb for name in pair)

    def one(x, y):
        value = (first.decode(x) * second.decode(y)).fraction * unit
        assert value.denominator == 1
        return int(value)

    return [
        [[one(x, y) for x, y in zip(row, column, strict=True)] for column in listed(a)]
        for row in listed(w)
    ]


@pairs
@pytest.mark.parametrize("width", ["int6", "int12", "int16", "uint16", "int32", "int60", "int64"])
@pytest.mark.parametrize("how", ["any", "extreme", "cancelling"])
def test_a_sum_that_wraps(pair, width, how):
    made, rng, form = engine(pair, width, "wrap"), np.random.default_rng(1), lookup(width)
    w, a = (elements(rng, lookup(name), how, (4, 32)) for name in pair)
    result = matmul(made, w, a)
    wanted = [
        [saturating.wrapped(p, form.bits) % (1 << form.bits) for p in row]
        for row in products(pair, w, a)
    ]
    assert [[int(v) % (1 << form.bits) for v in row] for row in result.values] == wanted
    assert (result.format.low, result.format.high) == (form.low, form.high)
    assert all(form.low <= v <= form.high for v in result.values.flat)
    specials = raw_model.result(listed(w), element(pair[0]), listed(a), element(pair[1]))
    assert result.flags.nan.tolist() == [[cell.nan for cell in row] for row in specials]


@pairs
@pytest.mark.parametrize("lanes", [1, 2, 8])
@pytest.mark.parametrize("width", ["int6", "int10", "uint8", "int16", "int16_sym", "int64"])
@pytest.mark.parametrize("how", ["any", "extreme", "cancelling"])
def test_a_sum_that_saturates_after_every_step(pair, width, lanes, how):
    made, form = engine(pair, width, "saturate", lanes), lookup(width)
    rng = np.random.default_rng(2)
    w, a = (elements(rng, lookup(name), how, (4, 32)) for name in pair)
    wanted = [
        [saturating.total(saturating.steps(p, lanes), form.low, form.high) for p in row]
        for row in products(pair, w, a)
    ]
    assert listed(matmul(made, w, a).values) == wanted


def test_the_order_matters():
    made = engine(("int8", "int8"), "int8", "saturate", 1)
    ones = np.array([[1, 1, 1]])
    assert matmul(made, np.array([[100, 100, 156]]), ones).values == [[27]]  # 127 - 100
    assert matmul(made, np.array([[100, 156, 100]]), ones).values == [[100]]


@pytest.mark.parametrize("overflow, wanted", [("wrap", -56), ("saturate", 127)])
def test_a_saturating_sum_starts_from_initial(overflow, wanted):
    made = engine(("int4", "int4"), "int8", overflow, 2, initial=lookup("int8"))
    w = np.array([[7, 7, 1, 1]])
    assert matmul(made, w, np.array([[7, 7, 1, 1]]), initial=[[100]]).values == [[wanted]]
    assert matmul(made, w, np.array([[9, 9, 1, 1]]), initial=[[-100]]).values == [
        [60 if overflow == "wrap" else -128 + 2]
    ]


@pytest.mark.parametrize("how_scales", ["tame", "wild", "greatest", "zero"])
@pytest.mark.parametrize("width", ["int24", "int32", "int48"])
@pytest.mark.parametrize("out", [None, "fp32"])
def test_with_groups_the_scaled_sums_are_the_addends(how_scales, width, out):
    """A UE4M3 scale and an integer one; the unit is the product of all quanta."""
    form = lookup(width)
    levels = Level(lookup("uint4"), group(8), "fine"), Level(lookup("ue4m3"), group(16), "coarse")
    weight = Operand((Plane(lookup("int8"), levels),))
    stage = Stage("int", format=form, overflow="saturate")
    arithmetic = Arithmetic(
        weight,
        Operand((Plane(lookup("int8")),)),
        accumulate=(stage,),
        output=Output(lookup(out) if out else None),
    )
    made, rng = Engine("x", (arithmetic,), Build(1, 1, 4)), np.random.default_rng(3)
    w = quantized(rng, weight, "any", how_scales, (4, 64))
    w.scales["coarse"][w.scales["coarse"] == 0x7F] = 0x7E  # NaN has its own tests
    a = elements(rng, lookup("int8"), "any", (5, 64))
    scale = element("ue4m3").decode

    def one(n, m):
        x = lookup("int8").integers(w.codes["code"][n]) * lookup("int8").integers(a[m])
        addends = []
        for g in range(8):
            factor = scale(int(w.scales["coarse"][n, g // 2])).fraction * 2**9
            fine = int(w.scales["fine"][n, g])
            addends.append(int(factor) * fine * int(x[8 * g : 8 * g + 8].sum()))
        return saturating.total(addends, form.low, form.high)

    wanted = [[one(n, m) for m in range(5)] for n in range(4)]
    result = matmul(made, w, a)
    if out:
        unit = real(Fraction(1, 2**9))
        agree(result.values, [[FP32.code(FP32.round(real(v) * unit)) for v in r] for r in wanted])
    else:
        assert result.format.lsb == -9 and listed(result.values) == wanted


@pytest.mark.parametrize("change", [{"terms": None}, {"terms": 8}])
def test_terms_are_the_lanes(change):
    with pytest.raises(DesignError, match="terms|lanes"):
        stage = Stage("int", format=lookup("int16"), overflow="saturate", **change)
        Engine("x", (raw("int8", "int8", accumulate=(stage,)),), Build(1, 1, 4))
