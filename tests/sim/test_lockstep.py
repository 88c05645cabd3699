"""Hundreds of copies with rows of their own: every result is golden, and faults are seen."""

from dataclasses import replace

import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.golden.matrices import Matrices
from macsmith.hw.text.emit import emit
from macsmith.sim.matmul import engine_matmul
from macsmith.sim.sliced import WORD, Apart
from macsmith.sim.sliced.gates import KINDS
from macsmith.sim.sliced.lockstep import Lockstep, netlist

import macsmith
from macsmith import Options, library, matmul, quantize

K = 64


def matrices(engine, rng, rows, vectors, k=K):
    """A weight and an activation of these sizes."""
    arithmetic, turn = engine.arithmetic, 1 + 1j if engine.arithmetic.outputs == 2 else 1
    return (
        quantize(rng.normal(size=(rows, k)) * turn, arithmetic.weight),
        quantize(rng.normal(size=(vectors, k)) * turn, arithmetic.activation),
    )


def same(found, wanted):
    assert np.array_equal(found.values, wanted.values)
    for name in ("nan", "positive", "negative"):
        assert np.array_equal(getattr(found.flags, name), getattr(wanted.flags, name))


#: What comes with results, scales and sums of every kind; rows, columns, lanes.
ENGINES = {
    "int8xint8": (2, 2, 2),
    "w4a8": (2, 1, 4),
    "e5m2xe5m2": (1, 2, 2),
    "mxfp4": (4, 2, 4),
    "posit8_0": (1, 1, 4),
    "ifairy": (1, 1, 4),
    "nm_sparse": (1, 1, 4),
}


@pytest.mark.cases(2)
@pytest.mark.often(4)
@pytest.mark.parametrize("name", ENGINES)
def test_every_copy_gives_its_rows_results(name):
    """More blocks of rows than copies, the last not whole, and so the last vectors."""
    rows, cols, lanes = ENGINES[name]
    engine = macsmith.design(name, Options(rows=rows, cols=cols, lanes=lanes))
    rng = np.random.default_rng(1)
    machine = Lockstep(emit(engine), words=1, threads=2)
    weight, activation = matrices(engine, rng, (2 * WORD + 5) * rows - 1, 2 * cols + 1)
    found = engine_matmul(engine, weight, activation, simulator=machine)
    same(found, matmul(engine, weight, activation))


@pytest.fixture(scope="module")
def plain():
    return macsmith.design("int4xint8", Options(rows=2, cols=1, lanes=2))


def test_k_that_fills_no_step_and_initial_values(plain):
    engine = replace(
        plain, modes=(replace(plain.arithmetic, initial=macsmith.lookup("int8"), k_max=98),)
    )
    rng = np.random.default_rng(2)
    weight, activation = matrices(engine, rng, 9, 3, 7)
    start = rng.integers(-128, 128, (9, 3))
    machine = Lockstep(emit(engine), words=1)
    found = engine_matmul(engine, weight, activation, start, simulator=machine)
    same(found, matmul(engine, weight, activation, initial=start))


def test_a_wrong_gate_is_a_wrong_result(plain):
    emitted = emit(plain)
    gates = netlist(emitted)
    kinds = list(KINDS)
    exclusive = kinds.index("$_XOR_")
    place = int(np.flatnonzero(gates.runs[:, 0] == exclusive)[0])
    runs = gates.runs.copy()
    runs[place, 0] = kinds.index("$_OR_")
    machine = Lockstep(emitted, words=1, core=replace(gates, runs=runs))
    weight, activation = matrices(plain, np.random.default_rng(3), 300, 2)
    found = engine_matmul(plain, weight, activation, simulator=machine)
    assert not np.array_equal(found.values, matmul(plain, weight, activation).values)


def test_engines_whose_pace_depends_on_data_move_apart():
    """They are simulated by the other simulator then."""
    options = Options(rows=1, cols=1, lanes=2, datapath="bit_serial", digits="nonzero")
    try:
        engine = macsmith.design("int8xint8", options)
        emitted = emit(engine)
    except DesignError:
        pytest.fail("an engine that skips zero digits is wanted here")
    weight, activation = matrices(engine, np.random.default_rng(4), 200, 1)
    with pytest.raises(Apart):
        engine_matmul(engine, weight, activation, simulator=Lockstep(emitted, words=1))


def test_weights_that_stay_are_refused(plain):
    engine = macsmith.design(
        "int8xint8", Options(flow="weight_stationary", policy="dsp", rows=2, cols=2, lanes=2)
    )
    with pytest.raises(DesignError, match="weights that stay"):
        Lockstep(emit(engine))


def test_the_library_takes_it_for_large_products(plain, monkeypatch):
    taken = []
    real = library.engine_matmul

    def watched(*given, simulator, **more):
        taken.append(type(simulator).__name__)
        return real(*given, simulator=simulator, **more)

    monkeypatch.setattr(library, "engine_matmul", watched)
    monkeypatch.setattr(library, "MANY", 40 * K)
    rng = np.random.default_rng(5)
    for rows in (39, 40):
        weight, activation = matrices(plain, rng, rows, 1)
        same(macsmith.simulate(plain, weight, activation), matmul(plain, weight, activation))
    assert taken == ["Simulator", "Lockstep"]


def test_matrices_are_left_as_they_are(plain):
    weight, activation = matrices(plain, np.random.default_rng(6), 5, 1)
    given = Matrices(weight=weight, activation=activation)
    before = weight.codes["code"].copy()
    list(Lockstep(emit(plain), words=1).results(given))
    assert np.array_equal(before, weight.codes["code"])
