"""What units cost on the U280 without DSP blocks, and that three levels of LUTs suffice."""

import pytest

from macsmith import Options, cost, design

#: preset, options -> the most sites of an element in a cycle.
UNITS = {
    "dequantize_w4a16": (Options(rows=2, lanes=8), 25),
    "dequantize_int4": (Options(), 24),
    "silu_bf16": (Options(), 400),
    "tanh_bf16": (Options(), 146),
    "gelu_fp16": (Options(set=("table=block",)), 170),
    "hadamard": (Options(), 150),
    "quarot_768": (Options(), 600),
    "batquant": (Options(), 2400),
    "tflite_single": (Options(set=("bias=none",)), 652),
    "shiftmax": (Options(lanes=8), 310),
    "ilayernorm": (Options(), 1170),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", UNITS)
def test_a_unit_stays_within_its_sites_and_levels(name):
    options, most = UNITS[name]
    found = cost(design(name, options))
    assert found.cost.resources["sites"] / found.rate <= most
    assert found.cost.levels["lut"] <= 3 and found.cost.levels["carry_runs"] == 1
