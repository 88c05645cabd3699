"""Whatever is described either says in one line why it cannot be built, or verifies."""

import pytest
from descriptions import arithmetics
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from macsmith.hw.text.emit import emit
from macsmith.sim.batch import run_batch
from macsmith.sim.stimuli import bound_tiles, tiles
from macsmith.sim.streams import Simulator

from macsmith import Build, DesignError, Engine


@st.composite
def engines(draw):
    """An engine of a small array; raises DesignError about as often as not."""
    rows, cols, lanes = (draw(st.sampled_from(sizes)) for sizes in ((1, 2, 3), (1, 2), (1, 2, 4)))
    flow = draw(st.sampled_from(("broadcast", "systolic_os")))
    return Engine("random", (draw(arithmetics(lanes)),), Build(rows, cols, lanes, flow=flow))


def attempt(data, seed):
    """Verify a random engine; whether it could be built."""
    try:
        engine = data.draw(engines())
        machine = Simulator(emit(engine))
        plan = machine.emitted.plan
        sent = tiles(engine, 40, seed=seed, steps=plan.reduction_cycles)
        sent += [] if engine.arithmetic.aligned else bound_tiles(engine)
    except DesignError as error:
        assert "\n" not in str(error) and len(str(error)) > 20
        return False
    for stalls in (0, 1, 2):
        run_batch(machine.emitted, sent, simulator=machine, stalls=stalls).check()
    rate = tiles(engine, 10, seed=seed, steps=plan.reduction_cycles, every=1)
    run_batch(machine.emitted, rate, simulator=machine).check()
    return True


draws = given(data=st.data(), seed=st.integers(0, 1 << 30))
quietly = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow],
    "phases": [Phase.generate],  # a smaller example would take as long to compile
}


@draws
@settings(max_examples=8, derandomize=True, **quietly)
def test_a_random_engine(data, seed):
    attempt(data, seed)


@pytest.mark.slow
@draws
@settings(max_examples=300, **quietly)
def test_many_random_engines(data, seed):
    attempt(data, seed)
