"""Raw engines: the exact sum of products of any two element formats, and its flags."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from macsmith.golden import (
    Arithmetic,
    Build,
    DesignError,
    Engine,
    Operand,
    Plane,
    lookup,
    matmul,
    raw,
)
from macsmith.golden.flags import Reachable, reachable
from second_models import raw as model
from second_models.elements import element

PAIRS = [
    # integers
    "int4 int8",
    "int4_sym int8_sym",
    "uint4 int8",
    "uint8 uint8",
    "int8 int8",
    "int2 int8",
    "int3 uint5",
    "int16 int16",
    "uint16 int4",
    "mxint8 mxint8",
    # one and two bits
    "binary binary",
    "binary int8",
    "ternary ternary",
    "ternary int8",
    "ternary e4m3",
    "binary e5m2",
    # floats without special codes
    "e2m1 e2m1",
    "e2m1 int8",
    "e2m1 mxint8",
    "e3m0 int8",
    "e2m3 e2m3",
    "e3m2 e2m3",
    "e1m2 e2m2",
    "e4m0 uint8",
    # floats with NaN, with infinities, with both
    "e4m3 e4m3",
    "e2m1 e4m3",
    "e4m3 e5m2",
    "e5m2 e5m2",
    "e5m2 int8",
    "e4m3_fnuz e5m2_fnuz",
    "e4m3_ieee e3m4_ieee",
    "e4m3b11_fnuz e4m3",
    "e5m0_ieee int8",
    "e3m4_fn uint4",
    # no sign
    "ue4m3 e2m1",
    "ue5m3 int8",
    "ue4m3 uint4",
    # 16 bits
    "fp16 int4",
    "int8 fp16",
    "fp16 e2m1",
    "fp16 ternary",
    "fp16 e5m2",
    "fp16 fp16",
]
pairs = pytest.mark.parametrize("pair", PAIRS)


def answer(first, second, w, a):
    return matmul(Engine("x", (raw(first, second),), Build(1, 1, 1)), w, a)


def check(pair, w, a):
    """Values, flags, and float64 where there is no flag."""
    first, second = pair.split()
    result = answer(first, second, w, a)
    unit = Fraction(2) ** result.format.lsb
    wanted = model.result(w.tolist(), element(first), a.tolist(), element(second))
    flat = [cell for row in wanted for cell in row]
    assert [int(value) * unit for value in result.values.flat] == [cell.value for cell in flat]
    assert result.flags.nan.ravel().tolist() == [cell.nan for cell in flat]
    assert result.flags.positive.ravel().tolist() == [cell.positive for cell in flat]
    assert result.flags.negative.ravel().tolist() == [cell.negative for cell in flat]
    for got, cell in zip(result.decode().flat, flat, strict=True):
        assert cell.nan or cell.positive or cell.negative or got == float(cell.value)


def codes(rng, name, shape):
    return rng.choice(lookup(name).legal, shape)


@pairs
@pytest.mark.parametrize("k", [1, 2, 33])
def test_random_codes(pair, k):
    rng = np.random.default_rng(k)
    first, second = pair.split()
    check(pair, codes(rng, first, (6, k)), codes(rng, second, (7, k)))


@pairs
def test_few_special_codes(pair):
    """Sparse enough that a sum meets none, one infinity, or two of either sign."""
    rng = np.random.default_rng(5)
    arrays = []
    for name in pair.split():
        legal = lookup(name).legal
        finite = np.isfinite(lookup(name).decode(legal))
        chosen = rng.choice(legal[finite], (12, 24))
        if not finite.all():
            chosen[::2, :2] = rng.choice(legal[~finite], (6, 2))
        arrays.append(chosen)
    check(pair, *arrays)


@pairs
def test_extremes_and_zeros(pair):
    """Each extreme times each, a whole row of it; and the extremes in turn, which cancel."""
    rows = []
    for name in pair.split():
        fmt = lookup(name)
        values = fmt.decode(fmt.legal)
        finite = np.where(np.isfinite(values), values, 0)
        ends = fmt.legal[[finite.argmin(), finite.argmax(), np.abs(finite).argmin()]]
        rows.append(np.array([np.resize(pick, 32) for pick in (*ends[:, None], ends[:2])]))
    check(pair, *rows)


@pytest.mark.parametrize("pair", [p for p in PAIRS if "16" not in p])
def test_every_product(pair):
    """K = 1, all codes times all; of 8-bit codes every third."""
    first, second = (lookup(name) for name in pair.split())
    step = 3 if first.bits + second.bits > 12 else 1
    check(pair, first.legal[:, None], second.legal[::step, None])


@pytest.mark.parametrize("pair", [*PAIRS, "e8m0 e5m2", "e8m0 e2m1", "ue5m3 e8m0"])
def test_flags_are_reachable_where_some_product_raises_them(pair):
    """Zero times infinity counts; formats that have infinity but no zero, and the reverse, too."""
    kinds = []
    for name in pair.split():
        values = map(element(name).decode, element(name).codes)
        kinds.append({(v.special, v.finite and not v.magnitude): v for v in values}.values())
    specials = {(x * y).special for x, y in product(*kinds)}
    first, second = (lookup(name) for name in pair.split())
    found = Reachable.of(first, second)
    assert (found.nan, found.infinite) == ("nan" in specials, "inf" in specials)


@pytest.mark.parametrize(
    "planes, signs, nan, infinite",
    [
        (("int4", "int8"), (1, 1), False, False),
        (("int4", "e4m3"), (1, 1), True, False),
        (("e4m3", "int4"), (-1, 1), True, False),
        (("int4", "e5m2"), (1, -1), True, True),
        (("e4m3", "e5m2"), (1, 0), True, False),  # no sum takes the second plane
        (("e5m2", "int4"), (0, 1), False, False),
        (("e8m0", "e4m3"), (1, 0), True, False),
    ],
)
def test_flags_are_reachable_by_the_planes_that_are_summed(planes, signs, nan, infinite):
    """By OCP: E4M3 has NaN, E5M2 infinity too, E8M0 NaN."""
    weight = Operand(tuple(Plane(lookup(name), (), f"p{n}") for n, name in enumerate(planes)))
    activation = Operand((Plane(lookup("int8")),))
    combine = (tuple((sign,) for sign in signs),)
    found = reachable(Arithmetic(weight, activation, combine=combine))
    assert (found.nan, found.infinite) == (nan, infinite)


@pytest.mark.parametrize(
    "w, a, flags",
    [
        ([0x7C], [0x3C], "positive"),  # Inf · 1
        ([0xFC], [0x3C], "negative"),
        ([0xFC], [0xBC], "positive"),
        ([0x7C], [0x00], "nan"),  # Inf · 0
        ([0x80], [0xFC], "nan"),
        ([0x7E], [0x00], "nan"),  # NaN · 0
        ([0x7C, 0x7C], [0x3C, 0xBC], "positive negative"),  # both: whoever reads it sees a NaN
        ([0x7B, 0x7B], [0x7B, 0x7B], ""),  # large is not infinite: the sum is exact
    ],
)
def test_what_raises_a_flag(w, a, flags):
    result = answer("e5m2", "e5m2", np.array([w]), np.array([a]))
    raised = {f for f in ("nan", "positive", "negative") if getattr(result.flags, f)[0, 0]}
    assert raised == set(flags.split())


@pytest.mark.parametrize(
    "w, a, what",
    [
        ((2, 8), (2, 12), "K"),
        ((2, 8200), (2, 8200), "k"),
        ((2, 0), (2, 0), "K must lie in 1"),
        ((2,), (2,), "axes"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(w, a, what):
    engine = Engine("x", (raw("int4", "int8"),), Build(1, 1, 4))
    with pytest.raises(DesignError, match=what):
        matmul(engine, np.zeros(w, np.uint8), np.zeros(a, np.uint8))
