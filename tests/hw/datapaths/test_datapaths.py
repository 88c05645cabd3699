"""Every datapath against integers: single products for all codes, dot products at their bounds."""

from dataclasses import replace
from math import ceil

import numpy as np
import pytest
from macsmith.golden import DesignError, lookup
from macsmith.golden.description.build import DATAPATHS, FABRICS
from macsmith.golden.formats import Codebook, names
from macsmith.hw.datapaths import KINDS, Setting, choose, measured
from pipelines import uniform, wrong

SMALL = [fmt for name in names() if 0 < (fmt := lookup(name)).bits <= 8]
SPECIAL = [name for name in KINDS if name != "multiply"]


#: Formats of which each stands for a way to be recoded; the other operand, for a way to be added.
RECODED = (
    "int2 int3 int8 uint2 uint5 int4_sym nf4_short bipolar3 e1m2 e2m1 e3m0 denseshift4 ternary "
    "e3m2 e4m3 ue4m3 e4m3_fnuz posit8_0"
)
ADDED = "int8 uint5 iq4_nl binary e2m1 e2m3 e4m3 e5m2 posit4_1"

#: Pipelines a datapath that tests of all codes compile.
MOST = 40


def served(name, weights=SMALL, activations=SMALL):
    return [(w, a) for w in weights for a in activations if KINDS[name].serves(w, a)]


def some(name):
    """Both ways round, spread over all."""
    sides = [[lookup(fmt) for fmt in names.split()] for names in (RECODED, ADDED)]
    return few(name, dict.fromkeys([*served(name, *sides), *served(name, *sides[::-1])]))


def few(name, pairs, most=MOST):
    """As many of the pairs as ``most`` pipelines hold, spread over all."""
    pairs = list(pairs)
    return pairs[:: ceil(sum(KINDS[name](*pair, lanes=1).cycles for pair in pairs) / most)]


#: Digits one a cycle take long to compile.
SERIAL = ("bit_serial", "table_serial", "plane_serial")


@pytest.mark.often(5)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in SERIAL)) for name in SPECIAL]
)
def test_single_products_are_right_for_all_codes(name):
    """Those of all pairs of formats: test_every_pair.py."""
    pairs = some(name)
    bits = max(fmt.bits for pair in pairs for fmt in pair)
    assert wrong([KINDS[name](*pair, lanes=1) for pair in pairs], uniform(bits)) == []


#: Code books of a user's own whose bits have weights: of one, of one and its negative, odd ones.
OWN = [
    *[(-1, 0, 0, 1), (0, 1, -1, 0), (0, -1, 1, 0), (-3, -1, 1, 3), (3, 1, 1, -1), (1, 2, 3, 4)],
    (0, -1, 2, 1),  # the bounds of its rows are those of its products, and yet there is a carry
    (1, 3, -3, -1),  # signs that weigh 1 and −2
]


@pytest.mark.cases(0)
@pytest.mark.parametrize(
    "name",
    [
        "select",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("table", "bit_plane", *SERIAL)),
    ],
)
def test_code_books_of_ones_own_are_right(name):
    """Half a weight is no whole number where all of a weight is one."""
    books = [Codebook(f"own{number}", (table,)) for number, table in enumerate(OWN)]
    pairs = [(w, a) for w in books for a in (*books, lookup("int3"))]
    pairs = [pair for pair in pairs if KINDS[name].serves(*pair)]
    assert len(pairs) >= 30
    words = np.random.default_rng(1).integers(0, 1 << 64, (2, 20000), np.uint64)
    assert wrong([KINDS[name](*pair, lanes=3) for pair in few(name, pairs[::2], 60)], words) == []


@pytest.mark.often(4)
@pytest.mark.parametrize(
    ("lanes", "widest"),
    [
        (3, 20),
        *(pytest.param(n, 128, marks=pytest.mark.slow) for n in (2, 3, 4, 5, 7, 8, 9, 16)),
    ],
)
@pytest.mark.parametrize("name", SPECIAL)
def test_dot_products_are_right_for_any_number_of_lanes(name, lanes, widest):
    """Random codes, and all lanes alike: so both bounds are reached, and every sum of equals.

    Sums of wide products take long to compile.
    """
    pairs = [
        pair
        for pair in some(name)
        if lanes * max(fmt.bits for fmt in pair) <= 64
        and KINDS[name](*pair, lanes=1).product.width <= widest
        and KINDS[name](*pair, lanes=1).cycles <= widest // 2
    ]
    datapaths = [
        KINDS[name](*pairs[(5 * lanes + 7 * index) % len(pairs)], lanes=lanes, pipeline=pipeline)
        for index, pipeline in enumerate((1, 1, 2, 3))
    ]
    rng = np.random.default_rng(lanes)
    words = [rng.integers(0, 1 << 64, 4000, np.uint64) for _ in range(2)]
    for bits in {fmt.bits for path in datapaths for fmt in (path.weight, path.activation)}:
        words = [np.concatenate(parts) for parts in zip(words, uniform(bits), strict=True)]
    assert wrong(datapaths, words) == []


