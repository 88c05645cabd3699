"""Longest paths: each component of a weight on its own."""

import random

import pytest
from macsmith.boards.paths import ZERO, Graph, after, longer

L, R = (1, 0, 0, 0), (0, 1, 0, 0)


def test_weights_add_and_maximize_by_component():
    assert after((1, 2, 3, 4), (1, 0, 1, 0)) == (2, 2, 4, 4)
    assert longer((1, 2, 3, 4), (4, 3, 2, 1)) == (4, 3, 3, 4)


def test_components_are_maxima_of_different_paths():
    graph = Graph()
    for source, sink, weight in ((1, 2, L), (2, 4, L), (1, 3, R), (3, 4, R)):
        graph.arc(source, sink, weight)
    through = graph.solve({("i", 0): 1}, {("o", 0): 4})[2]
    assert through == {(("i", 0), ("o", 0)): (2, 2, 0, 0)}


def test_constants_carry_no_path():
    graph = Graph()
    graph.arc("1", 2, L)
    graph.arc(2, "x", L)
    graph.start("0", L)
    graph.end("0", L)
    assert graph.solve({}, {("o", 0): 2, ("p", 0): "0"}) == ({}, {}, {}, ZERO)


def test_a_loop_is_named_by_a_net_on_it():
    graph = Graph()
    for source, sink in ((1, 2), (2, ("cell", 0)), (("cell", 0), 3), (3, 2), (3, 4), (4, 5)):
        graph.arc(source, sink, L)
    with pytest.raises(ValueError) as error:
        graph.solve({}, {})
    assert error.value.args[0] in (2, 3)


def test_against_every_path_on_random_graphs():
    rng = random.Random(3)
    for _ in range(60):
        graph, arcs = Graph(), {}
        for sink in range(1, 9):
            for source in rng.sample(range(sink), min(sink, 2)):
                weight = (rng.randrange(3), rng.randrange(3), 0, 0)
                graph.arc(source, sink, weight)
                arcs.setdefault(source, []).append((sink, weight))

        def every(node, so_far, arcs=arcs):
            yield node, so_far
            for sink, weight in arcs.get(node, ()):
                yield from every(sink, after(so_far, weight))

        best = ZERO
        for node, weight in every(0, ZERO):
            if node == 8:
                best = longer(best, weight)
        found = graph.solve({("i", 0): 0}, {("o", 0): 8})[2]
        assert found.get((("i", 0), ("o", 0)), ZERO) == best
