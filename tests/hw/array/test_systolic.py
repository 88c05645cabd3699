"""The flow systolic_os: the same streams, bits and rate as broadcast, later by the skew."""

import re
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from amaranth.back import rtlil
from amaranth.sim import Simulator
from macsmith.golden.description.build import FLOWS
from macsmith.golden.tiling import join, single
from macsmith.hw.array.flows import ARRAYS, array
from macsmith.hw.array.systolic import SystolicArray
from macsmith.hw.engine.component import ScaledEngine
from macsmith.hw.engine.planner import plan
from macsmith.hw.outside import NATIVE
from macsmith.hw.plan.streams import streams
from macsmith.hw.text.merge import merge
from macsmith.sim.pack import pack
from macsmith.sim.stimuli import batches, tiles, unit

from macsmith.designs import Options, design

#: So many cycles without a transfer mean that nothing more will come.
QUIET = 100

#: Chances that a source pauses and that the sink stalls; the first never waits.
PHASES = ((0.0, 0.0), (0.4, 0.0), (0.1, 0.6))

ADDED = {"policy": "dsp", "datapath": "dsp_adders"}

#: A design, its shape, what else it has.
CASES = [
    ("int4xint8", (1, 1, 4), {}),
    ("int4xint8", (1, 5, 2), {}),
    ("int4xint8", (4, 1, 1), {}),
    ("int4xint8", (3, 5, 4), {}),
    ("int4xint8", (4, 4, 2), {"k_max": 64, "pipeline": 2}),
    ("e5m2xe5m2", (3, 4, 2), {}),
    ("e5m2xe5m2", (1, 3, 1), {"k_max": 64}),
    ("bf16xe2m1", (2, 3, 4), {"accumulate": "aligned", "fraction": 24}),
    ("int8xint8", (3, 4, 2), {"initial": "int32"}),
    ("int8xint8", (1, 1, 1), {"initial": "int16"}),
    ("int4xint8", (2, 4, 2), {"accumulate": "int20", "initial": "int16"}),
    ("int8xint8", (2, 2, 2), {"accumulate": "int16", "overflow": "saturate"}),
    ("ifairy", (3, 2, 4), {}),  # four sums of two planes a side
    ("w4a8", (3, 5, 16), {}),  # sums of columns; registers hold a group's sums
    ("w4a8", (1, 3, 16), {"activation_zero_point": "int8"}),  # sums of rows, and a count
    ("mxfp4", (3, 3, 8), {"partials": 7}),  # groups as short as the skew: delay lines
    ("nvfp4", (2, 3, 16), {}),  # a group every step
    ("w8a8", (3, 4, 4), {}),  # reductions of any length, kept apart
    ("int8xint8", (5, 3, 4), {"policy": "dsp"}),  # cells of two rows, the last of one
    ("int4xint4", (4, 4, 4), {"policy": "dsp", "k_max": 8}),  # of two and two; sums in blocks
    ("int4xint4", (3, 4, 2), {"policy": "dsp", "blocks": "dsp48e1"}),
    (
        "int8xbf16",
        (3, 2, 2),
        {"policy": "dsp", "accumulate": "aligned", "fraction": 24},
    ),  # floats, of two rows
    # Sums in parts of 24 bits, whose results have more.
    ("int8xternary", (2, 3, 4), {**ADDED, "accumulate": "int32"}),
    ("ternaryxint8", (4, 2, 16), {**ADDED, "accumulate": "int20"}),
    ("uint1xuint8", (2, 2, 2), {**ADDED, "accumulate": "int25", "k_max": 8}),
    ("ternaryxint8", (2, 2, 1), {**ADDED, "accumulate": "int32", "blocks": "dsp48e1"}),
    ("int4xuint4", (4, 3, 2), {"policy": "dsp", "product": "overpacked"}),
    ("w4a8", (3, 5, 16), {"policy": "dsp", "activation_zero_point": "int8"}),
]


def named(case):
    return f"{case[0]} {'x'.join(map(str, case[1]))}"


