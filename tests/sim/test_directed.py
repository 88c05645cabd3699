"""Directed stimuli: each class that an engine can meet is met, each lane meets each code."""

from collections import Counter
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from macsmith.golden.matmul import matmul
from macsmith.golden.tiling import sent
from macsmith.hw.engine.hardware import EngineHardware
from macsmith.sim.classes import counted
from macsmith.sim.directed import directed, units_of
from macsmith.sim.harness import harness
from macsmith.sim.verify import stimuli

from macsmith import lookup, raw
from macsmith.designs import Options, design

TIES = {"tie to even below", "tie to even above"}
NEAR = {"just below a tie", "just above a tie"}
SMALL = {"subnormal", "inexact subnormal", "subnormal tie", "underflow"}
LARGE = {"overflow", "least overflow", "greatest"}
ROUNDED = TIES | {"exact", "odd", "zero"}
SCALED = ROUNDED | NEAR | SMALL | {"carry", "overflow", "greatest"}

#: What a reduction of each engine can meet, by step; where units share a step, each of them.
REACHABLE = {
    ("w4a8", ""): {"sum": ROUNDED, "scale 0": SCALED | LARGE},
    ("w8a8", ""): {"sum": TIES | {"carry", "exact", "odd", "zero"},
                   "scale 0": SCALED - SMALL | {"subnormal"},
                   "scale 1": SCALED},
    ("bitmod3", ""): {"sum": ROUNDED | NEAR | {"least above a tie"},
                      "scale 0": ROUNDED | {"carry"}},
    ("bitplane", ""): {"scale 0": TIES | {"carry", "exact", "odd"},
                       "scale 1": SCALED | {"least above a tie"}},
    ("bitnet", ""): {"scale 0": SCALED - SMALL | {"subnormal"}, "scale 1": SCALED},
    ("nvfp4", ""): {"sum": {"exact", "zero"}, "scale 0": SCALED - {"underflow"},
                    "scale 1": SCALED},
    ("mxfp4", ""): {"addend": SMALL | {"overflow", "zero"},
                    "addition": ROUNDED | {"carry", "subnormal"}},
    ("mxfp8_e5m2", ""): {"addend": SMALL | {"overflow", "zero", "exact", "odd"},
                         "addition": ROUNDED | {"subnormal"}},
    ("gguf_q4_1", ""): {"output": ROUNDED},
    ("gguf_q4_k", ""): {"addend": TIES | {"exact", "odd", "zero"}, "addition": ROUNDED},
    ("posit8_0", ""): {"output": ROUNDED | NEAR | {"carry"}},
    ("int4xint8", "bf16"): {"output": ROUNDED | NEAR | {"carry"}},
    ("w4a8", "fp16"): {"output": SMALL | TIES | {"overflow"}},
    ("int8xint8", "int8"): {"output": {"overflow", "greatest", "exact", "odd"}},
}  # fmt: skip


@cache
def planned(engine):
    """What stimuli need of the emitted hardware."""
    made = EngineHardware(engine)
    return SimpleNamespace(engine=engine, plan=made.plan, streams=made.streams, hardware=made)


def classes_of(emitted, tiles):
    """How many roundings of each class the golden model meets in the answers of tiles."""
    total = Counter()
    engine = emitted.engine
    for tile in tiles:
        more = {"bias": tile.bias, "initial": tile.initial}
        _, counts = counted(
            lambda tile=tile, more=more: matmul(engine, tile.weight, tile.activation, **more),
            units_of(emitted.plan),
        )
        total += counts
    return total


@pytest.mark.parametrize("name, output", REACHABLE, ids=lambda item: item or "fp32")
def test_what_can_be_met_is_met(name, output):
    emitted = planned(design(name, Options(output=output) if output else None))
    units = units_of(emitted.plan)
    found = classes_of(emitted, directed(emitted.engine, 1, short=True, units=units))
    for step, wanted in REACHABLE[name, output].items():
        every = range(units if step in ("addend", "addition", "sum") else 1)
        assert not {(what, u) for what in wanted for u in every if not found[step, what, u]}, step


def test_verify_and_the_emitted_bench_send_the_directed_ones():
    emitted = planned(design("mxfp4"))
    wanted = {tile.kind for tile in directed(emitted.engine, 1, short=True, units=2)}
    assert units_of(emitted.plan) == 2
    assert wanted <= {tile.kind for tile in stimuli(emitted, 2, 1)}
    assert wanted <= {tile.kind for tile in harness(emitted.hardware).chosen(2, 1).held}


