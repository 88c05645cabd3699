"""What streams promise is proven; and is not, where a fault is planted in the core."""

import pytest
from macsmith.hw.text.emit import emit
from macsmith.sim.proof.certificate import prove
from macsmith.sim.proof.claims import BOUNDED, PLAIN, PROVEN, REFUTED
from stream_faults import FAULTS, planted

from macsmith import Options, design

SHAPE = {"rows": 1, "cols": 2, "lanes": 2}

#: Of each flow and kind of engine one; in the longer ones a result leaves in several beats.
ENGINES = {
    "broadcast": ("int4xint4", {}),
    "systolic": ("int4xint4", {"flow": "systolic_os"}),
    "stationary": ("int8xint8", {"flow": "weight_stationary", "policy": "dsp", "rows": 2}),
    "serial": ("int4xint4", {"datapath": "bit_serial"}),
    "queued": ("posit4_1", {}),
    "paced": ("mxfp4", {"rows": 2, "lanes": 4}),
    "scaled": ("w4a8", {}),
    "scaled systolic": ("w4a8", {"flow": "systolic_os"}),
}

#: These take a minute.
LONG = ("paced", "scaled", "scaled systolic")


def states(found):
    return {claim.name: claim.state for claim in found.claims}


@pytest.mark.often(2)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in LONG)) for name in ENGINES]
)
def test_all_streams_keep_what_they_promise(name, build_folder):
    preset, options = ENGINES[name]
    emitted = emit(design(preset, Options(**(SHAPE | options))))
    found = prove(emitted, build_folder, only=[*PLAIN, "count"])
    known = states(found)
    assert known.pop("last", BOUNDED) in (BOUNDED, PROVEN)
    assert known == dict.fromkeys(("valid", "payload", "progress", "count", "drain"), PROVEN)


@pytest.fixture(scope="module")
def emitted():
    return emit(design("int4xint4", Options(rows=2, cols=2, lanes=4)))


@pytest.mark.often(3)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_refuted(fault, emitted, build_folder):
    claim = FAULTS[fault][0]
    core = planted(emitted, fault)
    found = prove(emitted, build_folder, core=core, seconds=20, only=[claim])
    assert states(found)[claim] == REFUTED


@pytest.mark.slow
@pytest.mark.parametrize(
    "old, new",
    [
        ("room <= count != 2'd1;", "room <= 1'b1;"),
        ("valid_2 <= valid_1;", "valid_2 <= valid_1 & !(valid_2 & valid_0);"),
    ],
)
def test_the_count_is_not_proven_with_a_fault_behind_the_sums(old, new, build_folder):
    """A queue takes a third beat, a stage drops a result; the search need not go so deep."""
    emitted = emit(design("posit4_1", Options(**SHAPE)))
    assert emitted.verilog.count(old) == 1
    core = emitted.verilog.replace(old, new)
    found = prove(emitted, build_folder, core=core, seconds=20, only=["count"])
    assert states(found)["count"] in (BOUNDED, REFUTED)
