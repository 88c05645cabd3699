"""Sums of several exact terms, segment by segment into an accumulator, against plain integers."""

import random
from types import SimpleNamespace

import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator
from macsmith.golden.bounds import Range
from macsmith.golden.flags import Reachable
from macsmith.hw.arith.product import FlaggedLayout
from macsmith.hw.arith.timing import delayed
from macsmith.hw.scale.accumulate import ExactAccumulator, Slot
from macsmith.hw.scale.exact import InvertedLayout
from macsmith.hw.scale.exact_sum import exact_sum, sum_exact

INFINITE = Reachable(nan=True, infinite=True)
NONE = Reachable(nan=False, infinite=False)


class Summed(wiring.Component):
    """Terms of ``ranges``, added up, and the sums added up in the only slot."""

    def __init__(self, ranges, total, *, saturate=False, flags=NONE):
        self.terms = [SimpleNamespace(range=r, flags=flags) for r in ranges]
        frame = exact_sum(self.terms)[0] + Range(total.lsb, 0, 0) if saturate else total
        self.accumulator = ExactAccumulator(
            frame, total, flags, flags, 1, saturate=saturate, staggered=True
        )
        self.latency = 1 + self.accumulator.latency
        ports = {f"i{n}": In(InvertedLayout(r, flags)) for n, r in enumerate(ranges)}
        o = Out(FlaggedLayout(total, flags))
        super().__init__({**ports, "enable": In(1), "slot": In(Slot(1)), "o": o})

    def elaborate(self, platform):
        m, into = Module(), self.accumulator
        m.submodules.accumulator = accumulator = into.component()
        values = [getattr(self, f"i{n}") for n in range(len(self.terms))]
        total = sum_exact(m, self.enable, self.terms, values, into.addend, into.segments)
        m.d.comb += [
            accumulator.enable.eq(self.enable),
            accumulator.i.eq(total),
            self.o.eq(accumulator.o),
        ]
        for name in ("valid", "first", "address"):
            late = delayed(m, self.enable, self.slot[name], 1, name, reset=name == "valid")
            m.d.comb += accumulator.slot[name].eq(late)
        return m


def run(unit, steps, seed):
    """What comes out, with its NaN; a step is (first, [(value, minus, nan) of each term])."""
    found, rng = [], random.Random(seed)

    async def bench(context):
        sent = 0
        while len(found) < len(steps):
            enable = rng.random() < 0.8
            context.set(unit.enable, enable)
            context.set(unit.slot.valid, sent < len(steps))
            first, terms = steps[min(sent, len(steps) - 1)]
            context.set(unit.slot.first, first)
            for number, (value, minus, nan) in enumerate(terms):
                port = getattr(unit, f"i{number}")
                context.set(port.number.value, ~value if minus else value)
                context.set(port.minus, minus)
                if "nan" in port.number.shape().members:
                    context.set(port.number.nan, nan)
            await context.tick()
            if enable:
                sent += 1
                if sent >= unit.latency:
                    nan = context.get(unit.o.nan) if "nan" in unit.o.shape().members else 0
                    found.append((context.get(unit.o.value), nan))

    simulator = Simulator(unit)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return found


def drawn(ranges, rng):
    """A value of each range, most often at its ends; signed ones also as what is subtracted."""
    found = []
    for r in ranges:
        value = rng.choice((r.low, r.high, 0, -1, 1, rng.randint(r.low, r.high)))
        value = min(max(value, r.low + 1), r.high)
        minus = r.signed and rng.random() < 0.5
        found.append((-value if minus else value, minus, rng.random() < 0.1))
    return found


RANGES = {
    "two, one far above": (Range(-48, -(1 << 80), 1 << 80), Range(-40, -(1 << 60), 1 << 60)),
    "two, narrow in a wide sum": (Range(-3, -100, 100), Range(0, -4, 5)),
    "two, unsigned": (Range(0, 0, (1 << 32) - 1), Range(0, 0, (1 << 31) - 1)),
    "three": (Range(0, -(1 << 40), 1 << 40), Range(2, -(1 << 33), 1 << 33), Range(1, -7, 9)),
    "five": tuple(Range(n, -(1 << 45), 1 << 45) for n in range(5)),
}


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("bits", [31, 96, 120])
def test_segments_meet_those_of_an_accumulator(name, bits):
    ranges, rng = RANGES[name], random.Random(bits)
    total = Range(-50, -(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    steps = [(n % 7 == 0, drawn(ranges, rng)) for n in range(80)]
    held, expected = 0, []
    for first, terms in steps:
        new = sum(
            (-v if minus else v) << (r.lsb + 50)
            for r, (v, minus, _) in zip(ranges, terms, strict=True)
        )
        held = ((0 if first else held) + new - total.low) % (1 << bits) + total.low
        expected.append((held, 0))
    assert run(Summed(ranges, total), steps, bits) == expected


def test_a_sum_that_saturates_is_added_whole():
    ranges, rng = (Range(0, -(1 << 34), 1 << 34), Range(0, -9, 9)), random.Random(3)
    total = Range(0, -(1 << 35), (1 << 35) - 1)
    steps = [(n % 9 == 0, drawn(ranges, rng)) for n in range(60)]
    held, expected = 0, []
    for first, terms in steps:
        new = sum(-v if minus else v for v, minus, _ in terms)
        held = min(max((0 if first else held) + new, total.low), total.high)
        expected.append((held, 0))
    assert run(Summed(ranges, total, saturate=True), steps, 3) == expected


def test_a_flag_of_either_term_is_the_sum_s():
    ranges, rng = RANGES["two, one far above"], random.Random(5)
    total = Range(-48, -(1 << 90), (1 << 90) - 1)
    steps = [(n % 5 == 0, drawn(ranges, rng)) for n in range(60)]
    held, expected = False, []
    for first, terms in steps:
        held = (held and not first) or any(nan for _, _, nan in terms)
        expected.append(held)
    found = run(Summed(ranges, total, flags=INFINITE), steps, 5)
    assert [bool(nan) for _, nan in found] == expected
