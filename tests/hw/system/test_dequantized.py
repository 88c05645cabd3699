"""Weights dequantized before an engine: bit for bit, and the same bits as sums scaled after."""

import numpy as np
import pytest
from macsmith.golden.description import (
    Arithmetic,
    Build,
    Chain,
    Engine,
    Level,
    Operand,
    Output,
    Plane,
    Target,
    group,
)
from macsmith.golden.errors import DesignError
from macsmith.golden.streams import Beats
from macsmith.golden.units import Dequantize, Hadamard
from macsmith.hw.catalogue import hardware
from macsmith.sim import verify

from macsmith import lookup

GROUP, ROWS, COLS, LANES = 16, 3, 2, 4


def weights(element, result, scale, zero=None, **more):
    zero = lookup(zero) if zero else None
    formats = {"element": lookup(element), "result": lookup(result), "zero": zero}
    shape = {"group": GROUP, "rows": ROWS, "lanes": LANES, **more}
    return Dequantize(name="weights", scales=(lookup(scale),), **formats, **shape)


def engine(name, planes, activation, **build):
    operands = Operand(planes), Operand((Plane(lookup(activation)),))
    shape = {"rows": ROWS, "cols": COLS, "lanes": LANES, **build}
    return Engine(name, (Arithmetic(*operands, output=Output(), k_max=128),), Build(**shape))


def chain(unit, name="dequantized", **build):
    product = engine("product", (Plane(unit.result),), "int8", **build)
    return Chain(name=name, parts=(unit, product), into=("weight",))


CHAINS = {
    "QServe": chain(weights("uint4", "int8", "int8", "uint4", overflow="wrap")),
    "regrouped": chain(weights("int4", "int8", "int8", lanes=2), "regrouped", lanes=8),
    "table": chain(weights("int4", "e5m13_ieee", "fp16", via="table"), "looked_up"),
}


@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(CHAINS)), ids=list(CHAINS))
def test_every_result_equals_the_golden_answers_composed(jobs, found, index):
    verify.check(jobs[index], found[index], seed=3)


def scaled(element, scale, zero, activation):
    """Sums of groups times their scales; the zero point is a plane of its own."""
    level = Level(lookup(scale), group(GROUP))
    planes = [Plane(lookup(element), (level,))]
    if zero:
        point = Level(lookup(zero), group(GROUP), "zero")
        planes.append(Plane(lookup("minus_one"), (point, level)))
    return engine("scaled", tuple(planes), activation)


@pytest.mark.parametrize(
    "element, result, scale, zero",
    [
        ("uint4", "int8", "int8", "uint4"),
        ("int4", "int12", "int8", None),
        ("int4", "e5m13_ieee", "fp16", None),
        ("e2m1", "e5m2", "ue4m0_normal", None),
    ],
)
def test_dequantizing_before_is_scaling_after_where_both_are_exact(element, result, scale, zero):
    """QServe's range, INT12 for products of INT4 and INT8, 14 bits of INT4 times FP16, powers of
    two: neither side rounds."""
    before = hardware(chain(weights(element, result, scale, zero)))
    after = hardware(scaled(element, scale, zero, "int8"))
    rng, k = np.random.default_rng(4), 128
    steps, groups = k // LANES, k // GROUP
    codes = rng.integers(0, 16, (steps, ROWS * LANES)).astype(np.uint8)
    sizes = {"int8": (1, 9), "fp16": (0x2000, 0x2800), "ue4m0_normal": (0, 16)}[scale]
    scales = rng.integers(*sizes, (groups, ROWS)).astype(lookup(scale).dtype)
    held = [scales] + ([rng.integers(0, 16, (groups, ROWS)).astype(np.uint8)] if zero else [])
    x = rng.integers(0, 256, (steps, COLS * LANES)).astype(np.uint8)
    last = np.arange(steps) == steps - 1

    beats = Beats(tuple(held), (None,) * len(held), np.zeros(groups, bool))
    weight = Beats((codes,), (None,), np.zeros(steps, bool))
    activation = Beats((x,), (None,), last)
    results = []
    for built, name in ((before, "codes"), (after, "weight")):
        [made] = built.answer({name: weight, "scale": beats, "activation": activation}).values()
        _, exponent = built.format_of(built.results[0].fields[0])
        results.append([int(v) * 2.0**exponent for v in np.ravel(made.values[0])])
        assert made.flags[0] is None or not np.any(made.flags[0])
    assert results[0] == results[1] and any(results[0])


@pytest.mark.parametrize(
    "parts, into, message",
    [
        ((weights("int4", "fp16", "fp16"), "int8"), "weight", "results are fp16, .* takes int8"),
        ((weights("int4", "int8", "int8", rows=2), "int8"), "weight",
         "takes 3 rows of weights at a time, .* gives 2: choose rows = 3 in"),
        ((weights("int4", "int8", "int8"), "int8"), "weights", "into is one of activation, weight"),
    ],
)  # fmt: skip
def test_weights_that_do_not_fit_are_told(parts, into, message):
    unit, element = parts
    product = engine("product", (Plane(lookup(element)),), "int8")
    with pytest.raises(DesignError, match=message):
        hardware(Chain(name="c", parts=(unit, product), into=(into,)))


def test_weights_come_from_units_and_go_to_engines():
    product = engine("product", (Plane(lookup("int8")),), "int8")
    other = engine("other", (Plane(lookup("int8")),), "int8", cols=ROWS)
    with pytest.raises(DesignError, match="weights come from units|results are|flags"):
        hardware(Chain(name="c", parts=(other, product), into=("weight",)))
    turned = Hadamard(name="turned", points=16, vectors=ROWS)
    with pytest.raises(DesignError, match="into = 'weight' belongs to engines, turned is none"):
        hardware(Chain(name="c", parts=(weights("int4", "int8", "int8"), turned), into=("weight",)))


def test_its_streams_are_named_as_those_of_its_parts():
    names = [stream.name for stream in hardware(CHAINS["QServe"]).streams]
    assert names == ["codes", "scale", "activation", "result"]
    assert CHAINS["QServe"].build == Target()
