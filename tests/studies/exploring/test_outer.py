"""Formats with wide elements and narrow scales take tensors of any size."""

import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from macsmith.golden.formats import lookup
from macsmith.studies.accuracy import Data, accuracy
from macsmith.studies.exploring.losses import Losses
from macsmith.studies.exploring.outer import octaves, scaled

from macsmith import Options, design

SCALES = {"group": 16, "activation_group": 16}


def engine(pair, scale):
    given = Options(scale=scale, activation_scale=scale, k_max=64, **SCALES)
    return design(pair, given)


def data(power):
    rng = np.random.default_rng(5)
    pair = rng.normal(size=(8, 64)), rng.normal(size=(6, 64))
    return Data("one", "one", (tuple(np.ldexp(side, power) for side in pair),))


def test_only_scales_of_few_octaves_get_another():
    assert octaves(lookup("e8m0")) == 254 and 17 < octaves(lookup("ue4m3")) < 18
    for scale in ("e8m0", "bf16", "fp32"):
        assert scaled(engine("int4xint4", scale)) == engine("int4xint4", scale)
    for scale in ("ue4m3", "fp16"):
        made = scaled(engine("int4xint4", scale)).arithmetic
        assert [level.format.name for level in made.weight.levels] == [scale, "e8m0"]
    plain = design("int4xint4")
    assert scaled(plain) == plain


@pytest.mark.parametrize(
    ("pair", "scale"), [("e4m3xe4m3", "ue4m3"), ("int4xint8", "ue4m3"), ("e6m1xint8", "fp16")]
)
@pytest.mark.parametrize("power", [-40, 7])
def test_powers_of_two_are_no_matter(pair, scale, power):
    """Data that are so many times as large lose as many dB; without the scale they are refused."""
    given = engine(pair, scale)
    with pytest.raises(DesignError, match="the scale"):
        accuracy(given, data(-40))
    one, other = (accuracy(scaled(given), data(p)).product for p in (0, power))
    assert one == other > 15
    assert Losses([data(0)])(given) == Losses([data(power)])(given)
