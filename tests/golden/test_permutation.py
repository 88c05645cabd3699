"""Input channels in another order: the same product, the same bytes as packing it so."""

import numpy as np
import pytest
from macsmith.golden import storage
from macsmith.golden.description import ROW, Level, Operand, Plane, group
from macsmith.golden.errors import DesignError
from macsmith.golden.permutation import inverse, permuted
from macsmith.golden.quantize import quantize

from macsmith import design, lookup, matmul

INT4, FP16 = lookup("int4"), lookup("fp16")


def matrix(span, columns=64, seed=0):
    w = np.random.default_rng(seed).normal(size=(8, columns))
    return quantize(w, Operand((Plane(INT4, (Level(FP16, span),)),)))


def test_a_product_is_that_of_the_order_before():
    engine = design("w4a8")
    rng = np.random.default_rng(1)
    w = quantize(rng.normal(size=(8, 256)), engine.arithmetic.weight)
    x = quantize(rng.normal(size=(3, 256)), engine.arithmetic.activation)
    # Groups of 128 change places, and inputs within each.
    order = np.concatenate([128 + rng.permutation(128), rng.permutation(128)])
    plain, turned = matmul(engine, w, x), matmul(engine, permuted(w, order), permuted(x, order))
    moved = permuted(w, order).dequantize() @ permuted(x, order).dequantize().T
    assert np.allclose(moved, w.dequantize() @ x.dequantize().T, rtol=1e-12)
    # Group sums are exact; FP32 adds two of them, in either order.
    assert (plain.values == turned.values).all()


@pytest.mark.parametrize("span", [ROW, group(16)])
def test_values_move_with_their_inputs(span):
    w, rng = matrix(span), np.random.default_rng(2)
    order = rng.permutation(64)
    if span != ROW:
        order = (16 * rng.permutation(4)[:, None] + rng.permutation(16)).ravel()
    found = permuted(w, order)
    assert (found.dequantize() == w.dequantize()[:, order]).all()
    back = permuted(found, inverse(order))
    assert (back.dequantize() == w.dequantize()).all()


def test_bytes_are_those_of_the_matrix_in_that_order():
    operand = storage.lookup("q4_0").operand
    w = quantize(np.random.default_rng(3).normal(size=(4, 96)), operand)
    order = np.concatenate([np.arange(64, 96)[::-1], np.arange(64)])
    data = storage.pack("q4_0", w, order)
    assert data == storage.pack("q4_0", permuted(w, order)) != storage.pack("q4_0", w)
    read = storage.unpack("q4_0", data, (4, 96))
    assert (permuted(read, inverse(order)).dequantize() == w.dequantize()).all()
    # Blocks of 18 bytes: the third of a row is the first one now, its nibbles the other way round.
    whole = np.frombuffer(storage.pack("q4_0", w), np.uint8).reshape(4, 3, 18)
    turned = np.frombuffer(data, np.uint8).reshape(4, 3, 18)
    assert (turned[:, 1:] == whole[:, :2]).all() and (turned[:, 0, :2] == whole[:, 2, :2]).all()
    low, high = whole[:, 2, 2:] & 15, whole[:, 2, 2:] >> 4
    assert (turned[:, 0, 2:] == (high[:, ::-1] | low[:, ::-1] << 4)).all()


@pytest.mark.parametrize(
    "order, message",
    [
        (np.arange(63), "a number for each of 64 inputs"),
        ([0, 0, *range(2, 64)], "every input once, it holds 0 2 times"),
        ([*range(1, 64), 64], "order must lie in 0…63, got 64"),
        (np.roll(np.arange(64), 8), "scale has groups of 16, and group 0 .* 56 and 0; quantize"),
    ],
)
def test_orders_that_cannot_be_are_refused_in_a_line(order, message):
    with pytest.raises(DesignError, match=message):
        permuted(matrix(group(16)), order)


def test_a_last_group_of_fewer_inputs_stays():
    w = matrix(group(16), columns=40)
    assert permuted(w, [*range(16, 32), *range(16), *range(32, 40)]).shape == (8, 40)
    order = [*range(32, 40), *range(32)]
    with pytest.raises(DesignError, match="order must"):
        permuted(w, order)


def test_windows_of_sparse_matrices_stay():
    engine = design("nm_sparse")
    w = quantize(np.random.default_rng(4).normal(size=(4, 32)), engine.arithmetic.weight)
    with pytest.raises(DesignError, match="keep their windows: permute the matrix before"):
        permuted(w, np.arange(32))
