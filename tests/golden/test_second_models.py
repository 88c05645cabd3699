"""The second models' own arithmetic, against NumPy's float32: who watches the watchmen."""

import numpy as np
import pytest
from second_models.floats import BF16, FP16, FP32, floor_log2, standard
from second_models.oracles import ML_DTYPES
from second_models.reals import real
from second_models.sums import accumulate, plus, times

COUNT = 3000


def operands(seed):
    """Any codes, codes near one another, and special ones."""
    rng = np.random.default_rng(seed)
    near = rng.integers(0x3F000000, 0x41000000, (2, COUNT)) | rng.integers(0, 2, (2, COUNT)) << 31
    special = rng.choice([0, 1 << 31, 0x7F800000, 0xFF800000, 0x7FC00000, 1, 0x7F7FFFFF], (2, 200))
    small = rng.integers(0, 1 << 24, (2, COUNT))
    anything = rng.integers(0, 1 << 32, (2, COUNT))
    return np.concatenate([near, special, small, anything], axis=1).astype(np.uint32)


@pytest.mark.parametrize("ours, numpys", [(plus, np.add), (times, np.multiply)])
def test_fp32_operations_are_numpy_s(ours, numpys):
    first, second = operands(1)
    with np.errstate(all="ignore"):
        wanted = numpys(first.view(np.float32), second.view(np.float32))
    wanted = np.where(np.isnan(wanted), 0x7FC00000, wanted.view(np.uint32))
    pairs = zip(first.tolist(), second.tolist(), strict=True)
    got = [FP32.code(ours(FP32.decode(x), FP32.decode(y))) for x, y in pairs]
    np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("fmt, name", [(FP16, "fp16"), (BF16, "bf16")])
def test_rounding_to_a_narrow_format_is_a_cast(fmt, name):
    values = np.concatenate(operands(2)).view(np.float32)
    with np.errstate(all="ignore"):
        cast = values.astype(ML_DTYPES[name])
    real = ~np.isnan(values)
    got = [fmt.code(fmt.round(FP32.decode(int(c)))) for c in values[real].view(np.uint32)]
    np.testing.assert_array_equal(got, cast[real].view(np.uint16))


def test_toward_zero_drops_the_bits_below():
    fmt = standard(8, 13, "ieee")
    for code in operands(3)[0].tolist():
        exact = FP32.decode(code)
        if exact.finite:
            assert fmt.code(fmt.round(exact, "toward_zero")) == code >> 10


@pytest.mark.parametrize("fmt", [FP32, FP16, BF16])
def test_a_code_decodes_to_itself(fmt):
    for code in operands(4)[0].tolist():
        narrow = code >> (32 - fmt.bits)
        value = fmt.decode(narrow)
        if value.special != "nan":
            assert fmt.code(value) == narrow


@pytest.mark.parametrize(
    "partials, addends, wanted",
    [
        (1, (2**24, 1, -(2**24), 1), 1),  # 1 beside 2^24 is lost
        (2, (2**24, 1, -(2**24), 1), 2),  # 0 and 2
        (3, (2**24, 1, -(2**24)), 0),  # the third waits
        (4, (2**24, 1, -(2**24), 1), 1),  # 2^24 and 1 - 2^24
        (5, (2**24, 1), 2**24),  # more than there are addends
    ],
)
def test_partial_sums_are_added_as_a_tree(partials, addends, wanted):
    assert accumulate([real(addend) for addend in addends], partials) == real(wanted)


def test_floor_log2_at_powers_of_two():
    for exponent in range(-200, 200, 7):
        power = FP32.decode(0x3F800000).magnitude * 2**200 / 2 ** (200 - exponent)
        assert floor_log2(power) == exponent == floor_log2(power * 3 / 2)
        assert floor_log2(power * 999 / 1000) == exponent - 1
