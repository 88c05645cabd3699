"""The accumulators of a scale unit, at their bounds, in every slot, against plain integers."""

import random

import pytest
from amaranth.sim import Simulator
from macsmith.golden.bounds import Range
from macsmith.golden.flags import Reachable
from macsmith.hw.scale.accumulate import SEGMENT, ExactAccumulator

NONE = Reachable(False, False)


def run(unit, addends, seed=0):
    """Send (slot, first, value, minus); returns what came out after each, as integers."""
    found, rng = [], random.Random(seed)
    accumulator = unit.component()

    async def bench(context):
        sent = 0
        while len(found) < len(addends):
            enable = rng.random() < 0.8
            context.set(accumulator.enable, enable)
            if sent < len(addends):
                slot, first, value, minus = addends[sent]
                context.set(accumulator.slot.valid, 1)
                context.set(accumulator.slot.first, first)
                context.set(accumulator.slot.address, slot)
                context.set(accumulator.i.number.value, ~value if minus else value)
                context.set(accumulator.i.minus, minus)
            else:
                context.set(accumulator.slot.valid, 0)
            await context.tick()
            if enable:
                sent += 1
                if sent >= unit.latency:
                    found.append(context.get(accumulator.o.value))

    simulator = Simulator(accumulator)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return found


def expected(total, addends, depth):
    """Wrapped sums in Python integers."""
    held, result = [0] * max(depth, 1), []
    span = 1 << total.width
    for slot, first, value, minus in addends:
        start = 0 if first or not depth else held[slot]
        held[slot] = (start + (-value if minus else value) - total.low) % span + total.low
        result.append(held[slot])
    return result


def addends_of(bounds, depth, count, rng):
    result = []
    for index in range(count):
        value = rng.choice(
            (bounds.low, bounds.high, 0, -1, 1, rng.randint(bounds.low, bounds.high))
        )
        value = min(max(value, bounds.low + 1), bounds.high)
        result.append((rng.randrange(max(depth, 1)), index < depth, value, rng.random() < 0.5))
    slots = list(range(depth))
    for index, slot in enumerate(slots):
        result[index] = (slot, True, *result[index][2:])
    return result


@pytest.mark.parametrize("width", [5, SEGMENT, SEGMENT + 1, 66, 128])
@pytest.mark.parametrize("depth", [0, 1, 3, 8])
def test_sums_of_many_slots(width, depth):
    addend = Range(0, -(1 << (width - 3)), (1 << (width - 3)) - 1)
    total = Range(0, -(1 << (width - 1)), (1 << (width - 1)) - 1)
    rng = random.Random(width * 10 + depth)
    addends = addends_of(addend, depth, 120, rng)
    unit = ExactAccumulator(addend, total, NONE, NONE, depth)
    assert run(unit, addends, width) == expected(total, addends, depth)


def test_both_bounds_fit_and_a_bit_less_overflows():
    addend = Range(0, -(1 << 40), 1 << 40)
    total = addend.times(8)
    low = [(0, index == 0, addend.low + 1, False) for index in range(8)]
    high = [(0, index == 0, addend.high, False) for index in range(8)]
    for addends in (low, high):
        exact = sum(value for _, _, value, _ in addends)
        assert run(ExactAccumulator(addend, total, NONE, NONE, 1), addends)[-1] == exact
    narrow = Range(0, -(1 << (total.width - 2)), (1 << (total.width - 2)) - 1)
    found = run(ExactAccumulator(addend, narrow, NONE, NONE, 1), high)
    assert found == expected(narrow, high, 1)
    assert found[-1] != sum(value for _, _, value, _ in high)


def test_a_saturating_sum_stays_at_its_ends():
    addend, total = Range(0, -100, 100), Range(0, -128, 127)
    steps = [100, 100, -50, -100, -100, -100, 30]
    addends = [(0, index == 0, value, False) for index, value in enumerate(steps)]
    unit = ExactAccumulator(addend, total, NONE, NONE, 1, saturate=True)
    assert run(unit, addends) == [100, 127, 77, -23, -123, -128, -98]


def test_a_smaller_unit_of_the_sum_is_filled_from_below():
    addend, total = Range(-3, -100, 100), Range(-8, -(1 << 20), 1 << 20)
    addends = [(0, True, 77, False), (0, False, 13, True), (0, False, -100, True)]
    unit = ExactAccumulator(addend, total, NONE, NONE, 1)
    assert run(unit, addends) == [77 << 5, 64 << 5, 164 << 5]
