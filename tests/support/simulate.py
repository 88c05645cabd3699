"""Engines in Amaranth's own simulator: the component itself, neither merged nor emitted."""

from dataclasses import dataclass

import numpy as np
from amaranth.sim import Simulator
from macsmith.golden.tiling import single
from macsmith.hw.engine.hardware import component
from macsmith.hw.engine.planner import plan
from macsmith.hw.plan.streams import streams


@dataclass
class Run:
    """What came out: integers, a beat each; ``cycles`` at which inputs and results moved."""

    found: list
    wanted: list
    taken: dict
    given: list

    @property
    def latency(self):
        """Cycles from the first reduction's last step to its first result."""
        return self.given[0] - self.taken["last"][0]


def words(stream, beats, *, last):
    """A stream's beats as integers."""
    result = []
    for index in range(len(beats)):
        word = place = 0
        for field, values, flags in zip(stream.fields, beats.values, beats.flags, strict=True):
            for lane in range(field.count):
                word |= (int(values[index, lane]) & ((1 << field.bits) - 1)) << place
                if flags is not None:
                    word |= int(flags[index, lane]) << place + field.bits
                place += field.lane_bits
        result.append(word | int(beats.last[index]) << place if last else word)
    return result


def simulate(engine, tiles, *, idle=0.0, stall=0.0, seed=0, patience=3000):
    """Send ``tiles`` through the component of ``engine``; sources idle, the sink stalls."""
    rng, planned = np.random.default_rng(seed), plan(engine)
    top, ports = component(planned), streams(planned)
    sent = {
        s.name: [w for t in tiles for w in words(s, single(s, planned, t), last=s.last)]
        for s in ports
        if not s.output
    }
    output = ports[-1]
    wanted = [w for t in tiles for w in words(output, single(output, planned, t), last=output.last)]
    run = Run([], wanted, {"last": []}, [])
    ends = _ends(planned, tiles)

    async def bench(context):
        at, offered, quiet, cycle = dict.fromkeys(sent, 0), dict.fromkeys(sent, False), 0, 0
        extra = 2 * len(wanted) + 50
        while quiet < patience and (len(run.found) < len(wanted) or extra):
            if len(run.found) >= len(wanted):
                extra -= 1
            for name, beats in sent.items():
                if not offered[name] and at[name] < len(beats) and rng.random() >= idle:
                    offered[name] = True
                port = getattr(top, name)
                context.set(port.valid, offered[name])
                if offered[name]:
                    context.set(port.payload.as_value(), beats[at[name]])
            ready = rng.random() >= stall
            context.set(top.result.ready, ready)
            moved = False
            if ready and context.get(top.result.valid):
                run.found.append(context.get(top.result.payload.as_value()))
                run.given.append(cycle)
                moved = True
            for name in sent:
                if offered[name] and context.get(getattr(top, name).ready):
                    if name == "activation" and at[name] in ends:
                        run.taken["last"].append(cycle)
                    at[name], offered[name], moved = at[name] + 1, False, True
            await context.tick()
            cycle, quiet = cycle + 1, 0 if moved else quiet + 1

    simulator = Simulator(top)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return run


def _ends(planned, tiles):
    """The indexes of the last steps."""
    return set((np.cumsum([tile.k // planned.lanes for tile in tiles]) - 1).tolist())