@pytest.mark.parametrize("name", ["mxfp4", "posit8_0"])
def test_the_same_seed_gives_the_same_and_short_ones_are_fewer(name):
    engine = design(name)
    first, again, other = (directed(engine, seed) for seed in (1, 1, 2))
    assert [tile.kind for tile in first] == [tile.kind for tile in again]
    for one, two in zip(first, again, strict=True):
        assert np.array_equal(one.answer.values, two.answer.values)
    assert any(
        not np.array_equal(one.answer.values, two.answer.values)
        for one, two in zip(first, other, strict=False)
    )
    steps = [sum(tile.k for tile in tiles) for tiles in (first, directed(engine, 1, short=True))]
    assert steps[1] <= steps[0]


def lanes(engine, tiles, stream):
    """The codes of each vector and lane, (vectors, lanes, steps), as they travel."""
    emitted = planned(engine)
    item = next(item for item in emitted.streams if item.name == stream)
    field = item.fields[0]
    values = sent(item, emitted.plan, tiles).values[0]
    return np.asarray(values).reshape(-1, field.vectors, field.lanes).transpose(1, 2, 0)


@pytest.mark.parametrize("name", ["e2m1xe2m1", "int4xint4", "nvfp4", "ternaryxe2m3"])
def test_every_lane_meets_every_pair_of_codes(name):
    """Of each row and column; narrow products are often looked up in tables."""
    engine = design(name)
    tiles = [tile for tile in directed(engine, 1, short=True) if tile.kind.startswith("every code")]
    weights, activations = (lanes(engine, tiles, side) for side in ("weight", "activation"))
    formats = [side.planes[0].element for side in (engine.arithmetic.weight,
                                                   engine.arithmetic.activation)]  # fmt: skip
    pairs = len(formats[0].legal) * len(formats[1].legal)
    for row in weights:
        for column in activations:
            for w, a in zip(row, column, strict=True):
                assert len(np.unique(w.astype(int) << 8 | a.astype(int))) == pairs


@pytest.mark.parametrize("name", ["w4a8", "gguf_q4_1", "bitnet", "mxfp6_e3m2"])
def test_every_lane_meets_every_code_with_several_of_the_other_side(name):
    engine = design(name)
    tiles = [tile for tile in directed(engine, 1, short=True) if tile.kind.startswith("every code")]
    w, a = (lanes(engine, tiles, side)[0] for side in ("weight", "activation"))
    codes = engine.arithmetic.weight.planes[0].element.legal
    for weights, activations in zip(w, a, strict=True):
        for code in codes:
            assert len(set(activations[weights == code].tolist())) >= 3


def test_an_infinite_scale_meets_sums_that_would_stay_finite_without_it():
    """Taken for 2**128, it would give a number: so that it shows."""
    engine = design("w8a8")
    fp32 = lookup("fp32")
    shown = Counter()
    for tile in directed(engine, 1, short=True):
        sides = [fp32.decode(side.scales["scale"]) for side in (tile.weight, tile.activation)]
        sums = tile.weight.elements(0) @ tile.activation.elements(0).T
        for place, scale in enumerate(sides):
            taken = np.where(np.isinf(scale), np.sign(scale) * 2.0**128, scale)
            other = sides[1 - place].T if place == 0 else sides[1 - place]
            wide = taken if place == 0 else taken.T
            with np.errstate(all="ignore"):
                result = np.abs(sums * other * wide)
            infinite = np.isinf(scale if place == 0 else scale.T)
            shown[place] += int((infinite & (result > 0) & (result < 2.0**127)).sum())
    assert shown[0] and shown[1]


def test_engines_without_roundings_and_narrow_codes_need_none():
    assert not directed(design("int8xint8"), 1)


def test_each_lane_meets_a_special_of_its_own():
    engine = design("e5m2xe5m2")
    tiles = [t for t in directed(engine, 1) if t.kind.startswith("a special")]
    fmt = raw("e5m2", "e5m2").weight.planes[0].element
    for side in ("weight", "activation"):
        codes = lanes(engine, tiles, side)
        assert (~np.isfinite(fmt.decode(codes.astype(np.uint8)))).any(axis=2).all()
