"""Many copies of a design at once: each moves its own streams, and what goes wrong is seen."""

import numpy as np
import pytest
from macsmith.golden.errors import ToolFailed
from macsmith.golden.streams import Beats, Field, Stream
from macsmith.hw.text.emit import emit
from macsmith.sim.harness import harness
from macsmith.sim.sliced import FOUND, WORD, Sliced, gates
from macsmith.sim.sliced.gates import KINDS, _read
from macsmith.tools import work

import macsmith
from macsmith import Build, Engine, raw

ENGINE = Engine("sliced", (raw("int4", "int8"),), Build(2, 2, 2))
STALLS = [(0, False), (3, False), (3, True)]


def loaded(emitted, folder):
    (folder / "core.il").write_text(emitted.rtlil)
    load = ["read_rtlil core.il", f"hierarchy -check -top {emitted.core}", "proc", "flatten"]
    return gates(load, emitted.core, folder)


@pytest.fixture(scope="module")
def emitted():
    return emit(ENGINE)


@pytest.fixture(scope="module")
def netlist(emitted):
    with work.folder("sliced") as folder:
        return loaded(emitted, folder)


def sent(emitted, trials):
    tried = harness(emitted.hardware)
    return {stream.name: tried.sent(stream, trials) for stream in emitted.streams}


def ran(emitted, netlist, beats, seed=0, turns=False, *, words=1, live=None):
    machine = Sliced(emitted, netlist, words=words)
    alive = np.ones(machine.copies, bool) if live is None else live
    return machine.run(beats, alive, seed, turns=turns)


@pytest.mark.parametrize("words", [1, 8])
@pytest.mark.parametrize("stalls", STALLS, ids=str)
def test_every_copy_gives_the_golden_answers(emitted, netlist, stalls, words):
    trials = harness(emitted.hardware).stimuli(30, 1)
    judged = ran(emitted, netlist, sent(emitted, trials), *stalls, words=words)
    assert judged.wrong.tolist() == [0] * (WORD * words)
    assert len(set(judged.cycles.tolist())) == 1


def test_without_stalls_copies_run_at_full_rate(emitted, netlist):
    tried = harness(emitted.hardware)
    [part, *_] = tried.bulk(20, 1)
    judged = ran(emitted, netlist, sent(emitted, part.trials))
    assert set(judged.cycles.tolist()) == {tried.cycles(part.trials)}


@pytest.mark.parametrize("name", ["w4a8", "tflite"])
def test_engines_with_scales_and_units_are_simulated_too(name, build_folder):
    options = macsmith.Options(rows=1, cols=1, lanes=4) if name == "w4a8" else None
    emitted = emit(macsmith.design(name, options))
    trials = harness(emitted.hardware).stimuli(4, 1)
    netlist = loaded(emitted, build_folder)
    judged = ran(emitted, netlist, sent(emitted, trials), 5)
    assert judged.wrong.tolist() == [0] * WORD


@pytest.mark.parametrize("stalls", STALLS, ids=str)
def test_another_answer_is_a_wrong_result(emitted, netlist, stalls):
    beats = sent(emitted, harness(emitted.hardware).stimuli(8, 1))
    beats["result"].values[0][-1, 0] ^= 1
    judged = ran(emitted, netlist, beats, *stalls)
    assert {FOUND[wrong] for wrong in judged.wrong} == {"a wrong result"}


def test_a_result_less_is_one_too_many_and_one_more_is_missing(emitted, netlist):
    trials = harness(emitted.hardware).stimuli(8, 1)
    less, more = sent(emitted, trials), sent(emitted, trials)
    less["result"] = sent(emitted, trials[:-1])["result"]
    more["result"] = sent(emitted, [*trials, trials[0]])["result"]
    kinds = [{FOUND[wrong] for wrong in ran(emitted, netlist, one).wrong} for one in (less, more)]
    assert kinds == [{"a result too many"}, {"results missing"}]


def test_copies_that_do_not_live_are_not_judged(emitted, netlist):
    beats = sent(emitted, harness(emitted.hardware).stimuli(8, 1))
    beats["result"].values[0][0, 0] ^= 1
    live = np.arange(WORD) % 3 == 0
    assert (ran(emitted, netlist, beats, live=live).wrong != 0).tolist() == live.tolist()


PORTS = {
    "clk": {"direction": "input", "bits": [5]},
    "rst": {"direction": "input", "bits": [6]},
    "a__valid": {"direction": "input", "bits": [7]},
    "a__ready": {"direction": "output", "bits": [8]},
    "y__valid": {"direction": "output", "bits": [7]},
    "y__ready": {"direction": "input", "bits": [8]},
}


