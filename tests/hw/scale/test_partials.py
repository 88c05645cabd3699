"""The tree over partial sums that come in turn, against pairs of a list."""

import random
from types import SimpleNamespace

import pytest
from amaranth.hdl import Module, Signal
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator
from macsmith.hw.fp.pipeline import Pipelined
from macsmith.hw.scale import partials
from macsmith.hw.scale.dataflow import Dataflow, Wires

BITS = 24


class Mixed(Pipelined):
    """``5 a + 3 b + 1``: neither the order of a pair nor that of pairs can be exchanged."""

    def __init__(self, stages):
        ports = {"a": In(BITS), "b": In(BITS), "o": Out(BITS)}
        super().__init__(ports, [1] * stages, stages)

    def write(self, m, io, pipe):
        live = SimpleNamespace(value=(io.a * 5 + io.b * 3 + 1)[:BITS])
        for _ in self.levels:
            live = pipe.cut(live)
        m.d.comb += io.o.eq(live.value)


def paired(numbers):
    """What a tree gives."""
    while len(numbers) > 1:
        pairs = [
            (5 * a + 3 * b + 1) % (1 << BITS)
            for a, b in zip(numbers[::2], numbers[1::2], strict=False)
        ]
        numbers = pairs + numbers[len(numbers) - len(numbers) % 2 :]
    return numbers[0]


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6, 7, 8, 9, 16])
@pytest.mark.parametrize("stages", [1, 2, 6])
def test_pairs_of_numbers_that_come_in_turn(count, stages):
    flow = Dataflow()
    number = flow.entry(lambda on: on.source.number)
    place = flow.entry(lambda on: on.source.place)
    total = partials.tree(flow, count, number, place, Mixed(stages))
    assert total.time == stages * (count - 1).bit_length()

    m, enable = Module(), Signal()
    source = SimpleNamespace(number=Signal(BITS), place=Signal(range(max(count, 2))))
    found = Wires(m, enable, source, flow).value(total)
    rng, results = random.Random(count), []
    sent = [[rng.randrange(1 << BITS) for _ in range(count)] for _ in range(12)]

    async def bench(context):
        due, now = [], 0  # cycles with enable, at which results stand there
        numbers = [(place, value) for each in sent for place, value in enumerate(each)]
        while len(results) < len(sent):
            there = numbers and rng.random() < 0.7
            context.set(enable, on := rng.random() < 0.8)
            if numbers:
                context.set(source.place, numbers[0][0])
                context.set(source.number, numbers[0][1] if there else rng.randrange(1 << BITS))
            if on and there and numbers.pop(0)[0] == count - 1:
                due.append(now + total.time)
            if on and due and due[0] == now:
                due.pop(0)
                results.append(context.get(found))
            await context.tick()
            now += on

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert results == [paired(numbers) for numbers in sent]
