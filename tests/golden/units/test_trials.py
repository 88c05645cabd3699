"""What units are tried with meets what it is meant to meet: ties and their neighbours, edges, ends.

Formats' values are those of ml_dtypes and of the MX specification.
"""

import ml_dtypes
import numpy as np
import pytest
from macsmith.golden.units import (
    Dequantize,
    Hadamard,
    Quantize,
    dequantize_trials,
    quantize_trials,
)

from macsmith import lookup

#: Magnitudes of E2M1, as OCP MX lists them.
E2M1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6])
BF16 = ml_dtypes.finfo(ml_dtypes.bfloat16)


def quantizer(**given):
    formats = {name: lookup(given.pop(name)) for name in ("scale", "tensor") if name in given}
    return Quantize(name="q", **{"lanes": 8, **formats, **given})


def blocks(unit, kind, count=40, seed=0):
    """Values of trials of a kind (trial, blocks, block), of those whose blocks end as a rule."""
    rng, index = np.random.default_rng(seed), quantize_trials.KINDS.index(kind)
    drawn = [quantize_trials.drawn(unit, 4 * n, index, rng)["values"] for n in range(count)]
    codes = np.array([beats.values[0] for beats in drawn])
    with np.errstate(invalid="ignore"):  # signaling NaN
        return codes.view(ml_dtypes.bfloat16).astype(float).reshape(count, -1, unit.block)


def fractions(values):
    """Significands in 1 … 2 of what is not 0."""
    return np.frexp(np.abs(values[values != 0]))[0] * 2


def neighbours(values):
    """Significands of bfloat16 numbers, and of the next ones down and up."""
    codes = np.asarray(values, ml_dtypes.bfloat16).view(np.uint16).astype(int)
    return [fractions((codes + step).astype(np.uint16).view(ml_dtypes.bfloat16).astype(float))
            for step in (-1, 0, 1)]  # fmt: skip


def test_ties_of_elements_and_their_neighbours_are_met():
    x = blocks(quantizer(), "ties", 100)
    middles = (E2M1[1:] + E2M1[:-1]) / 2
    known = neighbours(np.concatenate([middles, E2M1[1:]]))
    found = set(fractions(x))
    assert found == set(np.concatenate(known))
    # What is greatest in a block is 6, or next to it, times the block's power of two.
    largest = np.abs(x).max(axis=2)
    power = np.rint(np.log2(largest / 6))
    of_six = np.abs(largest / 6 * 2.0**-power - 1) <= 2.0**-7
    assert of_six.mean() > 0.9 and set(power[of_six]) == set(range(-12, 13))
    ratio = np.abs(x[of_six]) * 2.0 ** -power[of_six][:, None]
    for middle in middles:
        beside = ratio / middle - 1
        close = (beside != 0) & (np.abs(beside) <= 2.0**-7)
        assert (beside == 0).any() and (beside[close] < 0).any() and (beside[close] > 0).any()
    assert 0.4 < (x < 0).mean() < 0.6


def test_ties_have_neighbours_of_fp32():
    """One place of float32 above and below what lies half-way between two elements, or on one."""
    unit, rng = quantizer(values=lookup("fp32")), np.random.default_rng(3)
    index = quantize_trials.KINDS.index("ties")
    drawn = [quantize_trials.drawn(unit, 4 * n, index, rng)["values"] for n in range(40)]
    x = np.concatenate([beats.values[0].ravel() for beats in drawn]).view(np.float32)
    found = np.frexp(np.abs(x[np.abs(x) > 2.0**-20]))[0]
    points = np.concatenate([(E2M1[1:] + E2M1[:-1]) / 2, E2M1[1:]]).astype(np.float32)
    exact = np.unique(np.frexp(points)[0])
    shares = [
        np.isin(found, np.frexp(np.nextafter(points, np.float32(way)))[0]).mean()
        for way in (0, np.inf)
    ]
    assert 0.2 < np.isin(found, exact).mean() < 0.45
    assert 0.35 < shares[0] < 0.65 and 0.15 < shares[1] < 0.4


