"""Units in Amaranth's own simulator: the component itself, neither merged nor emitted."""

from dataclasses import dataclass, field

import numpy as np
from amaranth.sim import Simulator
from macsmith.golden.tiling import join
from macsmith.hw.catalogue import hardware
from simulate import words


@dataclass
class Flow:
    """What came out and should have, an integer a beat; the cycles at which beats moved."""

    wanted: list
    found: list = field(default_factory=list)
    taken: dict = field(default_factory=dict)
    given: list = field(default_factory=list)


def flow(unit, trials, *, stall=0.0, seed=0, patience=300):
    """Send ``trials`` through a unit; a ``stall`` of all cycles is idle at either end."""
    built = hardware(unit)
    top, rng = built.component(), np.random.default_rng(seed)
    trials = [{**trial, **built.answer(trial)} for trial in trials]
    beats = {
        s.name: words(s, join([trial[s.name] for trial in trials]), last=s.last)
        for s in built.streams
    }
    run = Flow(beats.pop("result"), taken={name: [] for name in beats})

    async def bench(context):
        offered, quiet, cycle = dict.fromkeys(beats, False), 0, 0
        while quiet < patience and len(run.found) <= len(run.wanted):
            for name, sent in beats.items():
                port, at = getattr(top, name), len(run.taken[name])
                offered[name] |= at < len(sent) and rng.random() >= stall
                context.set(port.valid, offered[name])
                if offered[name]:
                    context.set(port.payload.as_value(), sent[at])
            ready, moved = rng.random() >= stall, False
            context.set(top.result.ready, ready)
            if ready and context.get(top.result.valid):
                run.found.append(context.get(top.result.payload.as_value()))
                run.given.append(cycle)
                moved = True
            for name in beats:
                if offered[name] and context.get(getattr(top, name).ready):
                    run.taken[name].append(cycle)
                    offered[name], moved = False, True
            await context.tick()
            cycle += 1
            quiet = 0 if moved else quiet + 1

    simulator = Simulator(top)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return run