def made(name, shape, **options):
    rows, cols, lanes = shape
    build = {"rows": rows, "cols": cols, "lanes": lanes, "flow": "systolic_os"}
    return design(name, Options(**build, **options))


@dataclass
class Seen:
    """Results, the cycles in which steps and results passed, and what was left unsent."""

    results: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    given: list[int] = field(default_factory=list)
    unsteady: int = 0
    unsent: int = 0


def run(top, phases, seed=0):
    """What is seen in each phase: ({stream: beats}, chance to pause, chance to stall)."""
    rng, found = np.random.default_rng(seed), [Seen() for _ in phases]

    async def bench(ctx):
        for seen, (sent, idle, stall) in zip(found, phases, strict=True):
            await phase(ctx, seen, sent, idle, stall)

    async def phase(ctx, seen, sent, idle, stall):
        left = {name: list(reversed(beats)) for name, beats in sent.items()}
        offered, shown, cycle, last = dict.fromkeys(sent), None, 0, 0
        while cycle < last + QUIET:
            for name, beats in left.items():
                if offered[name] is None and beats and rng.random() >= idle:
                    offered[name] = beats.pop()
                    ctx.set(getattr(top, name).payload.as_value(), offered[name])
                ctx.set(getattr(top, name).valid, offered[name] is not None)
            ready = rng.random() >= stall
            ctx.set(top.result.ready, ready)

            moved = [n for n in sent if offered[n] is not None and ctx.get(getattr(top, n).ready)]
            value = ctx.get(top.result.payload.as_value()) if ctx.get(top.result.valid) else None
            seen.unsteady += shown is not None and value != shown
            shown = None if ready else value
            if ready and value is not None:
                seen.results.append(value)
                seen.given.append(cycle)
            if "activation" in moved:
                seen.taken.append(cycle)
            offered |= dict.fromkeys(moved)
            last = cycle if moved or (ready and value is not None) else last
            await ctx.tick()
            cycle += 1
        seen.unsent = sum(map(len, left.values())) + sum(b is not None for b in offered.values())

    simulator = Simulator(top)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return found


def beats(planned, chosen):
    """({stream: beats}, results) of the tiles, as integers."""
    packed = {
        stream.name: pack(stream, NATIVE, join([single(stream, planned, t) for t in chosen]))
        for stream in streams(planned)
    }
    return packed, packed.pop("result")


def good(seen, due):
    """Every result once, in order, steady until it was taken."""
    return seen.results == due and not seen.unsteady and not seen.unsent


def units(engine, count, seed=0):
    """The shortest reductions: of one step, or of one group."""
    return list(batches(engine, count, seed, unit(engine)))


