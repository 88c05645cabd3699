"""A queue against Python's own, under random stalls."""

from collections import deque

import numpy as np
import pytest
from amaranth.sim import Simulator
from macsmith.hw.scale.queue import Queue


@pytest.mark.parametrize("depth", [2, 3, 8])
def test_beats_leave_in_order_and_none_is_lost(depth):
    queue, rng = Queue(8, depth), np.random.default_rng(depth)
    held, seen, most = deque(), 0, 0

    async def bench(ctx):
        nonlocal seen, most
        for cycle in range(600):
            # Now and then it runs full, or empty.
            sends = bool(rng.random() < (0.9 if cycle // 60 % 2 else 0.3))
            takes = bool(rng.random() < (0.3 if cycle // 60 % 2 else 0.9))
            payload = int(rng.integers(256))
            ctx.set(queue.i.valid, sends)
            ctx.set(queue.i.payload, payload)
            ctx.set(queue.o.ready, takes)
            assert ctx.get(queue.i.ready) == (len(held) < depth)
            assert ctx.get(queue.o.valid) == (len(held) > 0)
            if held:
                assert ctx.get(queue.o.payload) == held[0]
            full = len(held) == depth
            if held and takes:
                held.popleft()
                seen += 1
            if sends and not full:
                held.append(payload)
            most = max(most, len(held))
            await ctx.tick()

    simulator = Simulator(queue)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert seen > 150 and most == depth