@pytest.mark.parametrize(
    "fabric, least", [*zip(FABRICS, (90, 90, 90, 30, 30, 30, 30), strict=True)]
)
def test_auto_takes_what_was_measured_to_be_the_smallest(fabric, least):
    known = measured.sites(fabric)
    assert len(known) >= least
    for pair, row in known.items():
        weight, activation = map(lookup, pair.split("x"))
        kind = choose("auto", weight, activation, setting=measured.setting(fabric))
        assert row[kind.name] == min(row.values())


def test_auto_goes_by_the_board():
    """Rows that share sums of neighbours pay with look-up tables of six inputs, not of four."""
    int4, setting = lookup("int4"), measured.setting("xcup")
    found = [choose("auto", int4, int4, setting=replace(setting, fabric=name)) for name in FABRICS]
    assert [kind.name for kind in found] == [*["table"] * 3, *["booth"] * 4]
    # What was measured on UltraScale+ alone holds for all.
    pair = lookup("bipolar3"), lookup("e2m1")
    assert {choose("auto", *pair, setting=replace(setting, fabric=name)) for name in FABRICS} == {
        choose("auto", *pair, setting=setting)
    }


def test_auto_takes_the_least_estimate_where_nothing_was_measured(monkeypatch):
    monkeypatch.setattr(measured, "sites", lambda fabric: {})
    e2m1, int4 = lookup("e2m1"), lookup("int4")
    assert choose("auto", e2m1, e2m1).name == "minifloat"
    assert choose("auto", lookup("ternary"), lookup("int8")).name == "select"
    assert choose("auto", int4, int4).name == "booth"
    assert choose("auto", lookup("binary"), lookup("binary")).name == "bit_plane"
    assert choose("auto", lookup("e4m3"), lookup("e5m2")).name == "split_shift"
    assert choose("multiply", e2m1, e2m1).name == "multiply"
    assert choose("minifloat", lookup("one"), e2m1).name == "multiply", "zero points"


def test_tables_are_for_those_who_share_them():
    """A table of sums costs more than it spares where one row reads it."""
    pair = lookup("int4"), lookup("int8")
    assert choose("auto", *pair, setting=Setting("lut", (32, 1), 16)).name == "table"
    assert choose("auto", *pair, setting=Setting("lut", (1, 1), 16)).name == "booth"


def test_auto_leaves_to_dsp_blocks_what_they_take():
    """Numbers, and floats that need no shift behind a block; long shifts cost more than a
    multiplier. Where tools infer, 4 × 4 stays in LUTs."""
    dsp, inferred = Setting("dsp"), Setting("dsp", blocks="inferred")
    kinds = {
        "int8": ("dsp", "multiply"),
        "int4": ("dsp", "booth"),
        "e4m3": ("dsp", "split_shift"),
        "e5m2": ("split_shift", "split_shift"),
    }
    for name, found in kinds.items():
        fmt = lookup(name)
        assert choose("auto", fmt, fmt, setting=dsp).name == found[0]
        assert choose("auto", fmt, fmt, setting=inferred).name == found[1]
    int8 = lookup("int8")
    assert choose("auto", lookup("ternary"), int8, setting=dsp).name == "dsp"
    assert choose("auto", lookup("ternary"), int8, setting=inferred).name == "multiply"
    assert choose("booth", int8, int8, setting=dsp).name == "booth"
    with pytest.raises(DesignError, match="choose --policy dsp"):
        choose("dsp", int8, int8)
    # Two products a block are better than one, also where adders stand outside.
    ecp5 = Setting("dsp", (8, 2), 16, "mult18x18d")
    assert choose("auto", lookup("int4"), int8, setting=ecp5).name == "dsp"
    wide = lookup("uint18")
    with pytest.raises(DesignError, match=r"wider than the DSP blocks \(mult18x18d\)"):
        choose("dsp", wide, int8, setting=ecp5)
    assert choose("dsp", wide, int8, setting=dsp).name == "dsp"
    pair = lookup("ternary"), int8
    assert choose("dsp_adders", *pair, setting=dsp).name == "dsp_adders"
    with pytest.raises(DesignError, match="choose --policy dsp"):
        choose("dsp_adders", *pair)
    for setting, blocks in ((ecp5, "mult18x18d"), (inferred, "inferred")):
        with pytest.raises(DesignError, match=f"parts of blocks, which {blocks} blocks lack"):
            choose("dsp_adders", *pair, setting=setting)
    # Only what the policy and its blocks can is named instead.
    for setting, end in ((Setting(), "plane_serial"), (ecp5, "plane_serial or dsp")):
        with pytest.raises(DesignError, match=f"dsp_adders does not serve int8 × int8: .*{end}$"):
            choose("dsp_adders", int8, int8, setting=setting)
    with pytest.raises(DesignError, match="dsp_adders does not serve int4 × int8"):
        choose("dsp_adders", lookup("int4"), int8, setting=dsp)


def test_a_pair_that_is_not_served_is_refused():
    text = "e2m1 × int4: choose --datapath auto, select, booth, table, multiply, bit_serial or "
    with pytest.raises(DesignError, match=text):
        choose("minifloat", lookup("e2m1"), lookup("int4"))


def test_every_datapath_has_its_name():
    assert set(DATAPATHS) == {"auto", *KINDS}
