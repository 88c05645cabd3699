"""Every preset in hardware against the golden model."""

import pytest
from macsmith.hw.text.emit import emit
from macsmith.sim.batch import run_batch
from macsmith.sim.stimuli import tiles
from macsmith.sim.streams import Simulator

from macsmith import Options, design
from macsmith.designs import presets


@pytest.mark.slow
@pytest.mark.parametrize("name", presets())
def test_presets_equal_the_golden_model(name):
    engine = design(name, Options(rows=2, cols=4))
    machine = Simulator(emit(engine))
    sent = tiles(engine, 100, seed=5, steps=machine.emitted.plan.reduction_cycles)
    for stalls in (0, 1):
        run_batch(machine.emitted, sent, simulator=machine, stalls=stalls).check()
