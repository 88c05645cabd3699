"""What overpacked products need of the engine, in the words of who asks for them."""

import pytest
from macsmith.hw.engine.planner import plan

from macsmith import DesignError, Options, design

SHAPE = {"policy": "dsp", "product": "overpacked", "rows": 2, "cols": 3}


@pytest.mark.parametrize(
    "given, message",
    [
        ({"policy": "lut"}, r"share DSP blocks: choose --policy dsp"),
        ({"rows": 3}, r"--rows a multiple of 2 and --cols of 3, got 3 and 3"),
        ({"cols": 4}, r"--rows a multiple of 2 and --cols of 3, got 2 and 4"),
        ({"flow": "weight_stationary"}, r"systolic_os, got weight_stationary"),
        ({"carries": "saved"}, r"keep no carries"),
        ({"initial": "int16"}, r"start from zero.*: leave these options out"),
        ({"blocks": "mult18x18d"}, r"wider than the DSP blocks \(mult18x18d\)"),
        ({"datapath": "dsp"}, r"has its own datapath: auto, got dsp"),
    ],
)
def test_what_cannot_be_built(given, message):
    with pytest.raises(DesignError, match=message):
        plan(design("int4xuint4", Options(**SHAPE | given)))


def test_explained():
    remarks = plan(design("int4xuint4", Options(**SHAPE))).remarks
    assert "2 rows × 3 columns a block" in remarks[0]
    assert "products approximate: see product rule overpacked" in remarks[0]