def module(cells, ports=None):
    connected = {
        str(n): {"type": kind, "connections": {p: [b] for p, b in pins.items()}}
        for n, (kind, pins) in enumerate(cells)
    }
    return {"cells": connected, "ports": ports or {}, "netnames": {}}


def test_cells_that_are_no_gates_are_named():
    with pytest.raises(ToolFailed, match=r"cells that are no gates .*: \$_ALDFF_PP_, foo"):
        _read(module([("foo", {"Y": 3}), ("$_ALDFF_PP_", {"Y": 4})]))


def test_a_loop_is_refused():
    with pytest.raises(ToolFailed, match="combinational loop"):
        _read(module([("$_NOT_", {"A": 3, "Y": 4}), ("$_NOT_", {"A": 4, "Y": 3})]))


def test_every_kind_of_gate_is_evaluated_as_its_name_says(emitted, build_folder):
    """A pipeline of one gate of each kind against Python's operators, over all inputs."""
    rules = {
        "$_AND_": lambda a, b, s: a & b,
        "$_OR_": lambda a, b, s: a | b,
        "$_XOR_": lambda a, b, s: a ^ b,
        "$_NOT_": lambda a, b, s: 1 - a,
        "$_MUX_": lambda a, b, s: b if s else a,
        "$_BUF_": lambda a, b, s: a,
        "$_XNOR_": lambda a, b, s: 1 - (a ^ b),
        "$_NAND_": lambda a, b, s: 1 - (a & b),
        "$_NOR_": lambda a, b, s: 1 - (a | b),
        "$_ANDNOT_": lambda a, b, s: a & (1 - b),
        "$_ORNOT_": lambda a, b, s: a | (1 - b),
    }
    assert set(rules) == set(KINDS)
    names = {"A": 10, "B": 11, "S": 12}
    cells = [
        (kind, {**{pin: names[pin] for pin in pins}, "Y": 20 + place})
        for place, (kind, pins) in enumerate(KINDS.items())
    ]
    ports = {
        **PORTS,
        "a__payload": {"direction": "input", "bits": [10, 11, 12]},
        "y__payload": {"direction": "output", "bits": [20 + n for n in range(len(KINDS))]},
    }
    netlist = _read(module(cells, ports))
    machine = Sliced(_Plain(len(KINDS)), netlist, words=1)
    inputs = np.arange(8)
    answers = [
        sum(rules[kind](n & 1, n >> 1 & 1, n >> 2) << place for place, kind in enumerate(KINDS))
        for n in inputs.tolist()
    ]
    beats = {"a": _beats(inputs), "y": _beats(np.asarray(answers))}
    assert machine.run(beats, np.ones(WORD, bool)).wrong.tolist() == [0] * WORD
    beats["y"].values[0][5, 0] ^= 1 << 3
    assert machine.run(beats, np.ones(WORD, bool)).wrong.tolist() == [1] * WORD


@pytest.mark.parametrize("turns", [False, True])
def test_a_result_that_changes_while_it_waits_is_seen(turns):
    """A result that is inverted in every other cycle; in turns, the sink waits first."""
    cells = [("$_NOT_", {"A": 30, "Y": 31}), ("$_XOR_", {"A": 30, "B": 10, "Y": 20})]
    ports = {**PORTS, "a__payload": {"direction": "input", "bits": [10, 11, 12]}}
    ports["y__payload"] = {"direction": "output", "bits": [20]}
    flop = {"type": "$_DFF_P_", "connections": {"C": [5], "D": [31], "Q": [30]}}
    design = module(cells, ports)
    design["cells"]["toggle"] = flop
    machine = Sliced(_Plain(1), _read(design), words=1)
    beats = {"a": _beats(np.zeros(8, int)), "y": _beats(np.arange(8) % 2)}
    wrong = machine.run(beats, np.ones(WORD, bool), 3 * turns, turns=turns).wrong
    assert {FOUND[what] for what in wrong} == {
        "a result that changed while it waited" if turns else ""
    }


def _beats(values):
    return Beats((np.asarray(values).reshape(-1, 1),), (None,), np.ones(len(values), bool))


class _Plain:
    """Hardware of two streams: what :class:`Sliced` asks of one."""

    def __init__(self, width):
        self.hardware = self
        fields = [Field(name, "codes", None, name, 1, 1, bits) for name, bits in
                  (("a", 3), ("y", width))]  # fmt: skip
        self.sources = (Stream("a", False, "step", (fields[0],)),)
        self.results = (Stream("y", True, "result", (fields[1],)),)
        self.drain = self.hold = 4
