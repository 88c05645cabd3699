"""The golden model against a second one, which was written from the documentation alone, in exact
rationals: random descriptions, every bit of every result."""

import ast
import sys
from collections import Counter
from pathlib import Path

import corners
import numpy as np
import pytest
from descriptions import arithmetics
from drawing import ELEMENTS, SCALES, quantized, scales
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from macsmith.golden import Build, DesignError, Engine, lookup, matmul
from macsmith.golden.formats import names
from plain import name_of, told
from second_models.exact import accumulate, matrix, rounding
from second_models.exact.formats import Book, named
from second_models.exact.numbers import power
from second_models.exact.sums import Sum

FOLDER = Path(matrix.__file__).parent
P3109 = [f"binary{k}p{p}{s}{e}" for k in range(3, 9) for p in range(1, k + 1)
         for s in "su" for e in "ef" if p < k or s == "u"]  # fmt: skip


def test_it_computes_alone():
    """Nothing of macsmith, of NumPy or of other second models can be wrong in it."""
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 1 or (node.level == 0 and standard(node.module)), path
            elif isinstance(node, ast.Import):
                assert all(standard(item.name) for item in node.names), path


def standard(module):
    return module.partition(".")[0] in sys.stdlib_module_names


@pytest.mark.parametrize("name", [*names(), *P3109])
def test_every_code_is_the_same_number(name):
    """Of formats that it knows by their names; others come as tables, or not at all."""
    form = lookup(name)
    try:
        second = named(form.name)
    except KeyError:
        assert form.select_width or name in {"one", "minus_one"} or hasattr(form, "tables")
        return
    codes = form.legal if form.bits <= 16 else np.arange(0, 1 << form.bits, 8_388_607)
    codes = codes[:: max(1, len(codes) // 512)]
    for code, value in zip(codes.tolist(), form.decode(codes).tolist(), strict=True):
        number = second.number(code)
        kind = "nan" if np.isnan(value) else "infinite" if np.isinf(value) else "finite"
        assert number.kind == kind, code
        assert kind != "finite" or number.value == value, code
        assert kind == "nan" or isinstance(second, Book) or number.negative == np.signbit(value)


def compared(made, weight, activation, bias=None, initial=None):
    """Each result of the second model and its format, None for a raw one, once the golden model
    has the same code, or the same sum and flags."""
    result = matmul(made, weight, activation, bias=bias, initial=initial)
    plain = told(made.arithmetic, weight, activation, made.build.lanes, bias, initial)
    values = result.values.reshape(-1, *result.values.shape[-2:])
    marks = [getattr(result.flags, flag).reshape(values.shape)
             for flag in ("nan", "positive", "negative")]  # fmt: skip
    for output, found in enumerate(matrix.matrix(plain)):
        for row, entries in enumerate(found):
            for column, wanted in enumerate(entries):
                place = output, row, column
                got = int(values[place])
                if isinstance(wanted, Sum):
                    got = Sum(got * power(result.format.lsb), *(bool(m[place]) for m in marks))
                assert got == wanted, f"at {place}, of {made.arithmetic}"
                yield wanted, plain.output and named(plain.output.format)


@pytest.fixture
def events(monkeypatch):
    """What the second model met on its way, counted."""
    met = Counter()
    inner = rounding.away, accumulate.bounded, accumulate.truncated

    def away(share, odd, negative, rule):
        beside = abs(share - rounding.HALF)
        met["a tie"] += not beside
        met["a tie but for a little"] += 0 < beside < LITTLE
        return inner[0](share, odd, negative, rule)

    def bounded(value, form, saturate):
        result = inner[1](value, form, saturate)
        met["an integer at its end" if saturate else "a wrap"] += result != value
        return result

    def truncated(value):
        result = inner[2](value)
        met["an aligned term cut"] += result != value
        return result

    monkeypatch.setattr(rounding, "away", away)
    monkeypatch.setattr(accumulate, "bounded", bounded)
    monkeypatch.setattr(accumulate, "truncated", truncated)
    return met


#: Of the distance of two codes: less than what a float64 keeps of a result of any width.
LITTLE = power(-46)
#: What results there must be.
RESULTS = {"NaN", "infinity", "−0", "+0", "a subnormal", "the greatest", "raw NaN", "raw infinity",
           "raw infinities of both signs"}  # fmt: skip
EVENTS = {
    "a tie",
    "a tie but for a little",
    "a wrap",
    "an integer at its end",
    "an aligned term cut",
}


def result_of(wanted, form):
    """What a result shows, in a word of RESULTS, or nothing."""
    if isinstance(wanted, Sum):
        both = wanted.positive and wanted.negative
        word = "raw infinities of both signs" if both else "raw infinity"
        return "raw NaN" if wanted.nan else word if wanted.positive or wanted.negative else ""
    if form is None:
        return ""
    number = form.number(wanted)
    if number.kind != "finite":
        return "NaN" if number.kind == "nan" else "infinity"
    if not number.magnitude:
        return "−0" if number.negative else "+0"
    if hasattr(form, "largest") and number.magnitude == form.number(form.largest).magnitude:
        return "the greatest"
    small = hasattr(form, "mantissa") and number.magnitude < power(1 - form.bias)
    return "a subnormal" if small else ""


def run(seed, count, met):
    """Draw so many descriptions; those that need more than 128 bits are drawn anew."""
    number = 0
    while count:
        case = corners.case(np.random.default_rng([seed, number]))
        number += 1
        try:
            found = list(compared(*case[:5]))
        except DesignError as error:
            assert "bits, more than 128" in str(error)
            continue
        except AssertionError as error:
            raise AssertionError(f"case {number - 1} of seed {seed} differs {error}") from None
        met.update(case.kinds)
        met.update(result_of(*each) for each in found)
        count -= 1


def test_the_corners(events):
    run(20, 400, events)
    wanted = corners.KINDS | RESULTS | EVENTS
    for kind in sorted(wanted):
        print(f"{events[kind]:6} {kind}")
    assert not {kind for kind in wanted if not events[kind]}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_many_corners(seed, events):
    run(seed, 2500, events)


@given(
    data=st.data(),
    hows=st.tuples(st.sampled_from(ELEMENTS), st.sampled_from(SCALES)),
    seed=st.integers(0, 1 << 30),
    shape=st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(1, 40)),
)
@settings(max_examples=100, deadline=None, derandomize=True,
          suppress_health_check=list(HealthCheck))  # fmt: skip
def test_a_random_description(data, hows, seed, shape):
    """The descriptions that other tests draw: wider formats, longer groups."""
    try:
        made = Engine("x", (data.draw(arithmetics(4)),), Build(1, 1, 4))
    except DesignError:
        assume(False)
    arithmetic, rng = made.arithmetic, np.random.default_rng(seed)
    rows, columns, k = shape
    weight = quantized(rng, arithmetic.weight, *hows, (rows, k))
    activation = quantized(rng, arithmetic.activation, *hows, (columns, k))
    form = arithmetic.output.bias
    bias = scales(rng, form, hows[1], (rows,)) if form else None
    assume(all(known(plane.element) for side in (arithmetic.weight, arithmetic.activation)
               for plane in side.planes))  # fmt: skip
    try:
        for _ in compared(made, weight, activation, bias):
            pass
    except DesignError as error:
        assert "bits, more than 128" in str(error)
        assume(False)


def known(form):
    """Whether the second model knows a format: all but sliced integers."""
    try:
        return bool(name_of(form))
    except KeyError:
        return False
