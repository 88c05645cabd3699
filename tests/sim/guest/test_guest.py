"""A user's RTL in our benches: what is right passes, what is wrong is shown with its operands."""

import re

import pytest
from guest_modules import MODULES, RTL, candidate
from macsmith.golden.errors import DesignError, Mismatch
from macsmith.sim.guest.verify import alone, compiled, stalled
from macsmith.sim.harness import harness
from macsmith.sim.streams import Simulator

#: What is wrong in a module, as (old text, new text), and what the message must say.
FAULTS = {
    "a lane without its sign": (
        "valid and ready",
        ("32'(signed'(a[8*i+:8]))", "32'(i == 2 ? a[8*i+:8] : signed'(a[8*i+:8]))"),
        r"expected 0x[0-9a-f]+ = (-?\d+)\n  received 0x[0-9a-f]+ = (-?\d+)\n  weight     code: "
        r"[0-9a-f]{2} \(-?\d+\)",
    ),
    "a sum that is not cleared": ("valid and ready", ("in_last ? 0 : sum", "sum"), "received"),
    "a result that is overwritten": (
        "valid and ready", ("!out_valid || out_ready", "1'b1"), "stops|stalls|tile|refused",
    ),
    "a valid that does not stand": (
        "valid and ready",
        ("end else if (in_ready) begin", "end else if (!in_ready) out_valid <= 0; else begin"),
        "tile|changed",
    ),
    "a register that no reset clears": (
        "valid and ready", ("acc <= 0;\n", "\n"), "reset after \\d+ cycles: tile 0",
    ),
    "the top bit of a sum": ("valid and ready", ("y <= sum", "y <= sum & 32'hff_ffff"), "= -"),
    "sums in pauses": ("valid only", ("if (v) acc", "acc"), "in bulk: "),
    "a mark too late": ("valid only", ("(f ? 32'sd0 : acc)", "(l ? 32'sd0 : acc)"), "received"),
    "a register that ce does not hold": (
        "an enable", ("y <= acc;\n    end", "end\n    always @(posedge clk) y <= acc;"), "in bulk",
    ),
    "a sum one bit too short": ("neither", ("signed [16:0] s", "signed [15:0] s"), "received"),
    "a product of subnormals": (
        "no register",
        ("{4'd0, code[0]}", "5'd0"),
        r"expected \S+ = -?\d+ × 2\^-2\n.*\n  weight     code: [0-9a-f] \(\S+\)\n"
        r"  activation code: [0-9a-f] \(\S+\)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_modules_of_each_handshake_are_right(tmp_path, name):
    made = candidate(MODULES[name], tmp_path)
    met = compiled(made, Simulator(made.emitted), count=10)
    assert met.phases.share == 1.0
    clears = met.cycles - met.steps if name == "a cycle that clears" else 3
    assert 0 <= met.cycles - met.steps <= max(3, clears)


@pytest.mark.slow
def test_all_of_them_under_stalls_with_registers_that_begin_at_random(tmp_path):
    made, trials = [], []
    for number, module in enumerate(MODULES.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        made.append(candidate(module, folder))
        trials.append(harness(made[-1].guest).stimuli(10, 1))
        alone(made[-1], Simulator(made[-1].emitted), trials[-1])
    stalled(made, trials, 1)


@pytest.mark.slow
def test_results_must_not_depend_on_what_registers_begin_with(tmp_path):
    """Compiled simulation begins at 0, as many FPGAs do."""
    change = ("if (v) acc <= (f ? 28'sd0 : acc) + p;",
              "if (v) acc <= (f ? 28'sd0 : acc) + p + never; never <= never;")  # fmt: skip
    module = MODULES["an enable"]
    folder = tmp_path / "a"
    folder.mkdir()
    text = (RTL / module.file).read_text(encoding="utf-8")
    assert change[0] in text
    declared = text.replace("reg v, f;", "reg v, f; reg signed [3:0] never;", 1).replace(*change)
    made = candidate(module, folder, (text, declared))
    machine = Simulator(made.emitted)
    compiled(made, machine, count=5)
    with pytest.raises(Mismatch, match="right where registers begin at 0"):
        stalled([made], [harness(made.guest).stimuli(5, 1)], 1)


@pytest.mark.cases(2)
@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_found(tmp_path, name):
    module, change, said = FAULTS[name]
    made = candidate(MODULES[module], tmp_path, change)
    with pytest.raises(Mismatch) as caught:
        compiled(made, Simulator(made.emitted), count=10)
    assert re.search(said, str(caught.value)), str(caught.value)


@pytest.mark.parametrize(
    "said, latency, right",
    [("latency is 2, but results come after 3 cycles: say latency = 3", 2, 3),
     ("latency is 5, but results come after 3 cycles: say latency = 3", 5, 3)],
)  # fmt: skip
def test_another_latency_than_the_map_says(tmp_path, said, latency, right):
    made = candidate(MODULES["neither"], tmp_path,
                     ports=[(f"latency = {right}", f"latency = {latency}")])  # fmt: skip
    with pytest.raises(DesignError, match=f"ports.toml:4: {said}"):
        compiled(made, Simulator(made.emitted), count=5)


def test_a_latency_that_is_not_fixed(tmp_path):
    ports = [('top = "bare"', 'top = "wandering"'), ("latency = 3", "latency = 1"),
             ("[output]", '[input]\nvalid = "valid"\n[output]')]  # fmt: skip
    made = candidate(MODULES["neither"], tmp_path, ports=ports)
    with pytest.raises(DesignError, match="the latency is not fixed: one result comes after 1 "
                       "cycles, one after 2; give the results a valid"):  # fmt: skip
        compiled(made, Simulator(made.emitted), count=5)


def test_results_that_come_later_than_said(tmp_path):
    """A queue of results has room for what may be inside."""
    made = candidate(MODULES["valid only"], tmp_path, ports=[("within = 6", "within = 1")])
    with pytest.raises(DesignError, match=r"ports.toml:\d+: .* say within = \d+"):
        compiled(made, Simulator(made.emitted), count=5)
