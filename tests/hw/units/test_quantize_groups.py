"""Quantizers with few powers of two as scales in hardware: bit for bit under stalls."""

from dataclasses import replace

import pytest
from macsmith.golden.units import Quantize

from macsmith import lookup

INNER = Quantize(
    name="inner", element=lookup("int4_sym"), scale=lookup("ue4m0_fn"), rule="absmax",
    block=16, lanes=4, tensor=lookup("fp32"),
)  # fmt: skip
DESIGNS = [INNER, replace(INNER, name="token", rule="nearest", token=64)]


@pytest.mark.often(2)
@pytest.mark.cases(0)
@pytest.mark.parametrize("index", range(len(DESIGNS)))
def test_every_result_equals_the_golden_model_whoever_stalls(checked, index):
    checked(index)
