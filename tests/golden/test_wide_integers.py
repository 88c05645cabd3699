"""Integers of 63 and 64 bits: wider than what float64 counts and int64 holds."""

import numpy as np
import pytest
from macsmith.golden import lookup

VALUES = (
    0,
    1,
    2,
    0.5,
    1.5,
    2.0**52 + 1,
    2.0**53,
    2.0**62,
    2.0**63,
    2.0**64,
    2.0**80,
    1e300,
    np.inf,
)


@pytest.mark.parametrize("name", ["int62", "int63", "uint63", "int64", "uint64", "int64_sym"])
@pytest.mark.parametrize("sign", [1, -1])
def test_every_value_goes_to_the_nearest_code(name, sign):
    fmt = lookup(name)
    for value in VALUES:
        signed = sign * value
        [code] = fmt.encode([signed])
        exact = fmt.high if signed > 2.0**70 else fmt.low if signed < -(2.0**70) else None
        wanted = round(signed) if exact is None else exact  # Python rounds ties to even too
        assert code.dtype == np.uint64
        assert int(code) == min(max(wanted, fmt.low), fmt.high) % (1 << fmt.width)


def test_values_that_wrap():
    assert lookup("uint64").encode([-1.0, 2.0**40], saturate=False).tolist() == [2**64 - 1, 2**40]
