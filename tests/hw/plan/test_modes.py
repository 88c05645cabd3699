"""Engines of several modes: every product, which modes share rows, and what is refused."""

from itertools import product

import numpy as np
import pytest
from macsmith.golden import DesignError, lookup
from macsmith.golden.formats import names
from macsmith.hw.datapaths import simd
from macsmith.hw.datapaths.numerals import numerals
from macsmith.hw.engine.planner import plan
from macsmith.hw.text.emit import emit
from macsmith.sim.batch import engine_matmul
from macsmith.sim.streams import Simulator

from macsmith import Build, Engine, Options, Stage, design, raw


def engine(*pairs, k_max=3072, **ways):
    modes = tuple(raw(*pair.split("x"), k_max) for pair in pairs)
    return Engine("modes", modes, Build(**{"rows": 1, "cols": 1, "lanes": 1, **ways}))


def units(found):
    return [(unit.modes, unit.datapath.name) for unit in plan(found).units]


@pytest.mark.parametrize("name", [n for n in names() if numerals(lookup(n)) is not None])
def test_digits_sum_up_to_every_value(name):
    """As Booth has it: three bits are the digit low + middle - 2 high."""
    fmt = lookup(name)
    for code in fmt.legal.tolist()[: 1 << 16]:
        total = 0
        for row in numerals(fmt):
            low, middle, high = (
                item.table[sum((code >> bit & 1) << n for n, bit in enumerate(item.positions))]
                for item in row.bits
            )
            assert (low + middle - 2 * high, high) in row.terms
            total += (low + middle - 2 * high) * row.constant << row.shift
        assert total == int(fmt.integers([code])[0])


#: In each, the products of the modes that stand in its rows are summed for all codes.
SHARED = [
    ("int8xint8", "int4xint4", "e2m1xe2m1"),
    ("uint8xint8", "uint4xint4", "ternaryxint4"),
    ("int4xint8", "e2m3xint8", "nf4_shortxint8"),
    ("int7xint5", "int2xint2", "denseshift4xint4"),
]


@pytest.mark.parametrize("pairs", SHARED, ids=" ".join)
def test_every_product_on_shared_rows(pairs):
    """Words of one element: all products. Of several: all pairs of words, up to 2^16."""
    found = engine(*pairs)
    assert len(plan(found).units) == 1
    check_every_product(found, pairs)


def check_every_product(held, pairs):
    machine = Simulator(emit(held))
    for mode, pair in enumerate(pairs):
        weight, activation = (lookup(name) for name in pair.split("x"))
        count = held.lanes(mode)
        w, a = words(weight, count), words(activation, count)
        found = engine_matmul(held, w, a, mode=mode, simulator=machine)
        integers = weight.integers(w).astype(int), activation.integers(a).astype(int)
        assert (found.values == integers[0] @ integers[1].T).all()


