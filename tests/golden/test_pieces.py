"""Large products are computed piece by piece, in little memory, with the same results."""

import tracemalloc

import numpy as np
import pytest
from drawing import quantized
from macsmith.golden import Arithmetic, Build, Engine, Operand, Plane, lookup, matmul, pieces

from macsmith import design

PRESETS = (
    "w4a8",
    "nvfp4",
    "gguf_q4_1",
    "gguf_q4_k",
    "deepseek_fp8",
    "bitmod4",
    "w4a16",
    "ifairy",
    "mxfp8_e5m2",
    "int4xe4m3",
    "matquant",
)


def drawn(engine, shapes, seed=0):
    rng = np.random.default_rng(seed)
    sides = engine.arithmetic.weight, engine.arithmetic.activation
    return [quantized(rng, side, shape=shape) for side, shape in zip(sides, shapes, strict=True)]


@pytest.mark.cases("all")
@pytest.mark.parametrize("name", PRESETS)
def test_pieces_are_what_the_whole_is(name, monkeypatch):
    engine = design(name)
    shapes = (260, 256), (7, 256)
    sides = drawn(engine, shapes)
    whole = matmul(engine, *sides)
    for elements, results, kept in ((256 * 70, 70 * 5, 256 * 4), (1 << 18, 1 << 9, 1)):
        monkeypatch.setattr(pieces, "ELEMENTS", elements)
        monkeypatch.setattr(pieces, "RESULTS", results)
        monkeypatch.setattr(pieces, "KEPT", kept)
        found = matmul(engine, *sides)
        assert found.format == whole.format and np.array_equal(found.values, whole.values)
        assert np.array_equal(found.flags.nan, whole.flags.nan)


@pytest.mark.parametrize("rule", ["overpacked", "overpacked_corrected"])
def test_products_that_share_a_multiplication_stay_together(rule, monkeypatch):
    int4 = Operand((Plane(lookup("int4")),))
    engine = Engine("x", (Arithmetic(int4, int4, product=rule),), Build())
    sides = drawn(engine, ((23, 40), (11, 40)))
    whole = matmul(engine, *sides)
    monkeypatch.setattr(pieces, "ELEMENTS", 1)
    monkeypatch.setattr(pieces, "RESULTS", 1)
    assert np.array_equal(matmul(engine, *sides).values, whole.values)


def test_initial_values_and_biases_go_with_their_pieces(monkeypatch):
    int8 = lookup("int8")
    plain = Operand((Plane(int8),))
    engine = Engine("x", (Arithmetic(plain, plain, initial=lookup("int32")),), Build())
    sides = drawn(engine, ((23, 40), (11, 40)))
    initial = np.random.default_rng(1).integers(-1000, 1000, (23, 11))
    monkeypatch.setattr(pieces, "ELEMENTS", 40 * 4)
    monkeypatch.setattr(pieces, "RESULTS", 12)
    w, a = (int8.decode(side.codes["code"]).astype(int) for side in sides)
    found = matmul(engine, *sides, initial=initial)
    assert np.array_equal(found.values, w @ a.T + initial)


@pytest.mark.parametrize("name", ["gguf_q4_1", "w4a8", "nvint4"])
def test_memory_is_bounded(name):
    """Groups of all results would take 59 MB an array, those of nvint4 118; codes take 2."""
    engine = design(name)
    sides = drawn(engine, ((4096, 576), (100, 576)))
    tracemalloc.start()
    try:
        matmul(engine, *sides)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50 << 20
