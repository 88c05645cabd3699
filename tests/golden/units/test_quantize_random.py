"""Quantizers that round by random numbers: the register, its bits, and that nothing is biased."""

from fractions import Fraction

import gfloat
import gfloat.formats
import ml_dtypes
import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.golden.streams import Beats
from macsmith.golden.units import Quantize, lfsr

from macsmith import lookup

FORMATS = ("values", "element", "scale", "tensor", "zero")


def unit(**given):
    return Quantize(
        name="q", **{key: lookup(v) if key in FORMATS else v for key, v in given.items()}
    )


def answered(given, x, seeds, last, **tokens):
    """Fields of the beats of numbers ``x`` (beats, lanes)."""
    sent = {"values": Beats((given.values.encode(x),), (None,), np.asarray(last))}
    for name, values in {"seed": seeds, **tokens}.items():
        codes = np.asarray(values, np.uint32)[:, None]
        sent[name] = Beats((codes,), (None,), np.zeros(len(codes), bool))
    return given.answer(sent)["result"].values


class Register:
    """The register as its page describes it: polynomial arithmetic, bit by bit, of whole numbers.

    The state is a polynomial over two elements whose highest power is bit 0; a step multiplies by x
    modulo x^33 + x^13 + 1.
    """

    def __init__(self, seed):
        state = seed + 2**32
        self.powers = {32 - bit for bit in range(33) if state >> bit & 1}
        for _ in range(1000):
            self.step()

    def step(self):
        powers = {power + 1 for power in self.powers}
        if 33 in powers:
            powers = powers - {33} ^ {13, 0}
        self.powers = powers

    def number(self, bits):
        found = sum(1 << bit for bit in range(bits) if 32 - bit in self.powers)
        for _ in range(bits):
            self.step()
        return found


@pytest.mark.parametrize("bits, lanes", [(8, 3), (16, 1), (1, 2)])
def test_numbers_are_those_of_the_polynomial(bits, lanes):
    last = np.zeros(9, bool)
    last[[2, 3]] = True
    seeds = [0, 0xFFFFFFFF, 0x12345678]
    found = lfsr.numbers(last, np.array(seeds), lanes, bits)
    want = []
    for token, beats in enumerate((3, 1, 5)):
        register = Register(seeds[token])
        want += [[register.number(bits) for _ in range(lanes)] for _ in range(beats)]
    assert found.tolist() == want


