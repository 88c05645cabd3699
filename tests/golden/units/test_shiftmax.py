"""Shiftmax against I-ViT's definition, written in fractions."""

from fractions import Fraction

import numpy as np
import pytest
from ivit import MOST, shift_exp, shiftmax, shortened
from macsmith.golden.errors import DesignError
from macsmith.golden.streams import Beats
from macsmith.golden.units import Shiftmax
from macsmith.golden.units.shift_exp import octave_of, shift_exp_of_positive

from macsmith import lookup


def unit(**given):
    return Shiftmax(**{"name": "s", "token": 32, "lanes": 4, **given})


@pytest.mark.parametrize(
    "scale", [Fraction(1), Fraction(1, 3), Fraction(7, 100), Fraction(1, 64), Fraction(1, 255)]
)
def test_every_difference_of_two_values(scale):
    for low in range(0, -256, -1):
        x = np.array([100, 100 + low])
        assert unit().of_token(x, octave=octave_of(scale)).tolist() == shiftmax([0, low], scale)


@pytest.mark.parametrize("values, octave", [("int8", "uint8"), ("int4", "uint3"),
                                            ("int16", "uint16")])  # fmt: skip
def test_tokens_of_all_kinds(values, octave):
    made = unit(values=lookup(values), octave=lookup(octave))
    rng, seen, tokens = np.random.default_rng(1), set(), 0
    for trial in made.trials(60, rng) + made.bounds():
        x = made.source.integers(trial["values"].values[0])
        y = made.result.integers(made.answer(trial)["result"].values[0])
        ends = np.flatnonzero(trial["values"].last).tolist()
        assert len(x) == len(y)
        tokens += len(ends)
        start, wide = 0, iter(trial["octave"].values[0][:, 0].tolist())
        for end in shortened(ends, made.beats):
            steps, token = next(wide), x[start : end + 1].ravel().tolist()
            expected = shiftmax(token, Fraction(1, steps)) if steps else [0] * len(token)
            assert y[start : end + 1].ravel().tolist() == expected
            start, _ = end + 1, seen.update(expected)
    assert tokens > 100 and {0, 1, 127} <= seen


def test_sums_that_are_cut_at_31_bits():
    """4096 times 255 · 2^15 is more."""
    made = unit(token=4096, lanes=64)
    y = made.of_token(np.zeros(4096, np.int64), octave=255)
    assert y.tolist() == shiftmax([0] * 4096, Fraction(1, 255)) == [0] * 4096
    wide = unit(values=lookup("int16"), octave=lookup("uint16"))
    x = [0, -3, -60000]
    assert wide.of_token(np.array(x), octave=65535).tolist() == shiftmax(x, Fraction(1, 65535))


def test_the_exponential_of_what_is_positive():
    for scale in (Fraction(1), Fraction(1, 5), Fraction(1, 100)):
        for x in range(0, 200):
            expected = min(shift_exp(x, scale, 23), MOST)
            assert shift_exp_of_positive(x, octave_of(scale), 23) == expected


def test_octaves_of_scales():
    assert [octave_of(scale) for scale in (1, 2.5, 0.5, 0.3, 1 / 3)] == [1, 1, 2, 4, 4]
    assert octave_of(Fraction(1, 3)) == 3
    with pytest.raises(DesignError, match=r"^a scale must be positive, got -1$"):
        octave_of(-1)


def test_tokens_that_are_not_whole_do_not_come():
    made = unit()
    x = np.zeros((9, 4), np.uint8)
    last = np.zeros(9, bool)
    sent = {
        "values": Beats((x,), (None,), last),
        "octave": Beats((np.full((3, 1), 9),), (None,), np.zeros(3, bool)),
    }
    found = made.answer(sent)["result"]
    assert len(found) == 8 and found.last.tolist() == [False] * 7 + [True]
    sent["octave"] = Beats((np.zeros((0, 1)),), (None,), np.zeros(0, bool))
    assert len(made.answer(sent)["result"]) == 0


@pytest.mark.parametrize(
    "given, message",
    [
        ({"values": lookup("uint8")}, "values must be a signed integer of 2 to 16 bits, got uint8"),
        ({"values": lookup("bf16")}, "values must be a signed integer of 2 to 16 bits, got bf16"),
        ({"values": lookup("mxint8")}, "values must be counted in ones, got mxint8 in units of "
                                       "2^-6: take int8"),
        ({"octave": lookup("uint17")}, "octave must be an unsigned integer of 1 to 16 bits, got "
                                       "uint17"),
        ({"token": 30}, "token must be a multiple of 4, the lanes, got 30"),
        ({"token": 8192}, "token must be 1 to 4096, got 8192"),
        ({"lanes": 65, "token": 65}, "lanes must be 1 to 64, got 65"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told(given, message):
    with pytest.raises(DesignError) as told:
        unit(**given)
    assert str(told.value) == message


def test_another_kind_of_parameter_is_told():
    with pytest.raises(TypeError, match=r"octave must be a format, such as lookup\('int8'\)"):
        unit(octave=8)
