"""What streams promise is proven; and is not, where a fault is planted in the core."""

import pytest
from macsmith.hw.text.emit import emit
from macsmith.sim.proof.certificate import prove
from macsmith.sim.proof.claims import BOUNDED, PROVEN, REFUTED

from macsmith import Options, design

SHAPE = {"rows": 1, "cols": 2, "lanes": 2}

#: Of each flow and kind of engine one; in the longer ones a result leaves in several beats.
ENGINES = {
    "broadcast": ("int4xint4", {}),
    "systolic": ("int4xint4", {"flow": "systolic_os"}),
    "stationary": ("int8xint8", {"flow": "weight_stationary", "policy": "dsp", "rows": 2}),
    "serial": ("int4xint4", {"datapath": "bit_serial"}),
    "scaled": ("w4a8", {}),
    "scaled systolic": ("w4a8", {"flow": "systolic_os"}),
}

#: These take a minute.
LONG = ("scaled", "scaled systolic")


def states(found):
    return {claim.name: claim.state for claim in found.claims}


@pytest.mark.often(2)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in LONG)) for name in ENGINES]
)
def test_all_streams_keep_what_they_promise(name, build_folder):
    preset, options = ENGINES[name]
    found = prove(emit(design(preset, Options(**(SHAPE | options)))), build_folder)
    known = states(found)
    assert known.pop("last", BOUNDED) in (BOUNDED, PROVEN)
    assert known == dict.fromkeys(("valid", "payload", "progress", "count", "drain"), PROVEN)


#: Faults in the Verilog of int4xint4: which claim they break, what is written there, and instead.
FAULTS = {
    "a result is withdrawn": (
        "valid",
        "else if (result__ready) result__valid <= 1'b0;",
        "else result__valid <= 1'b0;",
    ),
    "a register moves while its result is stalled": (
        "payload",
        "if (enable & accumulate) held <=",
        "if (accumulate) held <=",
    ),
    "a register holds what was there before": (
        "payload",
        "result__payload = {",
        "result__payload = {80{result__ready}} & {",
    ),
    "a step is dropped": (
        "count",
        "taken_2 <= taken_1;",
        "taken_2 <= taken_1 & !(taken_2 & taken_0);",
    ),
    "a result comes twice": (
        "count",
        "result__valid <= taken_5 & close_5;",
        "result__valid <= (taken_5 & close_5) | (result__valid & taken_0);",
    ),
    "an idle engine makes a result": (
        "count",
        "result__valid <= taken_5 & close_5;",
        "result__valid <= close_5;",
    ),
    "an engine stops": (
        "progress",
        "assign activation__ready = weight__valid & pe_0_0_0__enable;",
        "assign activation__ready = weight__valid & pe_0_0_0__enable & !(taken_0 & taken_3);",
    ),
}


@pytest.fixture(scope="module")
def emitted():
    return emit(design("int4xint4", Options(rows=2, cols=2, lanes=4)))


@pytest.mark.often(3)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_refuted(fault, emitted, build_folder):
    claim, old, new = FAULTS[fault]
    assert emitted.verilog.count(old) == 1
    found = prove(
        emitted, build_folder, core=emitted.verilog.replace(old, new), seconds=20, only=[claim]
    )
    assert states(found)[claim] == REFUTED
