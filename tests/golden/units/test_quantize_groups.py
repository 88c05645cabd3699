"""Scales that are few powers of two times a token's: against fractions."""

from fractions import Fraction

import numpy as np
import pytest
from macsmith.golden.streams import Beats
from macsmith.golden.units import Quantize

from macsmith import design, lookup


def unit(scale, token=64, **given):
    given = {"element": "int4_sym", "tensor": "fp32", "rule": "absmax", **given}
    formats = {key: lookup(given.pop(key)) for key in ("element", "tensor")}
    return Quantize(
        name="n", scale=lookup(scale), block=16, lanes=4, token=token, **formats, **given
    )


@pytest.mark.parametrize("rule", ["absmax", "nearest"])
@pytest.mark.parametrize("scale, powers", [("ue4m0_fn", range(-6, 8)), ("ue3m0_fn", range(-2, 4))])
def test_a_block_has_the_least_power_of_two_that_clips_nothing(scale, powers, rule):
    """Of ``nearest`` the next one; blocks that are smaller than the least power share that."""
    made = unit(scale, rule=rule)
    rng = np.random.default_rng(4)
    x = rng.normal(size=(6, 4, 16)) * 2.0 ** rng.integers(-18, 3, (6, 4, 1))
    codes = made.values.encode(x)
    last = np.tile(np.arange(16) == 15, 6)
    result = made.answer({"values": Beats((codes.reshape(-1, 4),), (None,), last)})["result"]
    found = result.values[0].reshape(6, 4, 16)
    scales = made.scale.decode(result.values[1].reshape(6, 4, 4)[:, :, 0])
    tensors = made.tensor.decode(result.values[2].reshape(6, 4, 4)[:, 0, 0])
    numbers = made.values.decode(codes)
    seen = set()
    for token in range(6):
        t = Fraction(float(tensors[token]))
        for block in range(4):
            values = [Fraction(float(v)) for v in numbers[token, block]]
            wanted = max(map(abs, values)) / (7 * t)
            # t, rounded to nearest, may be a little less than what the greatest power asks for.
            power = next((p for p in powers if Fraction(2) ** p >= wanted), powers[-1])
            half = Fraction(2) ** power / 2
            if rule == "nearest" and power > powers[0] and wanted <= 3 * half / 2:
                # In the middle of two of a format without a mantissa the even code is taken.
                even = (power - powers[0]) % 2 == 1
                power -= wanted < 3 * half / 2 or not even
            s = Fraction(float(scales[token, block]))
            if wanted < Fraction(2) ** powers[0] / 2 and rule == "nearest":
                assert s in (0, Fraction(2) ** powers[0])
                continue
            assert s == Fraction(2) ** power
            seen.add(power)
            for value, code in zip(values, found[token, block].tolist(), strict=True):
                signed = code - 16 * (code > 7)
                near = abs(value / (s * t) - signed)
                assert near <= Fraction(1, 2) or (signed in (-7, 7) and abs(value) > 7 * s * t)
    assert powers[-1] in seen and powers[0] in seen and len(seen) > 4


def test_the_greatest_block_of_a_token_has_the_greatest_power():
    made = unit("ue4m0_fn")
    x = np.full((1, 64), 0.01)
    x[0, 5] = 7.0
    codes = made.values.encode(x).reshape(-1, 4)
    result = made.answer({"values": Beats((codes,), (None,), np.arange(16) == 15)})["result"]
    scales = made.scale.decode(result.values[1][::4, 0])
    assert scales.tolist() == [128.0, 0.25, 0.25, 0.25]
    assert made.tensor.decode(result.values[2][0, 0]) == 2.0**-7


def test_without_a_tensors_scale_they_are_powers_of_two_alone():
    made = Quantize(
        name="n", element=lookup("int8"), scale=lookup("ue5m0_fn"), rule="absmax", block=4, lanes=4
    )  # fmt: skip
    codes, scales = made.quantize(made.values.encode(np.array([[1.0, 2.0, -254.0, 3.0]])))
    assert made.scale.decode(scales).tolist() == [2.0]
    assert codes.tolist() == [[0, 1, 0x81, 2]]


def test_the_preset_has_a_tokens_scale():
    made = design("shiftquant")
    assert (made.scale.name, made.tensor.name, made.token) == ("ue4m0_fn", "fp32", 4096)
    assert not made.power