@pytest.mark.often(6)
@pytest.mark.parametrize("case", CASES, ids=named)
def test_every_result_equals_the_golden_model_whoever_stalls(case):
    name, shape, options = case
    engine = made(name, shape, **options)
    planned = plan(engine)
    sets = [
        tiles(engine, 3, seed, 12 * planned.lanes) + units(engine, 3, seed)
        for seed in range(len(PHASES))
    ]
    packed = [beats(planned, chosen) for chosen in sets]
    top = ScaledEngine(planned) if planned.serial else array(planned)
    phases = [(sent, *chances) for (sent, _), chances in zip(packed, PHASES, strict=True)]
    found = run(top, phases)
    assert all(good(seen, due) for seen, (_, due) in zip(found, packed, strict=True))
    end = found[0].taken[sets[0][0].k // planned.lanes - 1]
    assert found[0].given[0] - end == planned.latency


@pytest.mark.often(6)
@pytest.mark.parametrize("case", CASES, ids=named)
def test_an_array_takes_a_step_every_cycle_and_gives_its_sums_when_planned(case):
    """Also where reductions are single steps, unless their results leave one by one."""
    name, shape, options = case
    engine = made(name, shape, **options)
    planned, top = plan(engine), array(plan(engine))
    chosen = units(engine, 12)
    if planned.group is None and planned.serial:
        chosen = tiles(engine, 4, 0, steps=planned.reduction_cycles, every=1)
    sent = {key: value for key, value in beats(planned, chosen)[0].items() if hasattr(top, key)}
    [seen] = run(top, [(sent, 0.0, 0.0)])
    sizes = [planned.group or tile.k for tile in chosen]
    groups = [n for tile, n in zip(chosen, sizes, strict=True) for _ in range(tile.k // n)]
    ends = np.cumsum(groups) // planned.lanes - 1
    assert seen.taken == list(range(len(seen.taken)))
    assert seen.given == [end + planned.array_latency for end in ends]


@pytest.mark.parametrize("shape", [(1, 1, 4), (1, 7, 4), (8, 1, 2), (3, 5, 4), (16, 16, 1)])
@pytest.mark.parametrize("name", ["int4xint8", "e5m2xe5m2", "w4a8", "nvfp4"])
def test_only_the_skew_comes_on_top_of_the_latency(name, shape):
    engine = made(name, shape)
    other = replace(engine, build=replace(engine.build, flow="broadcast"))
    for latency in ("array_latency", "latency"):
        late = getattr(plan(engine), latency) - getattr(plan(other), latency)
        assert late == shape[0] + shape[1] - 2


@pytest.mark.parametrize(
    "pair, shape, tile", [("int8xint8", (5, 3, 4), (2, 1)), ("int4xint4", (4, 4, 4), (2, 2))]
)
def test_cells_work_for_as_many_as_share_a_block(pair, shape, tile):
    planned = plan(made(pair, shape, policy="dsp"))
    grid = tuple(-(-many // of_tile) for many, of_tile in zip(shape, tile, strict=False))
    assert (planned.tile, planned.grid, planned.skew) == (tile, grid, sum(grid) - 2)
    text = rtlil.convert(array(planned), name="top", emit_src=False)
    cells = {line for line in text.splitlines() if re.match(r"  cell \\top\.pe_\d+_\d+ ", line)}
    assert len(cells) == grid[0] * grid[1]


def test_a_result_comes_although_the_next_reduction_lacks_what_it_starts_from():
    planned = plan(engine := made("int8xint8", (3, 4, 2), initial="int32"))
    sent, due = beats(planned, units(engine, 6))
    [seen] = run(array(planned), [({**sent, "initial": sent["initial"][:1]}, 0.0, 0.0)])
    assert seen.results == due[:1] and len(seen.taken) == 1


@pytest.mark.parametrize("name, spacing", [("int4xint8", 2), ("mxfp4", 5), ("w8a8", 6)])
def test_a_register_more_than_the_spacing_allows_loses_sums(name, spacing, monkeypatch):
    """So the tests above can fail; and the rule is tight."""
    shape, options = {"mxfp4": ((3, 3, 8), {"partials": 7})}.get(name, ((3, 4, 4), {}))
    planned = plan(engine := made(name, shape, **options))
    sent, due = beats(planned, units(engine, 8))
    phases = [(sent, 0.0, 0.6)]
    monkeypatch.setattr(SystolicArray, "spaced", False)
    monkeypatch.setattr(SystolicArray, "spacing", spacing)
    [seen] = run(ScaledEngine(planned) if planned.serial else array(planned), phases)
    assert not good(seen, due)


@pytest.mark.often(1)
@pytest.mark.parametrize(
    "name, options",
    [("int4xint8", {}), ("e5m2xe5m2", {}), ("int4xint8", {"initial": "int16"}), ("w4a8", {})],
)
def test_cells_are_the_same_module_wherever_they_stand(name, options):
    arrays = [array(plan(made(name, shape, **options))) for shape in ((2, 3, 2), (4, 3, 2))]
    texts = [merge(rtlil.convert(top, name="top", emit_src=False), "core") for top in arrays]
    counts = [text.count("\nmodule ") for text in texts]
    assert counts[0] == counts[1]
    assert [text.count("cell \\core_pe ") for text in texts] == [6, 12]


def test_there_is_an_array_for_every_flow():
    assert tuple(ARRAYS) == tuple(FLOWS)
