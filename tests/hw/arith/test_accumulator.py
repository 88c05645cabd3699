"""Accumulators hold their proven bounds and not one more; adder trees are exact."""

import random

import pytest
from amaranth.hdl import ClockDomain, Module
from amaranth.sim import Simulator
from macsmith.golden.bounds import Range
from macsmith.golden.flags import Reachable
from macsmith.hw.arith.accumulator import Accumulator
from macsmith.hw.arith.rows import LONGEST, segment_of
from macsmith.hw.arith.tree import AdderTree

NO_FLAGS = Reachable(False, False)


def total_after(addend, total, values, *, preload=None):
    """The sum that an accumulator shows after ``values``."""
    unit = Accumulator(addend, total, NO_FLAGS, preload=preload is not None)

    async def bench(ctx):
        ctx.set(unit.enable, 1)
        ctx.set(unit.accumulate, 1)
        if preload is not None:
            ctx.set(unit.initial, preload)
        for index, value in enumerate(values):
            ctx.set(unit.first, index == 0)
            ctx.set(unit.i.value, value)
            await ctx.tick()
        seen.append(ctx.get(unit.o.value))

    seen = []
    run(unit, bench)
    return seen[0]


def run(unit, bench):
    m = Module()
    m.domains.sync = ClockDomain()  # a tree of one addend has no register of its own
    m.submodules.unit = unit
    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


ADDENDS = [Range(0, -8 * 128, 8 * 127), Range(0, 0, 15 * 255), Range(-3, -7, 7), Range(0, -1, 0)]


@pytest.mark.parametrize("addend", ADDENDS)
@pytest.mark.parametrize("count", [1, 3, 16])
@pytest.mark.parametrize("bound", ["low", "high"])
def test_both_bounds_are_reached_exactly(addend, count, bound):
    value = getattr(addend, bound)
    assert total_after(addend, addend.times(count), [value] * count) == value * count


@pytest.mark.parametrize("addend", ADDENDS)
def test_one_bit_less_overflows(addend):
    proven = addend.times(16)
    width = proven.width - 1
    short = Range(addend.lsb, -(1 << (width - 1)), (1 << (width - 1)) - 1)
    short = short if proven.signed else Range(addend.lsb, 0, (1 << width) - 1)
    assert short.width == width
    extreme = addend.low if -proven.low > proven.high else addend.high
    assert total_after(addend, short, [extreme] * 16) != extreme * 16


@pytest.mark.parametrize("initial", [-1000, 0, 999])
def test_a_sum_starts_from_its_preload(initial):
    addend = Range(0, -8, 7)
    total = addend.times(3) + Range(0, -1000, 999)
    assert total_after(addend, total, [7, -8, 7], preload=initial) == initial + 6


@pytest.mark.parametrize("segment", [0, 3, 5, 8])
@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize("preload", [None, -77, 1000])
def test_segments_are_summed_one_a_cycle(segment, saved, preload):
    """Three sums one after the other, the array held still now and then: as if in one piece."""
    rng = random.Random(segment)
    addend = Range(0, -500, 777)
    total = addend.times(9) + Range(0, min(preload or 0, 0), max(preload or 0, 0))
    late = (total.width - 1) // segment if segment else 0
    late += saved + 1  # one more than it takes
    unit = Accumulator(
        *(addend, total, NO_FLAGS),
        preload=preload is not None,
        segment=segment,
        late=late,
        carry_save=saved,
    )
    sums = [[rng.choice([-500, 777, rng.randint(-500, 777)]) for _ in range(9)] for _ in range(3)]
    steps = [(not n, value) for values in sums for n, value in enumerate(values)]
    found = []

    async def bench(ctx):
        ctx.set(unit.accumulate, 1)
        if preload is not None:
            ctx.set(unit.initial, preload)
        for first, value in steps + [(1, 0)] * (late + 1):
            ctx.set(unit.first, first)
            ctx.set(unit.i.value, value)
            for enable in (*[0] * rng.randint(0, 2), 1):
                ctx.set(unit.enable, enable)
                await ctx.tick()
            found.append(ctx.get(unit.o.value))

    run(unit, bench)
    assert found[9 - 1 + late :: 9] == [sum(values) + (preload or 0) for values in sums]


@pytest.mark.parametrize("width", [33, 49, 77, 128])
def test_a_wide_sum_has_even_segments_of_short_runs(width):
    segment = segment_of(width)
    count = -(-width // segment)
    assert segment + 2 <= LONGEST and (count - 1) * segment < width
    assert segment_of(LONGEST) == 0


def test_first_clears_what_was_there():
    unit = Accumulator(Range(0, -8, 7), Range(0, -64, 63), Reachable(True, True))

    async def bench(ctx):
        ctx.set(unit.enable, 1)
        ctx.set(unit.accumulate, 1)
        for first, value, nan in ((1, 5, 1), (0, 6, 0), (1, 3, 0)):
            ctx.set(unit.first, first)
            ctx.set(unit.i, {"value": value, "nan": nan, "positive": 0, "negative": nan})
            await ctx.tick()
            seen.append((ctx.get(unit.o.value), ctx.get(unit.o.nan), ctx.get(unit.o.negative)))

    seen = []
    run(unit, bench)
    assert seen == [(5, 1, 1), (11, 1, 1), (3, 0, 0)]


@pytest.mark.parametrize("count", range(1, 10))
@pytest.mark.parametrize("pipeline", [1, 2, 4])
def test_trees_sum_every_addend_after_their_latency(count, pipeline):
    unit = AdderTree(Range(0, -8, 7), count, pipeline)
    vectors = [[-8] * count, [7] * count, [(5 * i) % 16 - 8 for i in range(count)]]

    async def bench(ctx):
        ctx.set(unit.enable, 1)
        for values in vectors:
            for index, value in enumerate(values):
                ctx.set(unit.i[index], value)
            for _ in range(unit.latency):
                await ctx.tick()
            await ctx.delay(1e-7)
            seen.append(ctx.get(unit.o))

    seen = []
    run(unit, bench)
    assert seen == [sum(values) for values in vectors]
