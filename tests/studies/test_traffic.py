"""Bits a weight and bytes a cycle: against whole quantized matrices, and computed by hand."""

from fractions import Fraction

import numpy as np
import pytest
from macsmith.models.networks.product import bits_a_weight
from macsmith.studies.traffic import bits_of, bytes_a_cycle

from macsmith import Options, design, explain, quantize

#: A multiple of every group below.
K = 256


@pytest.mark.parametrize(
    "name",
    ["mxfp4", "nvfp4", "w4a8", "bitnet", "bitmod4", "nf4", "gguf_q4_k", "gguf_q4_0", "ptqtp",
     "sparse_marlin", "nm_sparse", "deepseek_fp8", "matquant", "int8", "int8xint8"],
)  # fmt: skip
def test_bits_are_those_of_a_whole_matrix(name):
    """Counted in the arrays of codes and scales that quantize makes."""
    operand = design(name).modes[0].weight
    held = quantize(np.random.default_rng(1).normal(size=(K, K)), operand)
    assert float(bits_of(operand, K)) == pytest.approx(bits_a_weight(held), rel=1e-12)


def test_bits_are_those_that_the_formats_say():
    """OCP MX: 4 bits and 8 for 32 elements. NVFP4: 4 bits, 7 of an E4M3 without sign for 16, and
    32 for the tensor."""
    assert bits_of(design("mxfp4").arithmetic.weight, 4096) == Fraction(17, 4)
    nvfp4 = 4 + Fraction(7, 16) + Fraction(32, 4096**2)
    assert bits_of(design("nvfp4").arithmetic.weight, 4096) == nvfp4
    assert bits_of(design("w4a8").arithmetic.weight, 4096) == 4 + Fraction(16 + 4, 128)


def test_bytes_a_cycle_by_hand():
    """4 × 4 × 4 of W4A8 over K = 512: 128 steps and 4 groups a reduction, 16 results of FP32."""
    moved = bytes_a_cycle(explain(design("w4a8", Options(k_max=512))), 512)
    assert moved == {
        "weight": Fraction(4 * 4 * 4, 8),
        "activation": Fraction(4 * 4 * 8, 8),
        "scale": Fraction(4 * (16 + 4) * 4, 128 * 8),
        "end_scale": Fraction(4 * 32, 128 * 8),
        "result": Fraction(16 * 32, 128 * 8),
    }


def test_steps_of_several_cycles_move_less_in_each():
    serial = explain(design("bitserial", Options(k_max=512)))
    cycles = serial.facts["cycles_per_step"]
    assert cycles == 3
    moved = bytes_a_cycle(serial, 512)
    [weight] = [stream for stream in serial.streams if stream.name == "weight"]
    assert moved["weight"] == Fraction(weight.data_bits, 8 * cycles)


def test_results_that_leave_one_by_one_set_the_pace():
    """16 results of 64 elements: a reduction has 16 steps, and so it is with 256 and 4 steps."""
    few = bytes_a_cycle(explain(design("int8", Options(k_max=64))), 64)
    assert few["result"] == 4 and few["weight"] == 16
    fewer = bytes_a_cycle(explain(design("int8", Options(k_max=16))), 16)
    assert fewer["result"] == 4 and fewer["weight"] == 4


def test_weights_that_stay_have_no_rate():
    stays = design("int8xint8", Options(flow="weight_stationary", policy="dsp"))
    assert bytes_a_cycle(explain(stays), 4) is None
