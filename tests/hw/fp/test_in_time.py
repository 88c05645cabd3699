"""Products by one row, a digit a cycle, against NumPy's."""

import random

import numpy as np
import pytest
from amaranth.sim import Simulator
from macsmith.golden import lookup
from macsmith.hw.fp import FloatMultiply

#: Codes at which floats change their kind, of FP32.
EDGES = [
    0x00000000, 0x00000001, 0x007FFFFF, 0x00800000, 0x00800001, 0x3F7FFFFF, 0x3F800000, 0x3F800001,
    0x40490FDB, 0x7F7FFFFF, 0x7F800000, 0x7FC00000, 0x1E3CE508, 0x20000000, 0x5F000000, 0x5F7FFFFF,
]  # fmt: skip


def run(block, pairs, seed):
    """The codes of products of pairs of codes, operands as often as they may come or later."""
    found, rng, unit = [], random.Random(seed), block.component()

    async def bench(context):
        due, now, after = [], 0, 0  # in cycles with enable
        waiting = list(pairs)
        while len(found) < len(pairs):
            context.set(unit.enable, on := rng.random() < 0.9)
            start = bool(waiting) and now >= after and rng.random() < 0.7
            context.set(unit.start, start)
            # Operands mean something in the cycle of the start only.
            a, b = waiting[0] if start else (rng.getrandbits(16), rng.getrandbits(16))
            context.set(unit.a, a)
            context.set(unit.b, b)
            if on and due and due[0] == now:
                due.pop(0)
                found.append(context.get(unit.o))
            if on and start:
                waiting.pop(0)
                due.append(now + block.latency)
                after = now + block.interval
            await context.tick()
            now += on

    simulator = Simulator(unit)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return np.array(found, np.uint32)


def floats(codes, fmt):
    """Codes of FP32, BF16 or FP16 as NumPy has them, in FP32."""
    codes = np.array(codes, np.uint32)
    if fmt == "fp16":
        return codes.astype(np.uint16).view(np.float16).astype(np.float32)
    return (codes << (16 if fmt == "bf16" else 0)).view(np.float32)


@pytest.mark.parametrize("fmt, cycles", [("fp32", 14), ("bf16", 6), ("fp16", 7)])
@pytest.mark.parametrize("stages", [0, 3, None])
def test_products_are_those_of_numpy(fmt, cycles, stages):
    block = FloatMultiply(lookup("fp32"), lookup(fmt), lookup("fp32"), in_time=True)
    block = block.staged() if stages is None else block.with_stages(stages)
    assert block.interval == cycles and block.latency == cycles + block.stages
    rng = random.Random(cycles)
    bits = lookup(fmt).bits
    edges = [(a | s << 31, b >> (32 - bits) | t << (bits - 1)) for a in EDGES for b in EDGES
             for s, t in ((0, 0), (1, 0))]  # fmt: skip
    pairs = rng.sample(edges, 200) + [
        (rng.getrandbits(32), rng.getrandbits(bits)) for _ in range(200)
    ]
    made = run(block, pairs, cycles).view(np.float32)
    with np.errstate(all="ignore"):
        wanted = floats([a for a, _ in pairs], "fp32") * floats([b for _, b in pairs], fmt)
    np.testing.assert_array_equal(np.isnan(made), np.isnan(wanted))
    number = ~np.isnan(wanted)
    np.testing.assert_array_equal(made.view(np.uint32)[number], wanted.view(np.uint32)[number])
