"""Where results stand: sums over registers, and values that never meet, found in small graphs."""

from macsmith.sim.proof import places
from macsmith.sim.proof.aiger import Aiger
from macsmith.sim.proof.names import modules, named


class Graph:
    """An and-inverter graph as it is built; literals as in AIGER."""

    def __init__(self, inputs, latches):
        self.inputs, self.gates = [2 * (n + 1) for n in range(inputs)], []
        self.latches = [2 * (inputs + n + 1) for n in range(latches)]

    def both(self, a, b):
        self.gates.append((a, b))
        return 2 * (len(self.inputs) + len(self.latches) + len(self.gates))

    def either(self, a, b):
        return self.both(a ^ 1, b ^ 1) ^ 1

    def differ(self, a, b):
        return self.either(self.both(a, b ^ 1), self.both(a ^ 1, b))

    def done(self, following):
        return Aiger(len(self.inputs), tuple(following), tuple(self.gates), ())


def counted():
    """Two stages that a result passes, and a count of three bits of what is in them."""
    made = Graph(1, 5)
    [take], (first, second, *count) = made.inputs, made.latches
    up, down = made.both(take, second ^ 1), made.both(take ^ 1, second)
    following = []
    for bit in count:
        following.append(made.differ(bit, made.either(up, down)))
        up, down = made.both(up, bit), made.both(down, bit ^ 1)
    return made.done([take, first, *following])


HOMES = {0: "core.stages", 1: "core.stages"}


def test_what_is_on_its_way_is_a_sum_over_stages():
    found = places.places(counted(), [2, 3, 4], HOMES, [], {})
    assert found == {(0,): 1, (1,): 1}


def test_what_the_plan_tells_is_kept_if_it_is_right():
    for sure in ({0: 1}, {0: 1, 1: 1}, {0: 2}):
        assert places.places(counted(), [2, 3, 4], HOMES, [], sure) == {(0,): 1, (1,): 1}


def test_no_sum_over_too_few_registers_is_found():
    assert places.places(counted(), [2, 3, 4], {0: "core.stages"}, [], {}) is None


def test_pairs_are_of_one_module_first():
    homes = {0: "core.a", 1: "core.a", 2: "core", 3: "core.a.b", 4: "core.c"}
    pairs = [[place for place in found if len(place) == 2] for found in places._nearer(homes)]
    assert pairs[0] == [(0, 1)]
    assert set(pairs[1]) - set(pairs[0]) == {(0, 2), (1, 2), (2, 3), (2, 4)}
    assert set(pairs[2]) - set(pairs[1]) == {(0, 3), (1, 3)}
    assert len(pairs[3]) == 10


def test_three_values_that_never_meet_are_found_in_a_small_module(monkeypatch):
    made = Graph(2, 3)
    left, right = made.inputs
    graph = made.done([left, right, made.either(left, right)])
    pairs = {((0, True), (2, False)), ((1, True), (2, False))}
    whole = pairs | {((0, False), (1, False), (2, True))}
    assert set(places.exclusions(graph, [0, 1, 2], [], [], [])) == whole
    monkeypatch.setattr(places, "NARROW", 0)
    assert set(places.exclusions(graph, [0, 1, 2], [], [], [])) == pairs
    assert set(places.exclusions(graph, [0, 1, 2], [], [], [[0, 1, 2]])) == whole


def test_names_tell_of_registers_that_begin_at_1(tmp_path):
    lines = ["latch 0 0 core.queue.there", "latch 0 0 result_valid", "invlatch 1 0 core.queue.room"]
    lines += ["input 2 0 rst", "wire 9 0 core.enable", "wire 10 0 $auto$1"]
    (tmp_path / "a.map").write_text("\n".join(lines), encoding="utf-8")
    found = named(tmp_path / "a.map")
    assert found.flipped == {1} and found.inputs == {2: "rst"} and found.wires == {8: "core.enable"}
    assert modules(found.latches) == [[0], [0, 1]]
