"""Each port stops, and a reset comes, in each phase of the work."""

import numpy as np
import pytest
from macsmith.golden.errors import Mismatch
from macsmith.hw.text.emit import emit
from macsmith.sim.phases import Phases
from macsmith.sim.streams import Simulator, Stop
from stream_faults import FAULTS, planted

from macsmith import Options, design

SHAPE = {"rows": 2, "cols": 2, "lanes": 4}

ENGINES = {
    "broadcast": ("int4xint4", {}),
    "systolic": ("int4xint4", {"flow": "systolic_os"}),
    "stationary": ("int8xint8", {"flow": "weight_stationary", "policy": "dsp"}),
    "serial": ("int4xint4", {"datapath": "bit_serial"}),
    "scaled": ("w4a8", {}),
    "partial sums": ("mxfp4", {"partials": 4}),
}
UNITS = ("hadamard", "requantize_e4m3", "dequantize_int4", "quantize_mxfp4")


def of(name):
    if name in UNITS:
        return design(name)
    preset, options = ENGINES[name]
    return design(preset, Options(**(SHAPE | options)))


@pytest.mark.often(3)
@pytest.mark.parametrize("name", [*ENGINES, *UNITS])
def test_designs_are_right_whenever_they_are_stopped_or_reset(name):
    found = Phases(Simulator(emit(of(name))), seed=1).run()
    assert not found.missing
    drain = emit(of(name)).hardware.drain
    assert f"reset after {drain} cycles" in [bin for part, bin in found.declared]


@pytest.fixture(scope="module")
def emitted():
    return emit(of("broadcast"))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault, emitted):
    with pytest.raises(Mismatch):
        Phases(Simulator(emitted, core=planted(emitted, fault)), seed=1).run()


@pytest.mark.parametrize("register", ["taken_1 <= 1'b0", "taken_4 <= 1'b0"])
def test_a_register_that_no_reset_clears_is_found(register, emitted):
    core = emitted.verilog
    assert core.count(f"{register};") == 1
    with pytest.raises(Mismatch, match="reset after"):
        Phases(Simulator(emitted, core=core.replace(f"{register};", ";")), seed=1).run()


def test_a_stop_ends_when_all_holds_still(emitted):
    machine = Simulator(emitted)
    phases = Phases(machine, seed=1)
    wanted = len(phases.beats["result"])
    run = machine.run(phases.beats, wanted, stop=Stop(beats={"weight": 3}))
    assert run.held["weight"] == 3 and len(run.last) == wanted
    late = machine.run(phases.beats, wanted)
    assert late.held is None and np.array_equal(late.words[0], run.words[0])
    assert run.cycles > late.cycles + emitted.hardware.hold


def test_a_stop_that_holds_nothing_up_does_not_count(emitted):
    machine = Simulator(emitted)
    phases = Phases(machine, seed=1)
    sent = len(phases.beats["weight"])
    run = machine.run(phases.beats, len(phases.beats["result"]), stop=Stop(beats={"weight": sent}))
    assert run.held is None
