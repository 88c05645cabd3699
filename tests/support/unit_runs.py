"""Units in simulation: all that a harness has in bulk, and faults that must be found."""

from dataclasses import replace

import pytest
from macsmith.golden.errors import Mismatch
from macsmith.hw.catalogue import hardware
from macsmith.hw.text.emit import emit
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import harness
from macsmith.sim.streams import Simulator


class Running:
    """A unit as it was written out, in a simulator of its own."""

    def __init__(self, unit):
        self.emitted = emit(unit)
        self.harness = harness(self.emitted.hardware)
        self.simulator = Simulator(self.emitted)

    def check(self, trials, **given):
        """The batch of these trials, all of whose answers are those of the golden model."""
        return run_batch(self.emitted, trials, simulator=self.simulator, **given).check()

    def in_bulk(self, count, seed):
        """Batches of so many trials of a kind under their stalls; and whether there are any."""
        for part in self.harness.bulk(count, seed):
            stalls = int(part.stalls)
            yield self.check(part.trials, stalls=stalls, turns=part.turns), part.stalls


def check_found(monkeypatch, sound, fault, trials=20):
    """What a unit answers is found to be wrong when it is built with ``fault``: a class or module,
    the name of what is in it, and what is there instead."""
    tried = harness(hardware(sound)).stimuli(trials, 1)
    monkeypatch.setattr(*fault)
    with pytest.raises(Mismatch):
        run_batch(emit(replace(sound, name="broken")), tried).check()
