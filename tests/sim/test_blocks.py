"""Sums in DSP blocks, laid out in every way: also those that no shape here would choose."""

import gc
import warnings
from dataclasses import replace

import numpy as np
import pytest
from amaranth.hdl import UnusedElaboratable
from macsmith.golden import Arithmetic, Operand, Plane
from macsmith.golden.tensor import single
from macsmith.golden.tiling import begins
from macsmith.hw.datapaths import dsp, dsp_adders
from macsmith.hw.dsp.adding import addings
from macsmith.hw.dsp.layout import Layout
from macsmith.hw.dsp.packing import packings
from macsmith.hw.text.emit import emit
from macsmith.sim.batch import Mismatch, run_batch
from macsmith.sim.stimuli import answered, bound_tiles, tiles
from macsmith.sim.streams import Simulator

from macsmith import Build, Engine, Options, design, lookup, raw

#: pair, tile, lanes, blocks of a cascade, longest reduction, whether sums stay in blocks; with how
#: many of the cascades' sums full, so that 1 is missing to each.
LAYOUTS = [
    ("int8 int8", (2, 1), 8, 8, 64, False, 1),
    ("int8 int8", (2, 1), 16, 8, 64, False, 2),
    ("int8 int8", (2, 1), 24, 8, 48, False, 3),
    ("int8 int8", (2, 1), 11, 8, 44, False, 1),
    ("int8 int8", (1, 2), 5, 2, 35, False, 0),
    ("int8 int8", (2, 1), 8, 8, 1 << 22, False, 1),  # in a carry run of two parts
    ("int4 int8", (2, 1), 2, 2, 2048, True, 1),
    ("int4 int8", (2, 1), 4, 2, 4096, True, 2),
    ("int4 int8", (2, 1), 3, 1, 600, True, 0),
    ("int4 int4", (2, 2), 16, 16, 64, False, 1),
    ("uint4 uint4", (2, 2), 9, 9, 63, False, 0),
    ("int3 int3", (3, 2), 7, 3, 49, False, 0),
    ("int2 int2", (2, 4), 6, 4, 60, False, 1),
]


@pytest.mark.often(6)
@pytest.mark.parametrize("case", LAYOUTS, ids=lambda case: f"{case[0]} {case[2]} by {case[3]}")
def test_every_layout_gives_the_golden_sums(case, monkeypatch):
    """At both bounds of every sum, and at random; rows and columns do not fill their tiles."""
    pair, tile, lanes, chain, k_max, held, full = case
    check_sums(monkeypatch, "auto", pair, tile, lanes, chain, k_max, held, full)


#: The same for blocks that others make; where the sums of fields borrow from each other, none is
#: full.
OTHERS = [
    ("dsp48e1", "int8 int8", (2, 1), 8, 2, 64, False, 4),
    ("dsp48e1", "int4 int8", (2, 1), 3, 1, 600, True, 0),
    ("dsp48e1", "int4 int4", (2, 2), 5, 3, 60, False, 0),
    ("mult18x18d", "int8 int8", (1, 1), 4, 1, 64, False, 0),
    ("mult18x18d", "int4 int8", (2, 1), 5, 1, 60, False, 0),
    ("mult18x18d", "int4 int4", (1, 2), 1, 1, 60, False, 0),
    ("mult18x18d", "int2 int3", (2, 2), 6, 1, 60, False, 0),
    ("mult18x18d", "int2 int2", (3, 2), 3, 1, 60, False, 0),
    ("mult18x18d", "int2 int2", (2, 2), 23, 1, 23, False, 0),
    ("mult18x18d", "int1 int2", (2, 2), 11, 1, 11, False, 0),
    ("mult18x18d", "int2 int3", (2, 1), 63, 1, 63, False, 0),
    ("mult18x18d", "uint4 uint4", (2, 1), 2, 1, 1 << 22, False, 0),
    ("mult18x18d", "uint4 int4", (2, 1), 7, 1, 7 << 22, False, 0),
    ("multaddsub18x18", "int8 int8", (1, 1), 4, 1, 64, True, 0),
    ("multaddsub18x18", "int4 int8", (2, 1), 5, 1, 10, True, 0),
    ("mult18x18", "int4 int8", (2, 1), 5, 1, 60, False, 0),
    ("sb_mac16", "int8 int8", (1, 1), 8, 3, 64, False, 0),
    ("sb_mac16", "int4 int8", (2, 1), 5, 1, 60, False, 5),
    ("sb_mac16", "uint2 int2", (2, 2), 7, 5, 63, False, 0),
    ("sb_mac16", "int2 int2", (3, 1), 8, 8, 64, False, 1),
]


@pytest.mark.often(6)
@pytest.mark.parametrize("case", OTHERS, ids=lambda case: f"{case[0]} {case[1]} {case[3]}")
def test_blocks_of_other_makers_give_the_golden_sums(case, monkeypatch):
    check_sums(monkeypatch, *case)


