"""That ``last`` ends a tile's results is proven; and is not, where a fault is planted."""

import pytest
from macsmith.hw.text.emit import emit
from macsmith.sim.proof.certificate import prove
from macsmith.sim.proof.claims import PROVEN, REFUTED

from macsmith import Options, design

#: Results leave through a queue, or are collected before; of a row each, or of three by two.
ENGINES = {
    "queue": ("posit4_1", {"rows": 1, "cols": 2, "lanes": 2}),
    "no power of two": ("posit4_1", {"rows": 3, "cols": 2, "lanes": 2}),
    "collected": ("msfp12", {"rows": 1, "cols": 2, "lanes": 4}),
}

#: Fault: what is written in the tail or its queue, and instead.
FAULTS = {
    "it comes with the first result": (
        "wire row_and = (row == 1'b0) & (beat == 1'b1);",
        "wire row_and = (row == 1'b0) & (beat == 1'b0);",
    ),
    "it moves while its result stands": (
        "if (enable) begin\n            last_0 <= row_and;",
        "begin\n            last_0 <= row_and;",
    ),
    "the queue shows the other word": (
        ".read__addr(read_address_0)",
        ".read__addr(~read_address_0)",
    ),
}


def lasting(emitted, folder, core=None):
    [claim] = prove(emitted, folder, core=core, seconds=300, only=["last"]).claims
    return claim


@pytest.mark.often(2)
@pytest.mark.parametrize("name", ENGINES)
def test_it_ends_a_tile(name, build_folder):
    preset, options = ENGINES[name]
    claim = lasting(emit(design(preset, Options(**options))), build_folder)
    assert (claim.state, claim.method[:9]) == (PROVEN, "induction")


@pytest.fixture(scope="module")
def emitted():
    preset, options = ENGINES["queue"]
    return emit(design(preset, Options(**options)))


@pytest.mark.often(2)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_refuted(fault, emitted, build_folder):
    old, new = FAULTS[fault]
    assert emitted.verilog.count(old) == 1
    claim = lasting(emitted, build_folder, emitted.verilog.replace(old, new))
    assert claim.state == REFUTED
