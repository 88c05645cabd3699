"""The units of a module's list DESIGNS, those that are asked for, under one bench top."""

import pytest
from macsmith.hw.text.emit import emit
from macsmith.sim import runner, verify


@pytest.fixture(scope="module")
def jobs(request, indexes):
    made = [emit(request.module.DESIGNS[index]) for index in indexes]
    return [runner.job(emitted, verify.stimuli(emitted, 40, 3)) for emitted in made]


@pytest.fixture(scope="module")
def found(jobs):
    return runner.run(jobs, seed=3)


@pytest.fixture(scope="module")
def checked(indexes, jobs, found):
    """Checks one of the list, under every pattern of stalls."""

    def check(index):
        here = indexes.index(index)
        verify.check(jobs[here], found[here], seed=3)
        assert len(found[here]) == len(runner.PHASES)

    return check