def check_sums(monkeypatch, blocks, pair, tile, lanes, chain, k_max, held, full):
    build = Build(tile[0] + 1, tile[1], lanes, "dsp", policy="dsp", blocks=blocks)
    engine = Engine("forced", (raw(*pair.split(), k_max=k_max),), build)
    emitted = laid_out(engine, monkeypatch, tile, chain, full, k_max * held)
    work = tiles(engine, 60, seed=1) + divided(engine)
    if k_max <= 4096:
        work = bound_tiles(engine) + work
    run_batch(emitted, work, stalls=1).check()


@pytest.mark.parametrize("rule", ["exact", "overpacked"])
def test_blocks_of_few_tiles_read_the_ports(rule):
    """Eight tiles read an operand at most; a ninth reads it from a register, a cycle later."""
    found = []
    for rows in (16, 18):
        engine = design(
            "int4xint4", Options(rows=rows, cols=3, lanes=2, policy="dsp", product=rule)
        )
        emitted = emit(engine)
        run_batch(emitted, tiles(engine, 30, seed=rows), stalls=1).check()
        assert emitted.plan.blocks(emitted.plan.sums[0]).tile[0] == 2
        found.append((emitted.plan.edge, emitted.plan.array_latency))
    assert [edge for edge, _ in found] == [0, 1]
    assert found[1][1] == found[0][1] + 1


def test_a_block_is_worth_what_the_build_says():
    """Two rows of INT8 share a block, whose field cannot hold their sums, if a block is worth two
    accumulators of 33 bits; else each has a block of its own that does."""
    found = {}
    for worth in (32, 100):
        build = Build(2, 1, 1, policy="dsp", block_worth=worth)
        engine = Engine("worth", (raw("int8", "int8", k_max=65536),), build)
        emitted = emit(engine)
        run_batch(emitted, tiles(engine, 30, seed=worth), stalls=1).check()
        layout = emitted.plan.blocks(emitted.plan.sums[0]).layout
        found[worth] = layout.lanes * layout.tiles((2, 1)), layout.held
    assert found == {32: (2, True), 100: (1, False)}


def test_a_step_more_than_blocks_hold_overflows(monkeypatch):
    """2,048 products of INT4 × INT8 are the most, as above; a sum of 2,050 runs over."""

    def check(most):
        engine = Engine("forced", (raw("int4", "int8", k_max=most),), Build(2, 1, 2, policy="dsp"))
        emitted = laid_out(engine, monkeypatch, (2, 1), 2, 1, 2048)
        run_batch(emitted, bound_tiles(engine)).check()

    check(2048)
    with pytest.raises(Mismatch, match="differ"):
        check(2050)


def test_a_cascade_of_a_block_more_is_not_built(monkeypatch):
    engine = Engine("forced", (raw("int8", "int8", k_max=9),), Build(2, 1, 9, policy="dsp"))
    with warnings.catch_warnings():
        # What was built until then is never used.
        warnings.simplefilter("ignore", UnusedElaboratable)
        with pytest.raises(ValueError, match="^9 products leave a field"):
            laid_out(engine, monkeypatch, (2, 1), 9, 0, 0)
        gc.collect()


@pytest.mark.cases(0)
@pytest.mark.parametrize("pair, most", [("int2 int8", 8), ("ternary int8", 16)])
def test_a_block_more_than_a_part_adds_overflows(pair, most, monkeypatch):
    def check(chain):
        def given(*asked):
            found = next(item for item in addings(*asked) if item.parts == 4 and not item.held)
            assert found.chain == min(most, found.lanes)
            return [replace(found, chain=chain)]

        monkeypatch.setattr(dsp_adders, "addings", given)
        build = Build(2, 2, most + 2, "dsp_adders", policy="dsp")
        engine = Engine("forced", (raw(*pair.split(), k_max=most + 2),), build)
        run_batch(emit(engine), bound_tiles(engine)).check()

    check(most)
    with pytest.raises(Mismatch, match="differ"):
        check(most + 2)


#: The same for weights that stay.
STAYING = [
    ("int8 int8", (2, 1), 16, 8, 2),
    ("int8 int8", (1, 2), 11, 8, 1),
    ("int8 int8", (1, 1), 3, 1, 0),
    ("int4 int4", (2, 2), 7, 3, 0),
    ("uint4 int3", (3, 1), 5, 5, 0),
    ("int2 e3m0", (1, 2), 6, 4, 0),  # activations take a cycle to make
    ("e3m0 int4", (2, 1), 6, 4, 0),  # weights do
]


@pytest.mark.often(3)
@pytest.mark.parametrize("case", STAYING, ids=lambda case: f"{case[0]} {case[2]} by {case[3]}")
def test_weights_stay_in_every_layout(case, monkeypatch):
    """In sets of all lengths, also such as wait for the weights; at full rate and under stalls."""
    pair, tile, lanes, chain, full = case
    build = Build(tile[0] + 1, tile[1] + 1, lanes, policy="dsp", flow="weight_stationary")
    engine = Engine("forced", (raw(*pair.split(), k_max=lanes),), build)
    emitted = laid_out(engine, monkeypatch, tile, chain, full, 0)
    simulator = Simulator(emitted)
    work = bound_tiles(engine) + tiles(engine, 400, seed=1)
    lengths = np.diff(np.flatnonzero(begins(work)))
    assert lengths.min() < emitted.plan.shortest_set < lengths.max()
    for stalls in (0, 1, 2):
        run_batch(emitted, work, simulator=simulator, stalls=stalls).check()


