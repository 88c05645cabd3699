"""Groups as digits: the reductions that are made add up to the number that was wanted."""

import numpy as np
import pytest
from macsmith.golden.formats import lookup
from macsmith.sim import classes
from macsmith.sim.aimed_groups import KINDS, digits_of
from macsmith.sim.aimed_sums import extreme
from macsmith.sim.making import Maker

import macsmith
from macsmith import Options

#: A preset with small arrays, and the step in which its groups add up.
GROUPED = [("w4a8", "sum"), ("nvfp4", "sum"), ("mxfp4", "addition"), ("gguf_q4_k", "addition")]


def of(name, **options):
    engine = macsmith.design(name, Options(rows=1, cols=1, **options))
    return Maker(engine, np.random.default_rng(1))


@pytest.mark.parametrize("name,step", GROUPED, ids=[name for name, _ in GROUPED])
def test_all_kinds_meet_ties_carries_and_their_neighbours(name, step):
    make = of(name)
    digits, met = digits_of(make), set()
    for turn in range(6 * KINDS):
        sides = digits.tile_sides(turn)
        if sides is not None:
            _, counts = classes.counted(lambda sides=sides: make.tile("digits", *sides))
            met |= {kind for where, kind, _ in counts if where == step}
    assert {"carry", "tie to even above", "tie to even below", "just above a tie"} <= met


def test_running_sums_overflow_by_rounding_alone_and_reach_the_greatest():
    make = of("mxfp4")
    digits, met = digits_of(make), set()
    for turn in range(4 * KINDS):
        sides = digits.tile_sides(turn)
        _, counts = classes.counted(lambda sides=sides: make.tile("digits", *sides))
        met |= {kind for where, kind, _ in counts if where == "addition"}
    assert {"greatest", "least overflow", "overflow", "least above a tie"} <= met


#: Scales with a fraction bring an addend anywhere; powers of two only below the least normal.
AIMS = [
    ("gguf_tq1_0", "exact"),
    ("gguf_q4_k", "carry"),
    ("mxfp4", "subnormal tie"),
    ("mxfp4", "exact"),  # only sums of more than 31 of 32 greatest products have such low bits
]


@pytest.mark.parametrize("name,kind", AIMS)
def test_addends_are_aimed_at_one_by_one(name, kind):
    make, met = of(name), set()
    digits = digits_of(make)
    for _ in range(8):
        sides = digits.addends([kind])
        _, counts = classes.counted(lambda sides=sides: make.tile("addends", *sides))
        met |= {found for step, found, _ in counts if step == "addend"}
    assert kind in met


def test_numbers_of_more_digits_than_there_are_groups_are_given_up():
    digits = digits_of(of("w4a8"))
    digits.high = digits.low + 1
    assert len(digits._written((1 << 80) - 1)) == digits.most + 1


@pytest.mark.parametrize("name", ["int4xint8", "lmul", "w8a8"])
def test_engines_without_groups_have_no_digits(name):
    assert digits_of(of(name)) is None


def test_the_greatest_of_a_wide_exponent_is_no_machine_integer():
    """The integers of BF16 reach 2**261; verification of single products looks for the greatest."""
    code, value = extreme(lookup("bf16"), -1)
    assert (code, value) == (0x7F7F, 255 << 253)
