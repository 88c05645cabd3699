"""Words that are held back: by shift registers, by RAM in LUTs, by block RAM."""

import random

import pytest
from amaranth.hdl import Module, Signal
from amaranth.sim import Simulator
from macsmith.hw.arith.long_delay import LONG, SHORT, WIDE, held_back, in_memory


def test_what_holds_words_back():
    assert in_memory(WIDE, LONG) == in_memory(1, LONG) == "block"
    assert in_memory(WIDE, 4) == in_memory(WIDE, SHORT) == "distributed"
    assert in_memory(WIDE - 1, 4) == in_memory(WIDE, 3) == in_memory(WIDE, SHORT + 1) == ""


@pytest.mark.parametrize("width", [WIDE - 1, WIDE])
@pytest.mark.parametrize("cycles", [1, 3, 4, 5, 8, SHORT, SHORT + 1, LONG])
def test_words_come_as_many_cycles_with_enable_later(width, cycles):
    """Nothing is valid before the first word that was; what is held while enable is low stays."""
    m = Module()
    enable, valid, value = Signal(), Signal(), Signal(width)
    there, shown = held_back(m, enable, valid, value, cycles, "line")
    out_valid, out = Signal(), Signal(width)
    m.d.comb += [out_valid.eq(there), out.eq(shown)]
    rng, past = random.Random(cycles), []

    async def bench(ctx):
        for _ in range(3 * cycles + 40):
            moves, is_valid, word = rng.random() < 0.8, rng.random() < 0.7, rng.getrandbits(width)
            ctx.set(enable, moves)
            ctx.set(valid, is_valid)
            ctx.set(value, word)
            old = past[-cycles] if len(past) >= cycles else (False, None)
            assert ctx.get(out_valid) == old[0]
            if old[0]:
                assert ctx.get(out) == old[1]
            await ctx.tick()
            if moves:
                past.append((is_valid, word))

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
