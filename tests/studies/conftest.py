"""Comparisons whose costs are made up: no synthesis runs, and every number is known."""

import pytest
from macsmith.boards import Cost
from macsmith.studies import compare as module
from macsmith.studies.compare import compare

from macsmith.report import Report

#: What the made-up costs of a design are multiples of.
NAMES = ("mxfp4", "int8xint8", "w4a8", "bitserial")


def costed(design, board, **_):
    """A report whose figures follow from the design's shape: no two parts cost the same."""
    from macsmith import boards, explain

    hardware = explain(boards.fitted(design, board))
    rows, cols, lanes = design.build.rows, design.build.cols, design.build.lanes
    macs, dsp = rows * cols * lanes, design.build.policy == "dsp"
    path = {"sites": 1000.0, "lut": 900.0, "ff": 1100.0, "dsp": 3.0 * dsp}
    whole = {"sites": 1000 + 17.5 * macs, "lut": 900.0 + 13 * macs, "ff": 1100.0 + 19 * macs,
             "dsp": (3.0 + macs) * dsp}  # fmt: skip
    has_path = hardware.plan.serial

    def made(resources):
        return Cost(design.name, board.name, design.build.policy, resources, {},
                    {"lut": 7, "carry": 31}, {}, None, {"yosys": "none"}, 0.0)  # fmt: skip

    return Report(hardware, board, made(whole), {"scale path": made(path)} if has_path else {},
                  False, 0.0)  # fmt: skip


@pytest.fixture
def made_up(monkeypatch):
    """Costs are made up from here on."""
    monkeypatch.setattr(module, "cost", costed)


@pytest.fixture(scope="module")
def found():
    """A comparison of every kind of design: with scales, without, in several cycles a step."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "cost", costed)
        return compare(NAMES, "u280", macs=48, rows=1, cols=3)
