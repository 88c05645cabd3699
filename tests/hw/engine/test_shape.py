"""What an engine is said to do is what its compiled RTL does, in the long run."""

import pytest
from macsmith.golden.errors import DesignError
from macsmith.hw.engine.hardware import EngineHardware
from macsmith.hw.engine.shape import parse_shape, product
from macsmith.hw.text.emit import emit
from macsmith.sim.batch import run_batch
from macsmith.sim.stimuli import batches
from macsmith.sim.streams import Simulator

from macsmith import Options, design

#: What limits, the design, its options, K.
ENGINES = {
    "the array's steps": ("int8xint8", {"rows": 2, "cols": 2, "lanes": 4}, 64),
    "results, one by one": ("mxfp4", {"rows": 4, "cols": 4, "lanes": 8, "partials": 4}, 64),
    "4 scale units (2 addends per sum and group)": (
        "gguf_q4_k",
        {"rows": 4, "cols": 1, "lanes": 32, "partials": 8},
        2048,
    ),
    "the array's steps, several cycles each": (
        "int8xint8",
        {"rows": 2, "cols": 1, "lanes": 4, "datapath": "bit_serial"},
        64,
    ),
}


@pytest.mark.cases(1)
@pytest.mark.parametrize("limit", ENGINES)
def test_reductions_come_as_often_as_is_said(limit):
    name, options, k = ENGINES[limit]
    engine = design(name, Options(**options))
    emitted = emit(engine)
    build, machine = engine.build, Simulator(emitted)
    found = product(engine, emitted.plan, (build.rows * 30, k, build.cols))
    assert found.reductions == 30 and limit.startswith(found.limit)
    runs = [
        run_batch(emitted, batches(engine, count, 1, k), simulator=machine) for count in (20, 50)
    ]
    assert not any(run.report for run in runs)
    assert runs[1].cycles - runs[0].cycles == 30 * found.interval


def test_what_is_idle_is_told():
    hardware = EngineHardware(design("int8xint8"))
    found = product(hardware.engine, hardware.plan, (10, 102, 3))
    assert found.remarks == (
        "rows in use: 10 of 12",
        "columns in use: 3 of 4",
        "elements of K in use: 102 of 104",
    )
    assert found.macs == 10 * 102 * 3 and found.share == found.effective / 64


def test_figures_that_are_known():
    """K = 1024 on 8 × 8 × 8 with 8 partial sums leaves MXFP4 a quarter of its peak."""
    options = Options(rows=8, cols=8, lanes=8, partials=8)
    hardware = EngineHardware(design("mxfp4", options))
    found = product(hardware.engine, hardware.plan, (1024, 1024, 64))
    assert round(found.share, 2) == 0.25 and found.limit == "results, one by one"


@pytest.mark.parametrize("text", ["4096", "4x5", "0x4x4", "ax4x4", "4x4x4x4", "-1x2x3"])
def test_a_shape_is_three_numbers(text):
    with pytest.raises(DesignError, match="a shape is NxKxM"):
        parse_shape(text)


def test_k_beyond_k_max_is_told():
    hardware = EngineHardware(design("int8xint8"))
    with pytest.raises(DesignError, match=r"K is at most k-max = 4096, got 5000 \(--k-max 5000\)"):
        product(hardware.engine, hardware.plan, (4, 5000, 4))
