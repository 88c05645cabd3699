"""What the blocks cost on the U280 without DSP blocks."""

from pathlib import Path

import pytest
from amaranth.back import rtlil
from macsmith.golden import lookup
from macsmith.golden.bounds import Range
from macsmith.hw.fp import FloatAdd, FloatMultiply, IntegerToFloat, ScaleToFloat
from macsmith.hw.text.merge import merge

from macsmith import boards

FP32, FP16, BF16, UE4M3, E8M0 = map(lookup, ("fp32", "fp16", "bf16", "ue4m3", "e8m0"))


def signed(bits):
    return Range(0, -(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def deepest(block, *design, **options):
    """A block with all the registers that it can have."""
    return block(*design, stages=len(block(*design, **options).levels), **options)


#: name -> block, and the most LUT cells that it may take.
BLOCKS = {
    "int21_to_bf16": (IntegerToFloat(signed(21), BF16), 80),
    "int66_to_fp32": (deepest(IntegerToFloat, signed(66), FP32), 240),
    "add_fp32_in_6": (FloatAdd(FP32, FP32, FP32, stages=6), 380),
    "add_fp32": (deepest(FloatAdd, FP32, FP32, FP32), 370),
    "add_bf16": (FloatAdd(BF16, BF16, BF16), 190),
    "multiply_bf16": (FloatMultiply(BF16, BF16, BF16, rows=True), 200),
    "multiply_fp32": (deepest(FloatMultiply, FP32, FP32, FP32, rows=True), 620),
    "multiply_fp32_fp16": (deepest(FloatMultiply, FP32, FP16, FP32, rows=True), 420),
    "scale_int21_fp16": (deepest(ScaleToFloat, signed(21), (FP16,), FP32, rows=True), 300),
    "scale_int21_ue4m3": (deepest(ScaleToFloat, signed(21), (UE4M3,) * 2, FP32, rows=True), 300),
    "scale_int21_e8m0": (deepest(ScaleToFloat, signed(21), (E8M0,) * 2, FP32), 210),
}


@pytest.mark.slow
def test_costs(capsys):
    """A few percent above what was measured: yosys's counts vary with the names of signals."""
    text = "".join(
        merge(rtlil.convert(block.component(), name="top", emit_src=False), name)
        for name, (block, _) in BLOCKS.items()
    )
    board, folder = boards.lookup("u280"), Path("build/tests/fp_costs")
    costs = boards.synthesize(text, list(BLOCKS), board, "lut", [], folder)
    with capsys.disabled():
        print(f"\n{'block':20} stages   LUT sites    FF carry LUT levels")
        for name, (block, _) in BLOCKS.items():
            found, levels = costs[name].resources, costs[name].levels
            numbers = (found["lut"], found["sites"], found["ff"], levels["carry"], levels["lut"])
            print(f"{name:20} {block.stages:6}", *(f"{number:5.0f}" for number in numbers))
    for name, (_, most) in BLOCKS.items():
        assert costs[name].resources["lut"] <= most, name
        assert costs[name].levels["carry"] <= 32, name