def test_greatest_values_stand_about_the_next_scale():
    unit = quantizer()
    x = blocks(unit, "edges")
    largest = np.abs(x).max(axis=2)
    # A power of two, the last number before it of E2M1 and of a bit more, and 6; and beside them.
    known = [
        fractions(np.asarray(near * (1 + way * 2.0**-7), ml_dtypes.bfloat16).astype(float))
        for near in np.array([[1, 1.75, 1.875, 2, 1.5]])
        for way in (-1, 0, 1)
    ]
    assert set(fractions(x)) == set(fractions(largest)) == set(np.concatenate(known))
    place = np.abs(x).argmax(axis=2)
    assert 0.11 < np.isin(place, (0, 31)).mean() < 0.5  # by chance alone 0.06
    assert (np.sort(np.abs(x), axis=2)[..., 0] < largest / 2).all()
    assert 0.4 < (x < 0).mean() < 0.6


def test_tiny_values_are_subnormal_normal_and_zero():
    x = np.abs(blocks(quantizer(), "tiny"))
    assert x.max() < 2.0**-118 and (x == 0).any(axis=2).mean() < 0.9
    assert ((x > 0) & (x < BF16.tiny)).any() and (x > BF16.tiny).any()
    assert (x == BF16.smallest_subnormal).any() and 0.1 < (x == 0).mean() < 0.4
    rows = (x.reshape(-1, 8) == 0).all(axis=1)
    assert 0.1 < rows.mean() < 0.4


def test_specials_stand_alone_among_usual_values():
    x = blocks(quantizer(), "special")
    wild = ~np.isfinite(x) | (x == 0) | (np.abs(x) < BF16.tiny) | (np.abs(x) > 2.0**100)
    assert 0.005 < wild.mean() < 0.05
    tops = np.array([BF16.max, np.nextafter(BF16.max, BF16.dtype.type(0))], float)
    for value in (0, np.inf, *tops, BF16.tiny, BF16.smallest_subnormal):
        assert (x == float(value)).any() and (x == -float(value)).any()
    assert np.isnan(x).any()
    usual = blocks(quantizer(), "usual")
    assert np.isfinite(usual).all() and (np.abs(usual) < 2.0**26).all()
    powers = np.log2(np.median(np.abs(usual), axis=2))
    assert powers.min() < -10 and powers.max() > 9 and np.ptp(np.log2(np.abs(usual[0]))) > 3


def test_any_value_comes_in_any_block():
    x = blocks(quantizer(), "any")
    assert np.isnan(x).any() and (np.abs(x) > 2.0**100).any() and (np.abs(x) < 2.0**-100).any()


def test_bounds_of_a_quantizer_are_all_the_same_value():
    unit = quantizer()
    drawn = [trial["values"].values[0].view(ml_dtypes.bfloat16) for trial in unit.bounds()]
    same = [float(BF16.max), -float(BF16.max), float(BF16.smallest_subnormal), 0.0, -0.0]
    for values, value in zip(drawn, same, strict=False):
        np.testing.assert_array_equal(np.asarray(values, float), np.full((12, 8), value))
        assert (np.signbit(values.astype(float)) == np.signbit(value)).all()
    beside = np.asarray(drawn[5], float)
    assert beside[0, 0] == np.inf and (beside.ravel()[1:] == float(BF16.max)).all()
    assert len(drawn) == 6
    for trial in unit.bounds():
        np.testing.assert_array_equal(trial["values"].last, [False] * 11 + [True])


@pytest.mark.parametrize(
    "shape, beats",
    [((32, 8), 12), ((32, 32), 8), ((32, 1), 96), ((1020, 4), 765), ((1024, 4), 256)],
)
def test_a_trial_has_some_blocks_and_one_in_four_ends_them_early(shape, beats):
    unit = quantizer(block=shape[0], lanes=shape[1])
    drawn = unit.trials(16, np.random.default_rng(1))
    for index, trial in enumerate(drawn):
        last = trial["values"].last
        assert trial["values"].values[0].shape == (beats, shape[1]) and len(last) == beats
        assert last[:-1].any() == (index % 4 == 3) or (index % 4 == 3 and last[-1])
    assert len({bool(trial["values"].last[-1]) for trial in drawn}) == 2
    assert any(trial["values"].last[:-1].any() for trial in drawn)