def words(fmt, count):
    """All codes, or all words of several; at most 256, spread over all."""
    found = np.array(list(product(fmt.legal.tolist(), repeat=count)))
    return found[:: max(len(found) // 256, 1)][:256]


#: Widths at run time on an array of single bits: of both signs, of signs alone, mixed.
WIDTHS = [
    ("int4xint8", "uint4xint3", "int2xuint8", "binaryxint4"),
    ("bipolar4xbipolar4", "bipolar2xbipolar4", "binaryxbinary"),
    ("int8xint4", "bipolar3xbipolar2", "bipolar2xint3"),
]


@pytest.mark.parametrize("pairs", WIDTHS, ids=" ".join)
def test_every_product_bit_by_bit(pairs):
    found = engine(*pairs, datapath="plane_serial")
    assert units(found) == [(tuple(range(len(pairs))), "plane_serial")]
    check_every_product(found, pairs)


def test_widths_take_as_many_cycles_as_they_have_pairs_of_bits():
    """Words of eight bits, two words a step: elements of a word take turns."""
    pairs = ("int8xint8", "int4xint8", "int4xint4", "int2xint3", "bipolar2xbipolar4")
    found = plan(engine(*pairs, datapath="plane_serial", lanes=2))
    cycles = [8 * 8, 2 * 4 * 8, 2 * 4 * 4, 4 * 2 * 3, 4 * 2 * 4]
    assert [found.cycles_in(mode) for mode in range(5)] == cycles
    assert found.rates == (2 / 64, 4 / 64, 4 / 32, 8 / 24, 8 / 32)


def test_rows_are_shared_where_that_is_smaller():
    shape = {"rows": 8, "cols": 1, "lanes": 4}
    assert units(engine("int16xint16", "int8xint8", "int4xint4", "e2m1xe2m1", **shape)) == [
        ((0, 1, 2, 3), "simd")
    ]
    found = units(engine("int8xint8", "e4m3xe4m3", "int4xint4", **shape))
    assert found == [((0, 2), "simd"), ((1,), "split_shift")]
    found = units(engine("int8xint8", "int4xint4", datapath="booth", **shape))
    assert found == [((0,), "booth"), ((1,), "booth")]


def test_a_row_weighs_no_less_than_its_left_neighbour():
    """So the tree shifts only what comes from the right."""
    for pairs in SHARED:
        for unit in plan(engine(*pairs)).units:
            if isinstance(unit.datapath, simd.Simd):
                for column in zip(*unit.datapath.weights, strict=True):
                    weights = [weight for weight in column if weight is not None]
                    for size in (1, 2, 4, 8):
                        for left in range(0, len(weights) - size, 2 * size):
                            assert weights[left + size] >= weights[left]


def test_narrow_modes_fill_the_word_with_more_lanes():
    found = plan(engine("int16xint8", "int8xint8", "int4xint4", lanes=2))
    assert [mode.lanes for mode in found.modes] == [2, 4, 8] and found.rates == (2, 4, 8)
    assert (found.word_bits(0), found.word_bits(1)) == (16, 16)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"group": 32, "scale": "fp16", "output": "fp32"}, "mode 0 of simd_g32 has scales"),
        ({"datapath": "bit_serial"}, "takes 8 cycles a step"),
        ({"initial": "int16"}, "a start"),
    ],
)
def test_what_modes_cannot_have(change, message):
    with pytest.raises(DesignError, match=message):
        plan(design("simd", Options(**change)))


def test_blocks_give_modes_the_sum_of_every_step():
    """What blocks hold, or share, is of one mode alone."""
    found = plan(engine("int8xint8", "int4xint4", policy="dsp", datapath="dsp", rows=2))
    assert [unit.datapath.name for unit in found.units] == ["dsp", "dsp"]
    assert all(not unit.datapath.layout.held for unit in found.units)
    assert all(unit.datapath.tile == (1, 1) for unit in found.units)
    assert [line.split(": ")[:2] for line in found.remarks] == [
        ["mode 0", "DSP blocks"],
        ["mode 1", "DSP blocks"],
    ]


@pytest.mark.parametrize("datapath", ["auto", "bit_serial", "plane_serial"])
def test_modes_take_all_digits_and_add_them_every_step(datapath):
    both = "int8xint8", "int4xint4"
    with pytest.raises(DesignError, match="every step: choose --digit-sums joined, or build"):
        plan(engine(*both, digit_sums="apart", datapath=datapath))
    with pytest.raises(DesignError, match="all take a cycle: choose --digits all, or build"):
        plan(engine(*both, digits="nonzero", datapath=datapath))


def test_modes_accumulate_alike():
    wraps = (Stage("int", format=lookup("int20")),)
    modes = raw("int8", "int8", 64), raw("int4", "int4", 64, accumulate=wraps)
    with pytest.raises(DesignError, match="must accumulate alike, got exact, int"):
        plan(Engine("modes", modes))


def test_a_mode_by_itself_has_its_lanes():
    found = design("simd").alone(2)
    assert found.build.lanes == 16 and found.arithmetic.weight.planes[0].element.name == "int4"
    with pytest.raises(DesignError, match="has modes 0…4, got 5"):
        design("simd").alone(5)
