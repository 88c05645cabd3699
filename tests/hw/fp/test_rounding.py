"""Every rounding rule in the blocks that convert results, over all codes of narrow operands."""

from itertools import product

import numpy as np
import pytest
from macsmith.golden import lookup
from macsmith.golden.bounds import Range
from macsmith.golden.flags import Reachable
from macsmith.golden.formats import ROUNDINGS
from macsmith.hw.fp import FixedToInteger, FloatToFloat, FloatToInteger, IntegerToFloat

NONE = Reachable(False, False)
FLOATS = [lookup(name) for name in "e4m3 e5m2 e2m1 e3m0 e4m3_fnuz ue4m3 bf16 fp16 e3m2".split()]
INTEGERS = [lookup(name) for name in "int8 uint8 int4_sym mxint8 int16".split()]


def check(run, make, formats, codes, values, saturates):
    """``make(format, rounding, saturate)`` gives a block; all of them side by side."""
    rules = list(product(formats, ROUNDINGS, saturates))
    units = {f"{fmt.name}_{rule}_{int(full)}": make(fmt, rule, full) for fmt, rule, full in rules}
    found = run(units, codes)
    for (fmt, rule, full), (name, codes_found) in zip(rules, found.items(), strict=True):
        known = values if fmt.has_nan else np.where(np.isnan(values), 0.0, values)
        wrong = codes_found != fmt.encode(known, rule, full).astype(np.int64)
        assert not wrong.any(), (name, values[wrong][:4], codes_found[wrong][:4])


#: All side by side take minutes to compile: a few formats stand for them.
some_or_all = pytest.mark.parametrize(
    "formats, saturates",
    [
        ([lookup(name) for name in ("e4m3", "e3m0")], (False,)),
        *(pytest.param(FLOATS, (full,), marks=pytest.mark.slow) for full in (False, True)),
    ],
    ids=["some", "all", "all saturating"],
)


@some_or_all
@pytest.mark.parametrize("values", [Range(-9, -2048, 2047), Range(-3, 0, 4095)], ids=str)
def test_integers_to_floats(run, values, formats, saturates):
    def make(fmt, rule, full):
        return IntegerToFloat(values, fmt, NONE, saturate=full, rounding=rule, stages=2)

    integers = np.arange(values.low, values.high + 1)
    numbers = np.ldexp(integers.astype(float), values.lsb)
    check(run, make, formats, integers, numbers, saturates)


@some_or_all
@pytest.mark.parametrize("source", ["fp16", "e5m2"])
def test_floats_to_floats(run, source, formats, saturates):
    source = lookup(source)

    def make(fmt, rule, full):
        return FloatToFloat(source, fmt, saturate=full, rounding=rule, stages=2)

    codes = np.arange(1 << source.bits)
    check(run, make, formats, codes, source.decode(codes), saturates)


@pytest.mark.cases(0)
@pytest.mark.parametrize("source", ["fp16", "bf16"])
def test_floats_to_integers(run, source):
    source = lookup(source)

    def make(fmt, rule, full):
        return FloatToInteger(source, fmt, rounding=rule)

    codes = np.arange(1 << source.bits)
    check(run, make, INTEGERS, codes, source.decode(codes), (True,))


@pytest.mark.parametrize("values", [Range(-5, -2048, 2047), Range(-1, 0, 4095)], ids=str)
def test_integers_to_integers(run, values):
    def make(fmt, rule, full):
        return FixedToInteger(values, NONE, fmt, rounding=rule)

    integers = np.arange(values.low, values.high + 1)
    numbers = np.ldexp(integers.astype(float), values.lsb)
    check(run, make, INTEGERS, integers, numbers, (True,))
