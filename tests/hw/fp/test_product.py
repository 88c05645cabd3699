"""Products of several floats are rounded once."""

import numpy as np
import pytest
from macsmith.golden import lookup
from macsmith.hw.fp import FloatProduct
from second_models import blocks
from second_models.elements import element

#: The first factor, the others, the result: no product has more than 53 bits.
CASES = [
    ("fp32", "fp16", "fp32"),
    ("bf16", "ue4m3 ue4m3", "fp32"),
    ("fp16", "e8m0 e8m0", "bf16"),
    ("e4m3", "e8m0", "e5m2"),
    ("bf16", "bf16 fp16", "bf16"),
    ("e5m2", "e4m3_fnuz ue5m3", "e4m3"),
]


def name(case):
    return "_".join(case).replace(" ", "_")


def codes_of(fmt, count, rng):
    """Any codes, middling ones, and some with few bits."""
    code, width = rng.integers(0, 1 << fmt.bits, count), fmt.mantissa_width
    middle = rng.integers(fmt.bias * 3 // 4, fmt.bias * 5 // 4 + 1, count) << width
    whole = ((1 << fmt.exponent_width) - 1) << width
    code = np.where(rng.random(count) < 0.6, code & ~whole | middle, code)
    low = (1 << rng.integers(0, width + 1, count)) - 1
    return np.where(rng.random(count) < 0.5, code & ~low, code)


def check(reference, run, case, count, rational, stages=None, **options):
    source, scales, out = case
    names = (source, *scales.split())
    formats = [lookup(item) for item in names]
    design = (formats[0], tuple(formats[1:]), lookup(out))
    stages = len(FloatProduct(*design, **options).levels) if stages is None else stages
    unit = FloatProduct(*design, stages=stages, **options)
    rng = np.random.default_rng(1)
    codes = [codes_of(fmt, count, rng) for fmt in formats]
    packed = codes[1] | (codes[2] << formats[1].bits if len(codes) > 2 else 0)
    found = run({"unit": unit}, codes[0], packed)["unit"]
    with np.errstate(all="ignore"):
        values = np.multiply.reduce([f.decode(c) for f, c in zip(formats, codes, strict=True)])
    reference.check(lookup(out), found, values, unit.saturate, codes)
    for index in range(rational):
        numbers = tuple(int(code[index]) for code in codes)
        first = element(source).decode(numbers[0])
        if not unit.saturate:
            assert found[index] == blocks.scale(first, names[1:], numbers[1:], out), numbers


@pytest.mark.parametrize("case", CASES[1:4], ids=name)
def test_products(run, reference, case):
    check(reference, run, case, 20_000, 500, rows=True)


def test_factors_may_be_taken_apart_a_register_before(run, reference):
    check(reference, run, CASES[4], 20_000, 500, rows=True, apart=True)


@pytest.mark.parametrize("case", [CASES[0], CASES[3]], ids=name)
def test_what_is_special_may_be_told_a_step_later(run, reference, case):
    check(reference, run, case, 20_000, 500, rows=True, short=True)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=name)
@pytest.mark.parametrize("stages, rows, saturate", [(0, False, True), (4, True, False)])
def test_all_cases(run, reference, case, stages, rows, saturate):
    options = {"rows": rows, "saturate": saturate, "stages": stages}
    check(reference, run, case, 1_000_000, 20_000, **options)
