"""Packings on integers: every field is read right, and one product more would not be."""

from itertools import pairwise, product

import numpy as np
import pytest
from macsmith.golden.bounds import of_format
from macsmith.golden.description.build import BLOCKS
from macsmith.hw.dsp.kinds import BLOCK_KINDS
from macsmith.hw.dsp.kinds import DSP48E2 as BLOCK
from macsmith.hw.dsp.layout import Side, laid
from macsmith.hw.dsp.packing import Geometry, Packing, packings
from macsmith.hw.dsp.packing import Range as Bounds

from macsmith import lookup

DSP48E2 = BLOCK.geometry
every_kind = pytest.mark.parametrize("kind", BLOCK_KINDS.values(), ids=BLOCK_KINDS)
INTEGERS = [f"{sign}int{bits}" for bits in range(2, 9) for sign in ("", "u")]
OTHERS = ["uint1", "e2m1", "e2m3", "e3m2", "ternary", "binary", "int4_sym", "int8_sym", "int12"]


def bounds(name):
    found = of_format(lookup(name))
    return Bounds(0, found.low, found.high)


def found_for(weight, activation, most=(3, 3), geometry=DSP48E2):
    return list(packings(bounds(weight), bounds(activation), geometry, most))


def words(packing, values):
    """The numbers in both ports; values are those of the wide one, then the narrow one."""
    wide = len(packing.wide)
    return packing.word(0, values[:wide]), packing.word(1, values[wide:])


def wanted(packing, steps):
    wide = len(packing.wide)
    return {
        (i, j): sum(values[i] * values[wide + j] for values in steps)
        for i in range(wide)
        for j in range(len(packing.narrow))
    }


def summed(packing, steps, terms):
    total = packing.start(terms)
    for values in steps:
        x, y = words(packing, values)
        wide, narrow = packing.geometry.wide, packing.geometry.narrow
        assert -(1 << wide - 1) <= x < 1 << wide - 1
        assert -(1 << narrow - 1) <= y < 1 << narrow - 1
        total += x * y
    return packing.read(total & (1 << packing.geometry.sum) - 1, terms)


def ends(packing):
    """Every choice of extremes for the elements of both ports."""
    sides = [packing.elements[0]] * len(packing.wide) + [packing.elements[1]] * len(packing.narrow)
    return product(*((side.low, side.high) for side in sides))


@every_kind
@pytest.mark.parametrize("weight", [*INTEGERS, *OTHERS])
def test_extremes_in_every_field_at_once_are_read_right(weight, kind):
    """As many of them as a field holds, all alike; and in turns of random ones."""
    rng, count = np.random.default_rng(1), 0
    for activation in (*INTEGERS, *OTHERS):
        for packing in found_for(weight, activation, geometry=kind.geometry):
            terms = min(packing.terms, 64)
            for values in ends(packing):
                # As long a run as the field takes, of a word that stays: its product times as many.
                x, y = words(packing, values)
                total = packing.start(packing.terms) + packing.terms * x * y
                read = packing.read(total & (1 << packing.geometry.sum) - 1, packing.terms)
                once = wanted(packing, [values]).items()
                assert read == {key: packing.terms * value for key, value in once}
            every = list(ends(packing))
            steps = [every[n] for n in rng.integers(0, len(every), terms)]
            assert summed(packing, steps, terms) == wanted(packing, steps)
            count += 1
    assert count > 20


NARROW = ["int2", "uint2", "int3", "uint3", "uint1", "ternary", "binary"]


def many(weight, activation, kind):
    """Packings with more than three elements in a port."""
    found = found_for(weight, activation, (6, 6), kind.geometry)
    return [packing for packing in found if max(len(packing.wide), len(packing.narrow)) > 3]


@every_kind
@pytest.mark.parametrize("weight, activation", list(product(NARROW, repeat=2)))
def test_many_narrow_elements_are_read_right(weight, activation, kind):
    """Of more than three in a port: extremes and codes at random, as many as fields hold."""
    rng = np.random.default_rng(1)
    for packing in many(weight, activation, kind):
        sides = [packing.elements[0]] * len(packing.wide)
        sides += [packing.elements[1]] * len(packing.narrow)
        low, high = np.array([(side.low, side.high) for side in sides]).T
        terms = min(packing.terms, 32)
        for _ in range(6):
            extremes = np.where(rng.integers(0, 2, len(sides)), low, high).tolist()
            codes = rng.integers(low, high, (terms, len(sides)), endpoint=True).tolist()
            for steps in ([extremes] * terms, codes):
                assert summed(packing, steps, terms) == wanted(packing, steps)


@every_kind
def test_most_narrow_pairs_find_room_for_many_elements(kind):
    """Of 49 pairs: even in the 16 × 16 bits of an SB_MAC16."""
    assert sum(bool(many(*pair, kind)) for pair in product(NARROW, repeat=2)) >= 39