def test_a_token_s_scale_is_of_use_to_most_blocks_and_special_to_some():
    unit = quantizer(rule="absmax", scale="e4m3", block=16, tensor="fp32")
    drawn = unit.trials(120, np.random.default_rng(3))
    held = np.concatenate([trial["tensor"].values[0].ravel() for trial in drawn])
    for trial in drawn:
        assert len(trial["tensor"]) == trial["values"].last.sum() > 0
        assert not trial["tensor"].last.any()
    scales = held.view(np.float32)
    odd = ~np.isfinite(scales) | (np.abs(scales) < 2.0**-126) | (scales < 0)
    assert 0.03 < odd.mean() < 0.3
    made = np.concatenate([unit.answer(trial)["result"].values[1].ravel() for trial in drawn])
    assert np.isin(made & 0x7F, (0, 0x7E, 0x7F)).mean() < 0.7 and len(np.unique(made)) > 60
    for trial in unit.bounds():
        assert (trial["tensor"].values[0].view(np.float32) == 1).all()


def test_points_are_any_small_few_or_nearly_equal():
    unit = Hadamard(name="h", format=lookup("int8"), points=64, lanes=8, vectors=2)
    rng, kinds = np.random.default_rng(4), [[], [], [], []]
    drawn = unit.trials(160, rng)
    for index, trial in enumerate(drawn):
        x = trial["points"].values[0].view(np.int8).reshape(8, 2, 8).swapaxes(0, 1)
        kinds[index % 4].append(x.reshape(2, 64))
        assert not trial["points"].last[:-1].any()
    assert 0.3 < np.mean([trial["points"].last[-1] for trial in drawn]) < 0.7
    any_code, small, few, same = map(np.concatenate, kinds)
    assert set(any_code.ravel()) == set(range(-128, 128))
    # A quarter of the greatest is their standard deviation.
    assert 28 < small.std() < 35 and abs(small.mean()) < 2
    count = (few != 0).sum(axis=1)
    assert 1 < count.mean() < 3 and count.max() < 10 and np.abs(few).max() > 100
    others = (same != same[:, :1]).sum(axis=1)
    assert 0.5 < others.mean() < 3 and np.abs(same[:, 0].astype(int)).max() > 100


def test_floats_are_any_and_about_three():
    unit = Hadamard(name="h", format=lookup("bf16"), points=16, lanes=4)
    drawn = unit.trials(200, np.random.default_rng(4))
    codes = [trial["points"].values[0].ravel() for trial in drawn]
    any_code, small = np.concatenate(codes[::4]), np.concatenate(codes[1::4])
    assert len(set(any_code >> 7)) > 350  # of 512 signs and exponents
    assert 2.7 < small.view(ml_dtypes.bfloat16).astype(float).std() < 3.3


def dequantizer(**given):
    return Dequantize(
        name="d", element=lookup("int4"), scales=(lookup("fp32"),), group=8, lanes=2,
        result=lookup("fp16"), **given,
    )  # fmt: skip


@pytest.mark.parametrize("kind, low, high", [("usual", -5, 3), ("tiny", -31, -22), ("huge", 9, 18)])
def test_scales_make_results_usual_tiny_or_huge(kind, low, high):
    """The greatest results, as powers of two: FP16's least number is 2^-24, its end 2^16."""
    unit, rng = dequantizer(), np.random.default_rng(2)
    found = []
    for index in range(60):
        number = dequantize_trials._KINDS.index(kind)
        trial = dequantize_trials.drawn(unit, index, number, rng)
        (scales,) = trial["scale"].values
        found.append(scales.ravel().view(np.float32) * 8.0)
    size = np.log2(np.abs(np.concatenate(found)))
    assert size.min() >= low and size.max() <= high and np.ptp(size) > 7
    assert 0.3 < (np.concatenate(found) < 0).mean() < 0.7