def divided(engine):
    """Steps whose first lanes multiply the least by the greatest number, the others the least two.

    Of one product fields are then short, of the other they are as great as they get.
    """
    formats = [engine.arithmetic.weight, engine.arithmetic.activation]
    weight, activation = (fmt.codes["code"] for fmt in formats)
    lanes, rng, found = engine.lanes(), np.random.default_rng(1), []
    for cut in range(lanes + 1):
        at = np.arange(lanes) < cut
        codes = (
            np.full((engine.build.rows, lanes), weight.encode(np.array(float(weight.low)))),
            np.tile(
                np.where(at, *(activation.encode(np.array(float(end)))
                               for end in (activation.high, activation.low))),
                (engine.build.cols, 1),
            ),
        )  # fmt: skip
        sides = [single(side, part.astype(np.uint8))
                 for side, part in zip(formats, codes, strict=True)]  # fmt: skip
        found.append(answered(engine, f"divided at {cut}", *sides, rng))
    return found


def laid_out(engine, monkeypatch, tile, chain, full, count):
    """The engine's hardware with its sums laid out so."""

    def given(sides, kind, shape, lanes, asked, stays=False, *_):
        bounds = (side.bounds for side in sides)
        found = [item for item in packings(*bounds, kind.geometry, tile) if item.tile == tile]
        return Layout(kind, max(found, key=lambda item: item.terms), lanes, chain, count, stays)

    monkeypatch.setattr(dsp, "laid", given)
    emitted = emit(engine)
    layout = emitted.plan.blocks(emitted.plan.sums[0]).layout
    excess = [
        layout.packing.excess(layout.terms(c), layout.packing.fields[0]) for c in layout.chains
    ]
    assert (layout.held, sum(excess)) == (count > 0, full)
    return emitted


PLANES = """name = "planes"
[[modes]]
output.format = "fp32"
k_max = 256
[[modes.weight.planes]]
code = "low"
element = "int4"
scales = [{ name = "a", format = "fp16", span = "row" }]
[[modes.weight.planes]]
code = "high"
element = "e3m0"
scales = [{ name = "b", format = "fp16", span = "row" }]
[[modes.activation.planes]]
element = "int8"
scales = [{ format = "fp32", span = "row" }]
"""


@pytest.mark.cases(0)
def test_tiles_that_are_sooner_ready_than_others_wait(tmp_path):
    """INT4 is held in blocks; E3M0 takes a cycle to make, and is read every step."""
    (tmp_path / "planes.toml").write_text(PLANES)
    engine = design(str(tmp_path / "planes.toml"), Options(policy="dsp", rows=2, cols=1, lanes=4))
    emitted = emit(engine)
    latencies = [emitted.plan.blocks(item).latency for item in emitted.plan.sums]
    assert min(latencies) < max(latencies) == emitted.plan.dot_latency
    run_batch(emitted, bound_tiles(engine) + tiles(engine, 40, seed=1), stalls=1).check()


#: Sides, product rule, blocks.
OVERPACKED = [
    ("int4 int4", "overpacked", "dsp48e2"),
    ("int4 int4", "overpacked_corrected", "dsp48e2"),
    ("uint4 int4_sym", "overpacked_corrected", "dsp48e1"),
    ("int4 uint4", "overpacked", "dsp48e1"),
    ("uint4 uint4", "overpacked_corrected", "dsp48e2"),
]


@pytest.mark.often(2)
@pytest.mark.parametrize("pair, rule, blocks", OVERPACKED)
def test_overpacked_products_have_the_golden_error(pair, rule, blocks):
    """One product a sum, so that every error shows; then sums."""
    weight, activation = pair.split()
    for lanes, k_max, count in ((1, 1, 2000), (3, 60, 40)):
        build = Build(4, 3, lanes, policy="dsp", blocks=blocks)
        arithmetic = raw(weight, activation, k_max=k_max, product=rule)
        engine = Engine("overpacked", (arithmetic,), build)
        work = bound_tiles(engine) + tiles(engine, count, seed=1)
        run_batch(emit(engine), work, stalls=1).check()


@pytest.mark.cases(0)
def test_a_plane_is_made_as_often_as_forms_differ():
    """E3M0 takes a cycle to make, so that what it meets waits; what INT8 meets does not."""
    sides = (("int4", "e2m3"), ("int8", "e3m0"))
    operands = [Operand(tuple(Plane(lookup(name)) for name in names)) for names in sides]
    arithmetic = Arithmetic(*operands, combine=(((1, 0), (0, -1)), ((0, 1), (1, 0))), k_max=64)
    engine = Engine("planes", (arithmetic,), Build(1, 2, 4, policy="dsp"))
    work = bound_tiles(engine) + tiles(engine, 40, seed=1)
    run_batch(emit(engine), work, stalls=1).check()