@pytest.mark.often(300)
@every_kind
@pytest.mark.parametrize("weight, activation", list(product(INTEGERS, repeat=2)))
def test_all_codes_are_read_right(weight, activation, kind):
    """Each choice of two weights and an activation; of one weight where two find no room."""
    found = found_for(weight, activation, (2, 1), kind.geometry)
    packing = max(found, key=lambda found: found.products)
    sides = packing.elements
    axes = [sides[0]] * len(packing.wide) + [sides[1]] * len(packing.narrow)
    codes = [np.arange(axis.low, axis.high + 1) for axis in axes]
    grids = np.meshgrid(*codes, indexing="ij", sparse=True)
    wide = grids[: len(packing.wide)]
    x, y = (
        sum(grid << place for grid, place in zip(part, places, strict=True))
        for part, places in ((wide, packing.wide), (grids[len(packing.wide) :], packing.narrow))
    )
    total = packing.start(1) + x * y
    for (i, j), read in packing.read(total, 1).items():
        assert (read == grids[i] * grids[len(packing.wide) + j]).all()


@every_kind
@pytest.mark.parametrize("pair", ["int8 int8", "int4 int8", "int4 int4", "e2m1 e2m1", "uint8 int8"])
def test_a_product_more_than_a_field_holds_is_read_wrong(pair, kind):
    for packing in found_for(*pair.split(), geometry=kind.geometry):
        if packing.products > 1:
            many, reads = packing.terms + 1, []
            for values in ends(packing):
                x, y = words(packing, values)
                total = packing.start(packing.terms) + many * x * y
                read = packing.read(total & (1 << packing.geometry.sum) - 1, packing.terms)
                reads.append(read == {k: many * v for k, v in wanted(packing, [values]).items()})
            assert not all(reads), packing


#: Products a block, and how many a field adds up at the least: what papers and prototypes have.
KNOWN = [
    ("int8", "int8", 2, 7),
    ("int4", "int8", 2, 511),
    ("int4", "int4", 4, 15),
    ("e2m1", "e2m1", 4, 7),
    ("e2m1", "int8", 2, 511),
    ("int2", "int8", 3, 7),
    ("ternary", "int8", 3, 15),
    ("int6", "int6", 2, 256),
]


@pytest.mark.parametrize("weight, activation, products, terms", KNOWN)
def test_packings_are_no_worse_than_those_that_are_known(weight, activation, products, terms):
    best = [p for p in found_for(weight, activation, (4, 4)) if p.products == products]
    assert max(packing.terms for packing in best) >= terms


def test_eight_products_of_int8_share_a_block_where_sums_start_from_a_bias():
    """Two's complement fields of 18 bits hold seven: 8 * 128 * 128 is 2**17."""
    [packing] = [p for p in found_for("int8", "int8", (2, 1)) if p.products == 2]
    assert (packing.wide, packing.terms) == ((0, 18), 8)
    assert packing.excess(8, packing.fields[0]) == 1


def test_a_block_that_is_too_narrow_packs_nothing():
    assert found_for("int8", "int8", geometry=Geometry(7, 18, 48)) == []
    single = found_for("int16", "int16", geometry=Geometry(18, 18, 36))
    assert [packing.products for packing in single] == [1, 1]


def side(name):
    return Side(bounds(name), lookup(name).bits)


def test_sums_stay_in_blocks_where_they_fit():
    """INT4 × INT8 over 4096: a cascade of eight of 16 lanes adds 2048 products up."""
    found = laid((side("int4"), side("int8")), BLOCK, (8, 2), 16, 4096)
    assert found.held and found.packing.products == 2 and found.chain <= 8
    long = laid((side("int8"), side("int8")), BLOCK, (8, 2), 16, 4096)
    assert not long.held and max(map(len, long.chains)) <= 8
    assert laid((side("int8"), side("int8")), BLOCK, (1, 1), 2, 4096).held


def test_all_cascades_end_together():
    found = laid((side("int4"), side("int8")), BLOCK, (2, 1), 7, 4095)
    for chain in found.chains:
        assert [found.cycle(lane) for lane in chain] == list(
            range(found.longest - len(chain), found.longest)
        )


def test_tiles_that_rows_do_not_fill_count_whole():
    """Three rows a block are no better than two where there are four."""
    pair = side("int2"), side("int8")
    shapes = {rows: laid(pair, BLOCK, (rows, 1), 4, 4096).packing.tile[0] for rows in (3, 4, 6)}
    assert shapes == {3: 3, 4: 2, 6: 3}


def test_elements_stand_apart_where_every_product_is_zero():
    """A code book of zeros: sums take no room, but elements do."""
    nothing, numbers = Bounds(0, 0, 0), Bounds(0, -64, 63)
    found = list(packings(numbers, nothing, DSP48E2, (6, 1)))
    assert max(packing.products for packing in found) == 3  # of seven bits in 27
    assert all(b - a >= 7 for p in found if not p.swapped for a, b in pairwise(p.wide))


def test_a_field_without_room_holds_nothing():
    bits = Bounds(0, 0, 1)
    assert Packing((bits, bits), (0, 4), (0,), False, Geometry(18, 18, 4)).terms == 0


def test_a_build_names_every_block():
    assert tuple(BLOCKS) == ("auto", *BLOCK_KINDS, "inferred")
