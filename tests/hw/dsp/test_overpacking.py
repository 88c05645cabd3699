"""What overpacked products need of the engine, in the words of who asks for them."""

import pytest
from macsmith.hw.engine.planner import plan

from macsmith import DesignError, Options, design

SHAPE = {"policy": "dsp", "product": "overpacked", "rows": 2, "cols": 3}


@pytest.mark.parametrize(
    "given, message",
    [
        ({"policy": "lut"}, r"share DSP blocks: choose --policy dsp"),
        ({"rows": 3}, r"got 3 and 3: choose --rows 4 --cols 3$"),
        ({"cols": 4}, r"got 2 and 4: choose --rows 2 --cols 6$"),
        (
            {"flow": "weight_stationary"},
            r"got flow weight_stationary: choose --flow broadcast or systolic_os$",
        ),
        ({"carries": "saved"}, r"keep no carries"),
        (
            {"initial": "int16"},
            r"start from zero.*: choose --product exact, or leave out --initial",
        ),
        ({"blocks": "mult18x18d"}, r"wider than those \(mult18x18d\): choose --blocks dsp48e2"),
        ({"datapath": "dsp"}, r"has its own datapath, got dsp: choose --datapath auto"),
    ],
)
def test_what_cannot_be_built(given, message):
    with pytest.raises(DesignError, match=message):
        plan(design("int4xuint4", Options(**SHAPE | given)))


def test_explained():
    remarks = plan(design("int4xuint4", Options(**SHAPE))).remarks
    assert "2 rows × 3 columns a block" in remarks[0]
    assert "products approximate: see product rule overpacked" in remarks[0]
