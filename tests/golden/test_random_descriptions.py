"""Whatever is described either says in one line what is wrong, or has an answer."""

import numpy as np
import pytest
from descriptions import arithmetics
from drawing import ELEMENTS, SCALES, quantized, scales
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from macsmith.golden import Build, DesignError, Engine, Format, from_toml, matmul, to_toml

LANES = 4


def attempt(data, hows, seed):
    """The answer to a random description, or None where it was refused."""
    try:
        made = Engine("x", (data.draw(arithmetics(LANES)),), Build(1, 1, LANES))
    except DesignError as error:
        assert "\n" not in str(error) and len(str(error)) > 20
        return None
    assert from_toml(to_toml(made)) == made
    arithmetic, rng = made.arithmetic, np.random.default_rng(seed)
    w = quantized(rng, arithmetic.weight, *hows, (4, 64))
    a = quantized(rng, arithmetic.activation, *hows, (2, 64))
    form = arithmetic.output.bias
    bias = scales(rng, form, hows[1], (4,)) if form else None
    try:
        result = matmul(made, w, a, bias=bias)
    except DesignError as error:
        assert "bits, more than 128" in str(error)  # nothing else may wait for data
        return None
    assert result.values.shape == (4, 2)
    if isinstance(result.format, Format):
        result.format.check(result.values)
    else:
        assert result.format.low <= result.values.min()
        assert result.values.max() <= result.format.high
    out = arithmetic.output
    decoded = result.decode()
    if out.relu:
        assert not (np.signbit(decoded) & ~np.isnan(decoded)).any() or out.clamp
    if out.clamp:
        inside = (decoded >= out.clamp[0]) & (decoded <= out.clamp[1])
        assert (inside | np.isnan(decoded)).all()
    return result


draws = given(
    data=st.data(),
    hows=st.tuples(st.sampled_from(ELEMENTS), st.sampled_from(SCALES)),
    seed=st.integers(0, 1 << 30),
)


@draws
@settings(max_examples=250, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
def test_a_random_description(data, hows, seed):
    attempt(data, hows, seed)


@pytest.mark.slow
@draws
@settings(max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_many_random_descriptions(data, hows, seed):
    attempt(data, hows, seed)
