"""All chains of a test file under one bench."""

import pytest
from macsmith.hw.text.emit import emit
from macsmith.sim import runner, verify


@pytest.fixture(scope="module")
def jobs(request):
    """A job for each of the module's ``CHAINS``."""
    made = [emit(chain) for chain in request.module.CHAINS.values()]
    return [runner.job(emitted, verify.stimuli(emitted, 20, 3)) for emitted in made]


@pytest.fixture(scope="module")
def found(jobs):
    return runner.run(jobs, seed=3)
