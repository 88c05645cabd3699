"""Accumulators hold their proven bounds and not one more; adder trees are exact."""

import pytest
from amaranth.hdl import ClockDomain, Module
from amaranth.sim import Simulator
from macsmith.golden.bounds import Range
from macsmith.golden.flags import Reachable
from macsmith.hw.accumulator import Accumulator
from macsmith.hw.tree import AdderTree

NO_FLAGS = Reachable(False, False)


def total_after(addend, total, values, *, preload=None):
    """The sum that an accumulator shows after ``values``."""
    unit = Accumulator(addend, total, NO_FLAGS, preload=preload is not None)

    async def bench(ctx):
        ctx.set(unit.enable, 1)
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


def test_first_clears_what_was_there():
    unit = Accumulator(Range(0, -8, 7), Range(0, -64, 63), Reachable(True, True))

    async def bench(ctx):
        ctx.set(unit.enable, 1)
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
