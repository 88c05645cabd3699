"""Blocks times small matrices, constant or of the moment, against Python's integers."""

import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.golden.streams import Beats
from macsmith.golden.units import BlockAffine
from scipy.linalg import hadamard

from macsmith import lookup


def signed(codes, bits):
    return [code - (1 << bits) if code >> bits - 1 else code for code in map(int, codes)]


def test_a_constant_matrix_is_its_product():
    rng = np.random.default_rng(0)
    matrix = rng.integers(-128, 128, (8, 8))
    unit = BlockAffine(name="a", points=8, matrix=tuple(matrix.ravel().tolist()))
    codes = rng.integers(0, 256, (3, 8)).astype(np.uint8)
    wanted = [[sum(int(c) * x for c, x in zip(row, signed(block, 8), strict=True))
               for row in matrix] for block in codes]  # fmt: skip
    assert unit.transform(codes).tolist() == wanted
    assert unit.result.lsb == -6


def test_of_hadamards_matrix_it_is_the_transform():
    unit = BlockAffine(name="a", points=32, matrix=tuple(hadamard(32).ravel().tolist()), fraction=0)
    codes = np.random.default_rng(1).integers(0, 256, (2, 32)).astype(np.uint8)
    values = np.array([signed(block, 8) for block in codes])
    assert (unit.transform(codes) == values @ hadamard(32)).all()
    assert unit.result.bits == 13


def test_rows_of_the_moment_come_with_their_beats():
    """Two blocks of two vectors, each with its matrix; of a third come rows, but not all points."""
    unit = BlockAffine(name="a", points=4, lanes=2, vectors=2, format=lookup("int4"),
                       entries=lookup("int6"))  # fmt: skip
    rng = np.random.default_rng(2)
    blocks = rng.integers(0, 16, (2, 2, 4)).astype(np.uint8)
    matrices = rng.integers(0, 64, (3, 4, 4)).astype(np.uint8)
    beats = [
        np.concatenate([v[2 * b : 2 * b + 2] for v in block]) for block in blocks for b in (0, 1)
    ]
    points = Beats((np.array([*beats, beats[0]]),), (None,), np.array([0, 1, 0, 0, 1], bool))
    rows = Beats((matrices.reshape(6, 8),), (None,), np.zeros(6, bool))
    found = unit.answer({"points": points, "matrix": rows})["result"]
    wanted = []
    for block, matrix in zip(blocks, matrices, strict=False):
        for beat in (0, 1):
            for vector in block:
                for row in matrix[2 * beat : 2 * beat + 2]:
                    pairs = zip(signed(row, 6), signed(vector, 4), strict=True)
                    wanted.append(sum(c * x for c, x in pairs))
    assert found.values[0].ravel().tolist() == wanted
    assert found.last.tolist() == [False, True, False, False]
    short = Beats((rows.values[0][:3],), (None,), rows.last[:3])
    assert len(unit.answer({"points": points, "matrix": short})["result"]) == 3


@pytest.mark.parametrize("matrix", [(), tuple(range(-8, 8))])
def test_bounds_are_reached(matrix):
    unit = BlockAffine(name="a", points=4, matrix=matrix, lanes=2)
    found = np.concatenate([unit.answer(trial)["result"].values[0] for trial in unit.bounds()])
    assert (found.min(), found.max()) == (unit.sums.low, unit.sums.high)
    assert unit.result.low <= unit.sums.low and unit.sums.high <= unit.result.high


@pytest.mark.parametrize(
    "given, message",
    [
        ({"points": 24}, "points must be a power of two, got 24"),
        ({"points": 128}, "points must be 2 to 64, got 128"),
        ({"lanes": 64}, "lanes must be 1 to 32, got 64"),
        ({"format": lookup("bf16")}, "format must be a signed integer of up to 16 bits, got bf16"),
        ({"entries": lookup("uint4")}, "entries must be a signed integer .* got uint4"),
        ({"matrix": (1, 2)}, "a matrix of 32 points has 1024 entries, got 2"),
        ({"points": 2, "lanes": 1, "matrix": (1, 2, 3, 200)}, "must be -128 to 127, got 200"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(given, message):
    with pytest.raises(DesignError, match=message):
        BlockAffine(name="a", **given)
