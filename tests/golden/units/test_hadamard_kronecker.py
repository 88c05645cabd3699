"""Transforms of 12, 20 and 28 times a power of two points, and random signs in front of them."""

from fractions import Fraction
from math import isqrt

import numpy as np
import pytest
from macsmith.golden.units import Hadamard
from macsmith.golden.units.hadamard_matrices import random_signs, small
from scipy.linalg import hadamard

from macsmith import lookup

BF16 = lookup("bf16")

#: QuaRot's ``get_had12``, ``get_had20`` and ``get_had28``: rows in hex, a one for each -1.
QUAROT = {
    12: "7ff 2e2 171 4b8 25c 12e 097 44b 625 712 389 5c4",
    20: "7ffff 27a86 13d43 49ea1 64f50 327a8 193d4 0c9ea 064f5 4327a 2193d 50c9e 2864f 54327 6a193 "
    "750c9 7a864 3d432 1ea19 4f50c",
    28: "0002000 13c94f2 09e4a79 44f153c 2278a9e 113c54f 489d2a7 644d953 7225ca9 7911e54 3c88f2a "
    "1e44795 4f213ca 27909e5 8003fff 53cbb0d 29e7d86 54f2ec3 2a7b761 153fbb0 4a9edd8 654e6ec "
    "72a6376 79521bb 3cab0dd 1e5786e 4f2ac37 279761b",
}


def quarot(order):
    rows = [f"{int(row, 16):0{order}b}" for row in QUAROT[order].split()]
    return np.array([[-1 if bit == "1" else 1 for bit in row] for row in rows])


@pytest.mark.parametrize("order", [12, 20, 28])
def test_small_matrices_are_quarots_and_orthogonal(order):
    found = small(order)
    assert (found == quarot(order)).all()
    assert (found @ found.T == order * np.eye(order)).all()


@pytest.mark.parametrize("points", [20, 24, 48, 112, 160, 768, 1024])
@pytest.mark.parametrize("signs", [None, 7])
def test_integers_are_the_kronecker_product(points, signs):
    order = {3: 12, 5: 20, 7: 28}.get(points // (points & -points), 1)
    unit = Hadamard(name="h", points=points, lanes=1, signs=signs, format=lookup("int4"))
    h = np.kron(quarot(order) if order > 1 else np.eye(1, dtype=int), hadamard(points // order))
    codes = np.random.default_rng(points).integers(0, 16, (3, points)).astype(np.uint8)
    values = np.where(codes > 7, codes.astype(int) - 16, codes)
    flips = random_signs(signs, points) if signs else 1
    assert (unit.transform(codes) == (values * flips) @ h.T).all()


@pytest.mark.parametrize("points, signs", [(48, None), (20, 3), (56, 1), (64, 5), (64, None)])
def test_bounds_are_those_of_the_rows_and_the_result_just_holds_them(points, signs):
    unit = Hadamard(name="h", points=points, signs=signs, lanes=1, format=lookup("int3"))
    found = np.concatenate([unit.answer(trial)["result"].values[0] for trial in unit.bounds()])
    rows = unit.rows(np.arange(points))
    high = (np.where(rows > 0, 3, -4) * rows).sum(axis=1).max()
    low = (np.where(rows > 0, -4, 3) * rows).sum(axis=1).min()
    assert (found.max(), found.min()) == (high, low)
    assert unit.result.low <= low and high <= unit.result.high
    if points == 64 and signs is None:
        assert unit.result.low // 2 > low or high > unit.result.high // 2, "a bit less would do"


def test_signs_that_leave_a_row_without_a_one_take_a_bit():
    """Seeds whose 16 signs are the negative of a row are found by trying."""
    rows = {tuple(row) for row in (-hadamard(16)).tolist()}
    seed = next(s for s in range(1 << 16) if tuple(random_signs(s, 16).tolist()) in rows)
    wide, usual = (Hadamard(name="h", points=16, signs=s) for s in (seed, 1))
    assert (wide.result.bits, usual.result.bits) == (13, 12)
    assert max(t["result"].values[0].max() for t in map(wide.answer, wide.bounds())) == 2048


def test_floats_are_summed_in_a_tree_of_neighbours():
    """Butterflies, then for each row ((x0 ± x1) ± (x2 ± x3)) ..., in NumPy's float32."""
    unit = Hadamard(name="h", points=24, lanes=2, format=lookup("fp32"), signs=11)
    x = np.random.default_rng(1).normal(size=24).astype(np.float32)
    turned = (x * random_signs(11, 24).astype(np.float32)).reshape(12, 2)
    pairs = np.stack([turned[:, 0] + turned[:, 1], turned[:, 0] - turned[:, 1]], axis=1)
    wanted = []
    for row in quarot(12).astype(np.float32):
        t = pairs * row[:, None]
        two = t[0::2] + t[1::2]
        four = two[0::2] + two[1::2]
        wanted.append((four[0] + four[1]) + four[2])
    found = unit.transform(x.view(np.uint32)).astype(np.uint32)
    assert (found == np.array(wanted).reshape(-1).view(np.uint32)).all()


@pytest.mark.parametrize("points", [20, 48, 448])
def test_the_factor_is_the_nearest_to_the_root(points):
    """In FP32: no other is nearer to 1 / sqrt(points), compared as squares."""
    unit = Hadamard(name="h", points=points, lanes=1, format=BF16, normalize="multiplied")
    code = np.uint32(unit.factor)
    near, below, above = (
        Fraction(float(np.uint32(c).view(np.float32))) for c in (code, code - 1, code + 1)
    )
    assert ((near + below) / 2) ** 2 * points <= 1 <= ((near + above) / 2) ** 2 * points


@pytest.mark.parametrize("points", [16, 20, 48, 56, 64, 768, 1024])
def test_folding_takes_the_greatest_power_of_two(points):
    unit = Hadamard(name="h", points=points, lanes=1, normalize="folded")
    assert unit.result.lsb == -(isqrt(points).bit_length() - 1)


def test_signs_are_those_of_the_seed_alone():
    assert set(random_signs(0, 64).tolist()) == {1, -1}
    assert (random_signs(5, 64) == random_signs(5, 256)[:64]).all()
    assert (random_signs(5, 64) != random_signs(6, 64)).any()
    # 4,096 fair coins: within four standard deviations of none.
    assert abs(int(random_signs(1, 4096).sum())) < 4 * 64


def test_the_least_integer_is_turned_without_overflow():
    unit = Hadamard(name="h", points=16, signs=1)
    codes = np.full((1, 16), 0x80, np.uint8)
    codes[0, random_signs(1, 16) > 0] = 0x7F
    plus = int((random_signs(1, 16) > 0).sum())
    assert unit.transform(codes)[0, 0] == 127 * plus + 128 * (16 - plus)
