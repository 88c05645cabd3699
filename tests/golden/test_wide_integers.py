"""Integers of 63 and 64 bits: wider than what float64 counts and int64 holds."""

import numpy as np
import pytest
from macsmith.golden import (
    Arithmetic,
    Build,
    Engine,
    Level,
    Operand,
    Plane,
    Quantized,
    group,
    lookup,
    matmul,
)

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


@pytest.mark.parametrize("k", [1, 2, 3, 16, 63])
@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("name", ["int30", "int31", "int32"])
def test_one_row_s_sum_may_be_wider_than_int64(name, grouped, k):
    """Products of up to 62 bits, of which int64 holds one or two, and Python all."""
    fmt, other = lookup(name), lookup("int32")
    scales = (Level(lookup("uint2"), group(64), "scale"),) if grouped else ()
    weight = Operand((Plane(fmt, scales),))
    arithmetic = Arithmetic(weight, Operand((Plane(other),)), k_max=64)
    least, greatest = 1 << (fmt.bits - 1), (1 << (fmt.bits - 1)) - 1
    for code, value in ((least, -least), (greatest, greatest)):
        codes, held = np.full((1, k), code, fmt.dtype), {"scale": np.full((1, 1), 3, np.uint8)}
        w = Quantized(weight, {"code": codes}, held if grouped else {})
        a = np.full((1, k), 1 << 31, other.dtype)
        found = matmul(Engine("wide", (arithmetic,), Build(1, 1, 1)), w, a)
        assert int(found.values[0, 0]) == k * value * -(1 << 31) * (3 if grouped else 1)