def test_a_register_takes_every_state_but_zero():
    """The matrix of a step has the order 2^33 - 1: that power is 1, none by a prime factor less."""

    def applied(matrix, vector):
        found = 0
        for bit, column in enumerate(matrix):
            found ^= column if vector >> bit & 1 else 0
        return found

    def power(count):
        square = [lfsr.stepped(1 << bit, 1) for bit in range(33)]
        found = [1 << bit for bit in range(33)]
        while count:
            if count & 1:
                found = [applied(square, column) for column in found]
            square = [applied(square, column) for column in square]
            count >>= 1
        return found

    whole, one = 2**33 - 1, [1 << bit for bit in range(33)]
    assert 7 * 23 * 89 * 599479 == whole and power(whole) == one
    assert all(power(whole // prime) != one for prime in (7, 23, 89, 599479))


def test_codes_are_those_of_gfloat():
    q = unit(random_bits=8, lanes=4, block=8)
    rng = np.random.default_rng(1)
    x = rng.standard_t(3, (400, 4)) * np.exp2(rng.integers(-6, 6, (400, 1)))
    x = x.astype(ml_dtypes.bfloat16).astype(float)
    last = np.arange(400) % 10 == 9
    seeds = rng.integers(0, 1 << 32, 40)
    codes, scales = answered(q, x, seeds, last)
    numbers = lfsr.numbers(last, seeds, 4, 8)
    ratio = x / np.exp2(scales.astype(int) - 127)
    want = gfloat.round_ndarray(
        gfloat.formats.format_info_ocp_e2m1, ratio, gfloat.RoundMode.StochasticFastest, sat=True,
        srbits=numbers, srnumbits=8,
    )  # fmt: skip
    np.testing.assert_array_equal(q.element.decode(codes), want)


@pytest.mark.parametrize("scale", ["bf16", "fp32"])
def test_quotients_are_cut_to_the_bits_of_a_number_exactly(scale):
    q = unit(element="int4", scale=scale, rule="nearest", random_bits=16, lanes=4, block=4)
    rng = np.random.default_rng(2)
    x = q.values.decode(q.values.encode(rng.normal(size=(300, 4))))
    last = np.ones(300, bool)
    seeds = np.arange(300)
    codes, scales = answered(q, x, seeds, last)
    numbers = lfsr.numbers(last, seeds, 4, 16)
    for row, held in enumerate(q.scale.decode(scales[:, 0])):
        for value, code, number in zip(x[row], codes[row], numbers[row], strict=True):
            ratio = abs(Fraction(float(value))) / Fraction(float(held))
            size = (ratio * 2**16 // 1 + int(number)) // 2**16
            want = min(size, 8) if value < 0 else min(size, 7)
            assert (-want if value < 0 else want) % 16 == code


def test_rounding_is_unbiased():
    """Up as often as the fraction is large, for each place of a token apart, with seeds in steps of
    2^32 over the golden ratio. Neighbours in a beat, from beat to beat and from token to token say
    nothing of each other."""
    q = unit(element="int8", random_bits=8, lanes=4, block=4)
    tokens, beats = 1500, 2
    fractions = np.array([0.125, 0.5, 0.75])
    # The greatest of each block makes its scale 1.
    x = np.broadcast_to(np.array([64, *(3 + fractions)]), (tokens * beats, 4))
    last = np.arange(len(x)) % beats == beats - 1
    seeds = np.arange(tokens, dtype=np.uint64) * np.uint64(0x9E3779B1) & np.uint64(0xFFFFFFFF)
    codes, scales = answered(q, x, seeds, last)
    assert set(scales[:, 0]) == {127} and set(codes[:, 0]) == {64}
    up = (codes[:, 1:].astype(int) - 3).reshape(tokens, beats, 3)
    assert set(np.unique(up)) == {0, 1}
    deviation = np.sqrt(fractions * (1 - fractions))
    surprise = (up.mean(axis=0) - fractions) / deviation * np.sqrt(tokens)
    assert np.abs(surprise).max() < 4
    normal = (up - fractions) / deviation
    beside = [(normal[:, 0] * normal[:, 1]).mean(axis=0), (normal[..., :2] * normal[..., 1:]).mean(
        axis=(0, 1))]  # fmt: skip
    assert np.abs(np.concatenate(beside)).max() * np.sqrt(tokens) < 4
    after = (normal[1:] * normal[:-1]).mean(axis=0)
    assert np.abs(after).max() * np.sqrt(tokens) < 4


def test_the_lanes_of_a_beat_change_no_code():
    x = np.random.default_rng(3).normal(size=(6, 64))
    last, found = np.arange(6) % 2 == 1, []
    for lanes in (1, 4, 64):
        q = unit(random_bits=7, lanes=lanes)
        marks = np.zeros((6, 64), bool)
        marks[:, -1] = last
        marks = marks.reshape(-1, lanes)[:, -1]
        found.append(answered(q, x.reshape(-1, lanes), [5, 6, 7], marks)[0].ravel())
    assert (found[0] == found[1]).all() and (found[0] == found[2]).all()


def test_zero_points_are_rounded_to_nearest():
    q = unit(element="uint4", zero="uint4", scale="fp32", rule="nearest", random_bits=8, lanes=4,
             block=4)  # fmt: skip
    x = np.broadcast_to(np.array([-4.5, 10.5, 0.5, 0]), (200, 4))
    codes, _, zeros = answered(q, x, np.arange(200), np.ones(200, bool))
    assert set(zeros[:, 0]) == {4} and set(codes[:, 3]) == {4}
    assert set(codes[:, 2]) == {4, 5} and set(codes[:, 0]) == {0}


def test_specials_are_those_of_nearest_even():
    q = unit(random_bits=8, lanes=4, block=4)
    x = np.array([[1, np.inf, -2, 0], [0, -0.0, 0, 0]])
    beats = Beats((q.values.encode(x, saturate=False),), (None,), np.array([False, True]))
    seed = Beats((np.zeros((1, 1), np.uint32),), (None,), np.zeros(1, bool))
    codes, scales = q.answer({"values": beats, "seed": seed})["result"].values
    assert scales[:, 0].tolist() == [255, 0] and codes.tolist() == [[0, 0, 8, 0], [0, 8, 0, 0]]
    none = Beats((np.zeros((0, 1), np.uint32),), (None,), np.zeros(0, bool))
    assert not len(q.answer({"values": beats, "seed": none})["result"])  # a token waits


def test_what_cannot_be_is_told():
    with pytest.raises(DesignError, match="random_bits must be 0 to 16, got 17"):
        unit(random_bits=17)
