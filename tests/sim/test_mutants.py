"""Mutants: made, killed where another simulator tells them apart, proven to be no faults."""

from dataclasses import replace

import pytest
from macsmith.golden.errors import DesignError, Mismatch
from macsmith.hw.text.emit import emit
from macsmith.sim import mutants
from macsmith.sim.batch import run_batch
from macsmith.sim.harness import Part, harness
from macsmith.sim.mutants.graph import Graph
from macsmith.sim.mutants.made import WIDTH
from macsmith.sim.mutants.reached import never
from macsmith.tools import work, yosys

import macsmith
from macsmith import Build, Engine, raw

ENGINE = Engine("mutants", (raw("e3m1", "posit4_1"),), Build(1, 1, 2))
COUNT = 260


@pytest.fixture(scope="module")
def made():
    with work.folder("mutants") as folder:
        yield mutants.mutated(emit(ENGINE), COUNT, 1, folder)


@pytest.fixture(scope="module")
def trials(made):
    return harness(made.emitted.hardware).stimuli(20, 1)


def verilog(made, mutant):
    """The core with one change, as a netlist of its own."""
    name = f"one_{mutant.number}.v"
    commands = ["read_rtlil flat.il", mutant.command, f"write_verilog -norename -noattr {name}"]
    yosys.run(commands, made.folder, log="one.log")
    return (made.folder / name).read_text()


def test_mutants_are_killed_where_the_other_simulator_sees_a_wrong_result(made, trials):
    """Each mutant as a core of its own, compiled; nobody pauses, so both see the same."""
    trials = trials[:2]  # few enough that some mutants live
    found = mutants.killed(made, [Part(trials)])
    killed = [mutant.number in found for mutant in made.mutants]
    few = [made.mutants[killed.index(kind)] for kind in (True, False)] + list(made.mutants[:2])
    others = {
        mutant.number: bool(
            (ran := run_batch(made.emitted, trials, core=verilog(made, mutant))).report
            or ran.cycles != ran.expected_cycles
        )
        for mutant in few
    }
    assert {m.number: m.number in found for m in few} == others
    assert {True, False} == set(others.values())


def test_mutants_are_repeatable_and_of_one_clock(made, build_folder):
    again = mutants.mutated(emit(ENGINE), COUNT, 1, build_folder / "again")
    other = mutants.mutated(emit(ENGINE), COUNT, 2, build_folder / "other")
    assert again.mutants == made.mutants != other.mutants
    assert len(made.mutants) == COUNT
    assert not any(" -port CLK " in mutant.command for mutant in made.mutants)


@pytest.mark.parametrize("count", [0, 1 << WIDTH])
def test_how_many_there_can_be(count, build_folder):
    with pytest.raises(DesignError, match=rf"mutants are 1 to 16383, got {count}$"):
        mutants.mutated(emit(ENGINE), count, 1, build_folder)


def test_a_wrong_golden_answer_is_no_kill_but_a_mismatch(made, trials):
    answer = trials[0].answer
    broken = replace(trials[0], answer=replace(answer, values=answer.values + 1))
    with pytest.raises(Mismatch, match="mutants: a wrong result of the core itself"):
        mutants.killed(made, [Part([broken])])


def test_what_is_proven_no_fault_is_proven_on_the_whole_core_by_another_way(made):
    """By a miter of both cores and induction over their states, instead of cones of gates."""
    found = mutants.killed(made, mutants.sent_by_verify(made.emitted, 30, 1))
    left = [mutant for mutant in made.mutants if mutant.number not in found]
    proven = mutants.equivalent(made, left)
    assert proven
    for number in proven[:2]:
        change = made.mutants[number - 1].command.replace(f"-module {made.emitted.core}",
                                                          "-module gate")  # fmt: skip
        load = [line for name in ("gold", "gate") for line in
                ("read_rtlil flat.il", f"rename {made.emitted.core} {name}")]  # fmt: skip
        pairs = ["equiv_make gold gate equiv", "hierarchy -top equiv", "equiv_simple -seq 1"]
        script = [*load, change, "select -clear", *pairs, "equiv_induct", "equiv_status"]
        log = yosys.run(script, made.folder, log="whole.log")
        assert "Equivalence successfully proven!" in log


def test_a_fault_is_never_proven_to_be_none(made):
    """The same proof over a changed output bit."""
    inverted = next(m for m in made.mutants if "-mode inv" in m.command and "Q" in m.command)
    assert mutants.equivalent(made, [inverted]) == ()


def test_a_difference_in_states_that_are_never_reached_is_none():
    """A ring of three registers of which one holds 1: two of them never do."""
    graph = Graph()
    a, b, c = (graph.node("free", net, 0) for net in range(3))
    following = {a >> 1: (c, 1), b >> 1: (a, 0), c >> 1: (b, 0)}
    both = graph.both(a, b)
    assert never(graph, [(both, 0)], following)
    assert not never(graph, [(c, 0)], following)
    # With an input in the place of the third, both meet.
    anything = {a >> 1: (c, 1), b >> 1: (a, 0)}
    assert not never(graph, [(both, 0)], anything)


def test_units_have_mutants_too():
    emitted = emit(macsmith.design("dyadic"))
    found = mutants.mutation(emitted, 30, trials=20, bench=10)
    shown = found.to_dict()
    assert shown["mutants"] == 30 == shown["equivalent"] + found.faults
    assert shown["killed_by_verify"] == len(found.verify) >= 0.8 * found.faults
    assert len(shown["survivors"]) == len(found.survivors) <= 30
