"""ShiftGELU against I-ViT's definition, written in fractions."""

from fractions import Fraction

import numpy as np
import pytest
from ivit import shiftgelu, shortened
from macsmith.golden.errors import DesignError
from macsmith.golden.units import ShiftGelu
from macsmith.golden.units.shift_exp import octave_of

from macsmith import lookup


def unit(**given):
    return ShiftGelu(**{"name": "g", "token": 32, "lanes": 4, **given})


@pytest.mark.parametrize("octave", [1, 3, 17, 100, 255])
def test_every_value_below_every_kind_of_greatest(octave):
    for most in (127, 64, 5, 0, -1, -3, -60, -127):
        x = list(range(-128, most + 1))
        assert unit().of_token(np.array(x), octave=octave).tolist() == shiftgelu(
            x, Fraction(1, octave)
        )


@pytest.mark.parametrize("values", ["int8", "int4", "int16"])
def test_tokens_of_all_kinds(values):
    made = unit(values=lookup(values))
    tokens = 0
    for trial in made.trials(40, np.random.default_rng(1)) + made.bounds():
        x = made.source.integers(trial["values"].values[0])
        y = made.result.integers(made.answer(trial)["result"].values[0])
        ends = shortened(np.flatnonzero(trial["values"].last).tolist(), made.beats)
        start, tokens = 0, tokens + len(ends)
        for end, octave in zip(ends, trial["octave"].values[0][:, 0].tolist(), strict=True):
            token = x[start : end + 1].ravel().tolist()
            expected = shiftgelu(token, Fraction(1, octave)) if octave else [0] * len(token)
            assert y[start : end + 1].ravel().tolist() == expected
            start = end + 1
    assert tokens > 100


def test_it_is_about_the_function_of_the_name():
    scale = 1 / 32
    x = np.arange(-128, 128)
    y = unit().of_token(x, octave=octave_of(Fraction(1702, 1000) * Fraction(scale)))
    exact = x * scale / (1 + np.exp(-1.702 * x * scale))
    assert (np.abs(y * scale / 128 - exact) <= 0.08 * np.abs(x * scale)).all()


def test_what_cannot_be_is_told():
    with pytest.raises(DesignError) as told:
        unit(octave=lookup("uint9"))
    assert str(told.value) == "octave must be an unsigned integer of 1 to 8 bits, got uint9"
