"""Overpacked products against fields cut out of one multiplication."""

import numpy as np
import pytest
from macsmith.golden import DesignError, lookup, matmul, raw
from macsmith.golden.products import RULES
from second_models import overpacked as model

from macsmith import Build, Engine, Options, design


def ends(name):
    fmt = lookup(name)
    return fmt.low, fmt.high


def everything(*names):
    """All combinations of numbers of these formats."""
    numbers = [np.arange(low, high + 1) for low, high in map(ends, names)]
    return [axis.ravel() for axis in np.meshgrid(*numbers, indexing="ij")]


@pytest.mark.parametrize("pair", ["int4 int4", "int4 uint4", "uint4 int4", "int4_sym int4"])
def test_every_block(pair):
    """All 2**20 of two weights and three activations."""
    weight, activation = pair.split()
    w0, w1, *activations = everything(weight, weight, activation, activation, activation)
    wanted = np.array(model.products([w0, w1], activations))
    found = RULES["overpacked"].block(np.array([w0, w1]), np.array(activations))
    assert (found == wanted).all()
    bounds = RULES["overpacked"].range(lookup(weight), lookup(activation))
    assert (found.min(), found.max()) == (bounds.low, bounds.high)


def test_the_published_error():
    """Four products of INT4 weights and UINT4 activations: 0.478 in the mean, printed as 0.47."""
    w0, w1, a0, a1 = everything("int4", "int4", "uint4", "uint4")
    found = np.array(model.products([w0, w1], [a0, a1]))
    wanted = np.array([[w * a for a in (a0, a1)] for w in (w0, w1)])
    assert int(1000 * abs(found - wanted).mean()) == 478


#: Pair, the mean absolute error of six products and the greatest, as they are and corrected.
ERRORS = [
    ("int4 uint4", (0.5388, 2), (0.1176, 1)),
    ("int4 int4", (0.3951, 1), (0.0021, 1)),
    ("int4_sym int4", (0.3937, 1), (0.0, 0)),
    ("int4 int4_sym", (0.3944, 1), (0.0, 0)),
]


@pytest.mark.parametrize("pair, plain, corrected", ERRORS)
def test_how_large_errors_are(pair, plain, corrected):
    weight, activation = pair.split()
    w0, w1, *activations = everything(weight, weight, activation, activation, activation)
    found = np.array(model.products([w0, w1], activations)).reshape(6, -1)
    exact = np.array([w * a for w in (w0, w1) for a in activations])
    returned = np.concatenate([np.zeros((1, len(w0)), int), found[:-1] < 0])
    for off, (mean, most) in ((found - exact, plain), (found + returned - exact, corrected)):
        assert (round(float(abs(off).mean()), 4), abs(off).max()) == (mean, most)


def test_a_negative_carry_is_made_up_for_by_one():
    w0, w1, *activations = everything("int4", "int4", "uint4", "uint4", "uint4")
    plain = np.array(model.products([w0, w1], activations)).reshape(6, -1)
    corrected = RULES["overpacked_corrected"].block(np.array([w0, w1]), np.array(activations))
    corrected = corrected.reshape(6, -1)
    assert (corrected[0] == plain[0]).all()
    for n in range(1, 6):
        assert (corrected[n] == plain[n] + (plain[n - 1] < 0)).all()
    bounds = RULES["overpacked_corrected"].range(lookup("int4"), lookup("uint4"))
    assert (corrected.min(), corrected.max()) == (bounds.low, bounds.high)


def engine(*pair, k_max=64, **options):
    build = Build(2, 3, 4, policy="dsp")
    return Engine("x", (raw(*pair, k_max=k_max, product="overpacked", **options),), build)


def test_rows_and_columns_that_are_missing_repeat_the_last():
    """5 rows and 4 columns: the last block has one row and one column."""
    rng = np.random.default_rng(1)
    w, a = rng.integers(-8, 8, (5, 24)), rng.integers(0, 16, (4, 24))
    found = matmul(engine("int4", "uint4"), (w & 15).astype(np.uint8), a.astype(np.uint8)).values
    rows, cols = w[[0, 1, 2, 3, 4, 4]], a[[0, 1, 2, 3, 3, 3]]
    for r in range(0, 6, 2):
        for c in range(0, 6, 3):
            results = np.array(model.products(list(rows[r : r + 2]), list(cols[c : c + 3])))
            part = found[r : r + 2, c : c + 3]
            assert (part == results.sum(axis=-1)[: part.shape[0], : part.shape[1]]).all()


def test_single_products_are_refused():
    rule, fmt = RULES["overpacked"], lookup("int4")
    codes = np.zeros(1, np.uint8)
    fields = fmt.fields(codes)
    for call in (rule.products, rule.factors):
        given = codes if call == rule.products else fields
        with pytest.raises(DesignError, match="come six at a time"):
            call(given, given, (fmt, fmt))


@pytest.mark.parametrize(
    "pair, given, message",
    [
        ("int4xint8", {}, "needs integers of 4 bits, such as int4 and uint4, got int4 × int8"),
        ("e2m1xint4", {}, "got e2m1 × int4"),
        ("int4xuint4", {"accumulate": "aligned", "fraction": 13}, "aligned takes them one by one"),
        ("int4", {"zero_point": "int4", "group": 32}, "got minus_one × int4"),
    ],
)
def test_what_it_refuses(pair, given, message):
    with pytest.raises(DesignError, match=message):
        design(pair, Options(product="overpacked", **given))
