"""Which design serves which weights, and what is done to them."""

import numpy as np
import pytest
from checkpoints import BF16, random_scales, words, write
from macsmith.golden.description import group
from macsmith.golden.errors import DesignError
from macsmith.golden.formats import lookup
from macsmith.golden.tensor import Quantized
from macsmith.hw.catalogue import hardware
from macsmith.models import open_model
from macsmith.models.conventions import operands
from macsmith.models.folding import fold
from macsmith.models.naming import alike, renamed
from macsmith.models.serving import engine_for, matching, serve

from macsmith import design, matmul, quantize

ROWS, K, GROUP = 16, 256, 128


def checkpoint(tmp_path, rng, scale=np.float16, columns=GROUP):
    """GPTQ with zero points, 4 bits."""
    zeros = rng.integers(1, 16, (K // columns, ROWS))
    parts = {
        "l.qweight": words(rng.integers(0, 16, (ROWS, K)), 4).T.view(np.int32),
        "l.qzeros": words(zeros - 1, 4).view(np.int32),
        "l.scales": random_scales(rng, (K // columns, ROWS), scale),
    }
    config = {"quant_method": "gptq", "bits": 4, "group_size": columns}
    return open_model(write(tmp_path, parts, {"quantization_config": config})).matrix("l")


def test_presets_of_the_same_weights_are_found_whatever_their_arrays_are_called(tmp_path, rng):
    matrix = checkpoint(tmp_path, rng)
    assert matching(matrix.operand) == ("w4a16", "w4a8")
    for name, operand in (
        ("nvfp4", operands.scaled("e2m1", *operands.TWO_LEVELS)),
        ("w8a8", operands.scaled("int8", (lookup("fp32"), operands.span(None)))),
    ):
        assert name in matching(operand)
        assert alike(operand, design(name).arithmetic.weight)
    assert matching(operands.scaled("int7", (lookup("fp16"), group(48)))) == ()


def test_presets_that_round_products_are_for_who_asks_for_them(tmp_path):
    """lmul_fp16 takes FP16 weights as a file has them, and adds where others multiply."""
    path = write(tmp_path, {"l.weight": np.ones((4, 32), np.float16)}, None)
    matrix = open_model(path).matrix("l.weight")
    assert alike(matrix.operand, design("lmul_fp16").arithmetic.weight)
    assert matching(matrix.operand) == ()
    assert serve(matrix, "lmul_fp16").how == ""


def test_llama_cpps_activations_come_first_for_its_own_files():
    operand = design("gguf_iq4_nl").arithmetic.weight
    assert matching(operand, "GGUF IQ4_NL")[0] == "gguf_iq4_nl"
    assert not matching(operand, "other")[0].startswith("gguf")


def test_stored_weights_stay_as_they_are(tmp_path, rng):
    matrix = checkpoint(tmp_path, rng)
    for served in (serve(matrix), serve(matrix, "w4a8")):
        assert not served.how
        assert np.array_equal(served.weight.dequantize(), matrix.values())
    assert serve(matrix).engine == design("w4a16")


def test_weights_of_no_preset_meet_int8(tmp_path, rng):
    matrix = checkpoint(tmp_path, rng, BF16, 64)
    served = serve(matrix)
    assert served.engine.name == "gptq_4_bit_groups_of_64_x_w8a8"
    assert alike(served.engine.arithmetic.weight, matrix.operand)
    assert hardware(served.engine)


def test_bf16_activations_meet_zero_points_folded_into_int5(tmp_path, rng):
    matrix = checkpoint(tmp_path, rng, BF16)
    served = serve(matrix, activation="floatfix")
    assert served.engine.arithmetic.activation == design("floatfix").arithmetic.activation
    assert served.weight.operand.planes[0].element == lookup("int5")
    assert "folded into int5 codes, exactly" in served.how
    assert np.array_equal(served.weight.dequantize(), matrix.values())
    assert hardware(served.engine)
    x = quantize(rng.normal(size=(2, K)), served.engine.arithmetic.activation)
    assert matmul(served.engine, served.weight, x).values.shape == (ROWS, 2)


def test_another_design_quantizes_anew_and_says_so(tmp_path, rng):
    served = serve(checkpoint(tmp_path, rng), "nvfp4")
    assert served.how == "quantized from GPTQ 4 bit, groups of 128 by macsmith"
    assert served.engine == design("nvfp4")


def test_what_is_not_quantized_needs_a_design(tmp_path, rng):
    weight = rng.normal(size=(ROWS, K)).astype(np.float32)
    matrix = open_model(write(tmp_path, {"l.weight": weight}, None)).matrix("l.weight")
    with pytest.raises(DesignError, match="weights in fp32 are not quantized"):
        engine_for(matrix)
    assert serve(matrix, "w4a8").engine == design("w4a8")
    with pytest.raises(DesignError, match="choose --design or --activation"):
        serve(matrix, "w4a8", "w4a16")
    for name in ("hadamard", "simd"):
        with pytest.raises(DesignError, match="is no engine of one mode"):
            serve(matrix, name)


def offset(rng, whole):
    """d q + m, m whole multiples of d or not quite."""
    operand = operands.with_offset("uint4", lookup("bf16"), group(GROUP))
    d = random_scales(rng, (ROWS, K // GROUP), BF16)
    m = -(d.astype(np.float64) * rng.integers(0, 16, d.shape))
    m = m.astype(BF16)
    if whole:
        m = -d * np.array(4, BF16)
    codes = rng.integers(0, 16, (ROWS, K)).astype(np.uint8)
    return Quantized(operand, {"code": codes}, {"d": d, "m": m})


def test_offsets_fold_only_where_that_is_exact(rng):
    given = offset(rng, True)
    found = fold(given)
    assert found is not None
    assert np.array_equal(found.dequantize(), given.dequantize())
    m = np.array(given.scales["m"], copy=True)
    m[3, 1] ^= 1  # the last place of one offset
    moved = Quantized(given.operand, given.codes, {**given.scales, "m": m})
    assert fold(moved) is None


def test_folding_never_overflows():
    """q − z of UINT4 reaches −15 and 15, all that INT5 needs; an offset may ask for more."""
    operand = operands.with_offset("uint4", lookup("bf16"), group(2))
    ones = np.ones((1, 1), BF16)
    codes = np.array([[0, 15]], np.uint8)
    for least, fits in ((-16, True), (-17, False), (0, True), (1, False)):
        scales = {"d": ones, "m": ones * np.array(least, BF16)}
        found = fold(Quantized(operand, {"code": codes}, scales))
        assert (found is not None) == (-16 <= least and 15 + least <= 15), (least, fits)


def test_renaming_keeps_every_array(rng):
    given = offset(rng, True)
    other = operands.with_offset("uint4", lookup("bf16"), group(GROUP))
    assert renamed(given, other) is given
    preset = design("gguf_q4_1").arithmetic.weight
    operand = operands.with_offset("uint4", lookup("fp16"), group(32))
    assert alike(operand, preset)
