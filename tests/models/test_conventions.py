"""Each tool's checkpoint, written by its published layout, gives the weights that it stands for."""

import json

import ml_dtypes
import numpy as np
import pytest
from checkpoints import BF16, E4M3, random_scales, spread, words, words_with_gaps, write
from macsmith.golden.errors import DesignError
from macsmith.models import open_model

ROWS, K, GROUP = 32, 128, 32
E2M1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6])


def only(folder):
    model = open_model(folder)
    assert not model.refused, model.refused
    [matrix] = model.matrices.values()
    assert matrix.quantized().operand == matrix.operand
    return matrix


def same(matrix, wanted):
    assert matrix.shape == wanted.shape
    assert np.array_equal(matrix.values(), wanted)
    return matrix


def gptq_parts(rng, bits, version, dtype, order):
    """Arrays of one layer, and what they stand for; words run down the inputs."""
    codes = rng.integers(0, 1 << bits, (ROWS, K))
    zeros = rng.integers(1, 1 << bits, (ROWS, K // GROUP))
    scales = random_scales(rng, (ROWS, K // GROUP), dtype)
    index = np.arange(K) // GROUP
    if order is not None:
        index = index[order]
    real = scales.astype(np.float64)[:, index] * (codes - zeros[:, index])
    stored = zeros - (version == 1)
    parts = {
        "l.qweight": words(codes, bits).T.view(np.int32),
        "l.qzeros": words(stored.T, bits).view(np.int32),
        "l.scales": scales.T,
        "l.g_idx": index.astype(np.int32),
    }
    return parts, real


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
@pytest.mark.parametrize("version", [1, 2])
def test_gptq(tmp_path, rng, bits, version):
    parts, real = gptq_parts(rng, bits, version, (np.float16, BF16)[version - 1], None)
    config = {"quant_method": "gptq", "bits": bits, "group_size": GROUP, "desc_act": False,
              "checkpoint_format": ("gptq", "gptq_v2")[version - 1]}  # fmt: skip
    matrix = same(only(write(tmp_path, parts, {"quantization_config": config})), real)
    assert ("z − 1" in matrix.notes[0]) == (version == 1)


@pytest.mark.parametrize(("packing", "version"), [
    ("auto_round:auto_gptq", 1), ("auto_round:gptqmodel", 2), ("auto_round", 2)])  # fmt: skip
def test_auto_round_in_the_layout_of_gptq(tmp_path, rng, packing, version):
    parts, real = gptq_parts(rng, 4, version, np.float16, None)
    config = {"quant_method": "auto-round", "packing_format": packing, "bits": 4,
              "group_size": GROUP}  # fmt: skip
    same(only(write(tmp_path, parts, {"quantization_config": config})), real)
    config["packing_format"] = "auto_round:spam"
    with pytest.raises(DesignError, match="AutoRound with packing_format 'auto_round:spam'"):
        open_model(write(tmp_path, parts, {"quantization_config": config}))


def test_gptq_in_the_order_of_activations(tmp_path, rng):
    order = rng.permutation(K)
    parts, real = gptq_parts(rng, 4, 1, np.float16, order)
    config = {"bits": 4, "group_size": GROUP, "desc_act": True}
    matrix = same(only(write(tmp_path, parts, config, "quantize_config.json")), real)
    # Of each input alone: a product that needs no rounding.
    sorted_product = matrix.inputs(np.eye(K)) @ matrix.quantized().dequantize().T
    assert (sorted_product == real.T).all()


def test_an_order_of_inputs_that_the_config_denies_is_refused(tmp_path, rng):
    parts, _ = gptq_parts(rng, 4, 1, np.float16, rng.permutation(K))
    config = {"quant_method": "gptq", "bits": 4, "group_size": GROUP, "desc_act": False}
    model = open_model(write(tmp_path, parts, {"quantization_config": config}))
    assert model.refused["l"].why == (
        "l.g_idx sorts the inputs, and the config does not say desc_act: true"
    )


def test_gptq_symmetric_without_zero_points(tmp_path, rng):
    parts, _ = gptq_parts(rng, 4, 1, np.float16, None)
    codes = rng.integers(0, 16, (ROWS, K))
    parts["l.qweight"] = words(codes, 4).T.view(np.int32)
    del parts["l.qzeros"]
    real = spread(parts["l.scales"].T, GROUP) * (codes - 8)
    config = {"quant_method": "gptq", "bits": 4, "group_size": GROUP, "sym": True}
    matrix = same(only(write(tmp_path, parts, {"quantization_config": config})), real)
    assert len(matrix.operand.planes) == 1

    config["sym"] = False
    refused = open_model(write(tmp_path, parts, {"quantization_config": config})).refused
    assert "no qzeros" in refused["l"].why


def awq_real(rng):
    codes, zeros = rng.integers(0, 16, (ROWS, K)), rng.integers(0, 16, (ROWS, K // GROUP))
    scales = random_scales(rng, zeros.shape, np.float16)
    return codes, zeros, scales, spread(scales, GROUP) * (codes - spread(zeros, GROUP))


def test_awq_gemm(tmp_path, rng):
    codes, zeros, scales, real = awq_real(rng)
    order = [0, 2, 4, 6, 1, 3, 5, 7]

    def packed(matrix):  # (rows, n): nibble i of a word is column order[i] of eight
        columns = matrix.T.reshape(matrix.shape[1], -1, 8)[:, :, order].reshape(len(matrix.T), -1)
        return words(columns, 4).view(np.int32)

    parts = {"l.qweight": packed(codes), "l.qzeros": packed(zeros), "l.scales": scales.T}
    config = {"quant_method": "awq", "bits": 4, "group_size": GROUP, "version": "gemm"}
    same(only(write(tmp_path, parts, {"quantization_config": config})), real)


@pytest.mark.parametrize("version", ["gemm", "gemv"])
@pytest.mark.parametrize("shape", [(1, K, 4), (4 * K,)])
def test_awq_of_other_than_two_axes_is_refused(tmp_path, version, shape):
    parts = {f"l.{name}": np.zeros(shape, np.int32) for name in ("qweight", "qzeros", "scales")}
    config = {"quant_method": "awq", "bits": 4, "group_size": GROUP, "version": version}
    model = open_model(write(tmp_path, parts, {"quantization_config": config}))
    assert model.refused["l"].why == f"l.qweight has shape {shape}, it is no matrix"


@pytest.mark.parametrize("columns", [32, 64, 128])
def test_awq_gemv(tmp_path, rng, columns):
    """Groups are padded to eight, then to a multiple of 4, 2, 1 words."""
    k = 256
    codes, zeros = rng.integers(0, 16, (ROWS, k)), rng.integers(0, 16, (ROWS, k // columns))
    scales = random_scales(rng, zeros.shape, np.float16)
    real = spread(scales, columns) * (codes - spread(zeros, columns))
    padded = 8 * {32: 4, 64: 2, 128: 1}[columns]
    wide = np.zeros((2, ROWS, padded))
    wide[0, :, : k // columns], wide[1, :, : k // columns] = zeros, scales
    parts = {
        "l.qweight": words(codes, 4).view(np.int32),
        "l.qzeros": words(wide[0], 4).view(np.int32),
        "l.scales": wide[1].astype(np.float16),
    }
    config = {"quant_method": "awq", "bits": 4, "group_size": columns, "version": "gemv"}
    same(only(write(tmp_path, parts, {"quantization_config": config})), real)


@pytest.mark.parametrize("bits", [1, 2, 3, 4, 5, 6, 8])
def test_mlx(tmp_path, rng, bits):
    codes = rng.integers(0, 1 << bits, (ROWS, K))
    scales = random_scales(rng, (ROWS, K // GROUP), BF16) * rng.choice([-1, 1], (ROWS, K // GROUP))
    scales, biases = scales.astype(BF16), rng.normal(size=scales.shape).astype(BF16)
    real = spread(scales, GROUP) * codes + spread(biases, GROUP)
    parts = {"l.weight": words(codes, bits), "l.scales": scales, "l.biases": biases}
    config = {"quantization": {"group_size": GROUP, "bits": 4, "l": {"bits": bits}}}
    same(only(write(tmp_path, parts, config)), real)
    config["quantization_config"] = config["quantization"]  # mlx_lm writes it twice
    same(only(write(tmp_path, parts, config)), real)


def test_mlx_writes_its_settings_under_two_keys(tmp_path, rng):
    """As mlx-lm does for the sake of other readers; the second names no method."""
    codes, scales = rng.integers(0, 16, (ROWS, K)), random_scales(rng, (ROWS, 2), np.float16)
    parts = {"l.weight": words(codes, 4), "l.scales": scales, "l.biases": scales}
    settings = {"bits": 4, "group_size": 64}
    config = {"quantization": settings, "quantization_config": settings}
    same(only(write(tmp_path, parts, config)), spread(scales, 64) * codes + spread(scales, 64))


def test_mlx_mxfp4(tmp_path, rng):
    codes, scales = rng.integers(0, 16, (ROWS, K)), rng.integers(100, 140, (ROWS, K // 32))
    parts = {"l.weight": words(codes, 4), "l.scales": scales.astype(np.uint8)}
    config = {"quantization": {"group_size": 32, "bits": 4, "mode": "mxfp4"}}
    same(only(write(tmp_path, parts, config)), E2M1[codes] * spread(2.0 ** (scales - 127), 32))


def test_gpt_oss(tmp_path, rng):
    codes, scales = rng.integers(0, 16, (2, ROWS, K)), rng.integers(100, 140, (2, ROWS, K // 32))
    blocks = words(codes.reshape(-1, 32), 4, 8).reshape(2, ROWS, K // 32, 16)
    parts = {"experts.up_proj_blocks": blocks, "experts.up_proj_scales": scales.astype(np.uint8)}
    config = {"quantization_config": {"quant_method": "mxfp4"}}
    model = open_model(write(tmp_path, parts, config))
    for expert in range(2):
        matrix = model.matrix(f"experts.up_proj[{expert}]")
        same(matrix, E2M1[codes[expert]] * spread(2.0 ** (scales[expert] - 127), 32))
        assert matrix.bits == 4.25


def nvfp4_parts(rng):
    codes = rng.integers(0, 16, (ROWS, K))
    scales = random_scales(rng, (ROWS, K // 16), np.float32) * 1000
    return codes, np.minimum(scales, 448).astype(E4M3), words(codes, 4, 8)


def test_modelopt_nvfp4(tmp_path, rng):
    codes, scales, packed = nvfp4_parts(rng)
    second = np.float32(3.3) / np.float32(2688)
    parts = {"l.weight": packed, "l.weight_scale": scales, "l.weight_scale_2": np.array(second),
             "l.input_scale": np.float32([0.01])}  # fmt: skip
    config = {"producer": {"name": "modelopt"}, "quantization": {"quant_algo": "NVFP4"}}
    folder = write(tmp_path, parts, config, "hf_quant_config.json")
    matrix = same(only(folder), E2M1[codes] * spread(scales, 16) * np.float64(second))
    assert "multiplies" in matrix.notes[1]


def test_nvfp4_of_compressed_tensors_divides(tmp_path, rng):
    codes, scales, packed = nvfp4_parts(rng)
    second = np.float32(2688) / np.float32(3.3)
    parts = {"l.weight_packed": packed, "l.weight_scale": scales,
             "l.weight_global_scale": np.float32([second])}  # fmt: skip
    weights = {"num_bits": 4, "type": "float"}
    config = {"quant_method": "compressed-tensors", "format": "nvfp4-pack-quantized",
              "config_groups": {"group_0": {"weights": weights}}}  # fmt: skip
    matrix = only(write(tmp_path, parts, {"quantization_config": config}))
    quotients = scales.astype(np.float32) / second
    same(matrix, E2M1[codes] * spread(quotients, 16))
    products = scales.astype(np.float32) * (np.float32(1) / second)
    assert np.array_equal(
        matrix.quantized().scales["scale_2"].view(np.float32), [[np.float32(1) / second]]
    )
    count = np.count_nonzero(quotients != products)
    assert f"{count} of {scales.size} block scales differ" in matrix.notes[2]


def test_modelopt_fp8(tmp_path, rng):
    weight = rng.normal(size=(ROWS, K)).astype(E4M3)
    parts = {"l.weight": weight, "l.weight_scale": np.array(0.25, np.float32)}
    config = {"quantization_config": {"quant_method": "modelopt", "quant_algo": "FP8"}}
    same(only(write(tmp_path, parts, config)), weight.astype(np.float64) * 0.25)


@pytest.mark.parametrize("algorithm", ["W4A16_NVFP4", "MIXED_PRECISION"])
def test_modelopt_tells_formats_by_the_arrays(tmp_path, rng, algorithm):
    codes, scales, packed = nvfp4_parts(rng)
    powers = rng.integers(100, 140, (ROWS, K // 32)).astype(np.uint8)
    weight, rows = rng.normal(size=(ROWS, K)).astype(E4M3), rng.uniform(0.1, 1, ROWS)
    rows, second = rows.astype(np.float32), np.array(0.25, np.float32)
    parts = {"a.weight": packed, "a.weight_scale": scales, "a.weight_scale_2": second,
             "b.weight": words(codes, 4, 8), "b.weight_scale": powers,
             "c.weight": weight, "c.weight_scale": rows,
             "d.weight": packed, "d.weight_scale": scales, "d.weight_scale_2": second,
             "d.pre_quant_scale": np.ones(K, np.float32)}  # fmt: skip
    config = {"quantization_config": {"quant_method": "modelopt", "quant_algo": algorithm}}
    model = open_model(write(tmp_path, parts, config))
    same(model.matrix("a"), E2M1[codes] * spread(scales, 16) * 0.25)
    same(model.matrix("b"), E2M1[codes] * spread(2.0 ** (powers.astype(float) - 127), 32))
    same(model.matrix("c"), weight.astype(np.float64) * rows.astype(np.float64)[:, None])
    assert "scales its inputs (pre_quant_scale)" in model.refused["d"].why


def test_deepseek_blocks(tmp_path, rng):
    """The inverse in the name of the scale is none: it multiplies. A last block may be short."""
    weight = rng.normal(size=(200, 300)).astype(E4M3)
    scales = rng.uniform(0.01, 1, (2, 3)).astype(np.float32)
    real = weight.astype(np.float64) * np.kron(scales, np.ones((128, 128)))[:200, :300]
    parts = {"l.weight": weight, "l.weight_scale_inv": scales}
    config = {"quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]}}
    same(only(write(tmp_path, parts, config)), real)


def integers(bits, symmetric=True):
    weights = {"num_bits": bits, "type": "int", "symmetric": symmetric}
    return {"quantization_config": {"quant_method": "compressed-tensors",
            "config_groups": {"group_0": {"weights": weights}}}}  # fmt: skip


@pytest.mark.parametrize(("bits", "pack"), [(4, words), (8, words), (3, words),
                                            (3, words_with_gaps)])  # fmt: skip
@pytest.mark.parametrize("columns", [GROUP, K])
def test_packed_integers_of_compressed_tensors(tmp_path, rng, bits, pack, columns):
    half = 1 << (bits - 1)
    codes = rng.integers(-half, half, (ROWS, K))
    scales = random_scales(rng, (ROWS, K // columns), BF16)
    parts = {
        "l.weight_packed": pack(codes + half, bits).view(np.int32),
        "l.weight_scale": scales,
        "l.weight_shape": np.array([ROWS, K]),
    }
    same(only(write(tmp_path, parts, integers(bits))), spread(scales, columns) * codes)


def test_zero_points_of_compressed_tensors_are_packed_along_the_rows(tmp_path, rng):
    codes, zeros = rng.integers(-8, 8, (ROWS, K)), rng.integers(-8, 8, (ROWS, K // GROUP))
    scales = random_scales(rng, zeros.shape, BF16)
    parts = {
        "l.weight_packed": words(codes + 8, 4).view(np.int32),
        "l.weight_zero_point": words((zeros + 8).T, 4).T.view(np.int32),
        "l.weight_scale": scales,
        "l.weight_shape": np.array([ROWS, K]),
    }
    real = spread(scales, GROUP) * (codes - spread(zeros, GROUP))
    same(only(write(tmp_path, parts, integers(4, False))), real)

    refused = open_model(write(tmp_path, parts, integers([4], False))).refused
    assert "fits 0 of the config's num_bits ([4])" in refused["l"].why


def test_int8_of_compressed_tensors(tmp_path, rng):
    codes = rng.integers(-128, 128, (ROWS, K)).astype(np.int8)
    scales = random_scales(rng, (ROWS, 1), BF16)
    parts = {"l.weight": codes, "l.weight_scale": scales}
    same(only(write(tmp_path, parts, integers(8))), scales.astype(np.float64) * codes)


def test_mxfp6_and_mxfp8_of_compressed_tensors(tmp_path, rng):
    codes, scales = rng.integers(0, 64, (ROWS, K)), rng.integers(100, 140, (ROWS, K // 32))
    weight = rng.normal(size=(ROWS, K)).astype(E4M3)
    parts = {
        "a.weight_packed": words(codes, 6, 8),
        "a.weight_scale": scales.astype(np.uint8),
        "b.weight": weight,
        "b.weight_scale": scales.astype(np.uint8),
    }
    model = open_model(write(tmp_path, parts, integers(8)))
    real = codes.astype(np.uint8).view(ml_dtypes.float6_e2m3fn).astype(np.float64)
    factors = spread(2.0 ** (scales - 127), 32)
    same(model.matrix("a"), real * factors)
    same(model.matrix("b"), weight.astype(np.float64) * factors)


def test_mxfp4_of_compressed_tensors(tmp_path, rng):
    codes, scales = rng.integers(0, 16, (ROWS, K)), rng.integers(100, 140, (ROWS, K // 32))
    parts = {"l.weight_packed": words(codes, 4, 8), "l.weight_scale": scales.astype(np.uint8)}
    same(only(write(tmp_path, parts, integers(4))), E2M1[codes] * spread(2.0 ** (scales - 127), 32))


NF4 = np.array(
    [-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
     -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
     0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
     0.7229568362236023, 1.0], np.float32)  # fmt: skip


def bitsandbytes_parts(rng, nested):
    """One layer, and its scales, one a block of 64."""
    codes = rng.integers(0, 16, (ROWS, K))
    flat = codes.reshape(-1)
    state = {"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [ROWS, K]}
    blocks = ROWS * K // 64
    parts = {
        "l.weight": (flat[0::2] << 4 | flat[1::2]).astype(np.uint8)[:, None],
        "l.weight.quant_map": NF4,
    }
    if nested:
        state |= {"nested_blocksize": 16, "nested_dtype": "float32", "nested_offset": 0.0413}
        table = np.sort(rng.uniform(-1, 1, 256)).astype(np.float32)
        second = rng.uniform(0.01, 0.02, blocks // 16).astype(np.float32)
        stored = rng.integers(0, 256, blocks).astype(np.uint8)
        scales = table[stored] * np.repeat(second, 16) + np.float32(0.0413)
        parts |= {"l.weight.absmax": stored, "l.weight.nested_absmax": second,
                  "l.weight.nested_quant_map": table}  # fmt: skip
    else:
        scales = rng.uniform(0.01, 0.1, blocks).astype(np.float32)
        parts["l.weight.absmax"] = scales
    text = json.dumps(state).encode()
    parts["l.weight.quant_state.bitsandbytes__nf4"] = np.frombuffer(text, np.uint8)
    return parts, NF4[codes] * np.repeat(scales.reshape(ROWS, -1), 64, axis=1)


@pytest.mark.parametrize("nested", [False, True])
def test_bitsandbytes(tmp_path, rng, nested):
    """The library's products are rounded to FP32; levels here are golden's, 2^-16 away at most."""
    parts, real = bitsandbytes_parts(rng, nested)
    config = {"quantization_config": {"quant_method": "bitsandbytes"}}
    matrix = same(only(write(tmp_path, parts, config)), real.astype(np.float64))
    codes = matrix.quantized()
    assert np.abs(codes.elements(0) - NF4[codes.codes["code"]]).max() <= 2**-15
    assert ("scales are quantized themselves; unfolded to FP32 here" in matrix.notes) == nested


def test_blocks_of_bitsandbytes_that_run_across_rows_are_refused(tmp_path, rng):
    parts, _ = bitsandbytes_parts(rng, False)
    state = {"blocksize": 96, "shape": [ROWS, K]}
    parts["l.weight.quant_state.bitsandbytes__nf4"] = np.frombuffer(
        json.dumps(state).encode(), np.uint8
    )
    config = {"quantization_config": {"quant_method": "bitsandbytes"}}
    assert "run across rows" in open_model(write(tmp_path, parts, config)).refused["l.weight"].why


def test_llm_int8(tmp_path, rng):
    codes = rng.integers(-127, 128, (ROWS, K)).astype(np.int8)
    greatest = rng.uniform(0.1, 2, ROWS).astype(np.float32)
    parts = {"l.weight": codes, "l.SCB": greatest, "l.weight_format": np.array(0, np.uint8)}
    config = {"quantization_config": {"quant_method": "bitsandbytes", "load_in_8bit": True}}
    real = codes.astype(np.float32) * greatest[:, None] * np.float32(1 / 127)
    matrix = same(only(write(tmp_path, parts, config)), real.astype(np.float64))
    scales = matrix.quantized().scales["scale"].view(np.float32)
    assert np.array_equal(scales[:, 0], greatest * np.float32(1 / 127))


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_hqq(tmp_path, rng, bits):
    """A part of the groups fills the high bits, the next the bits below."""
    codes = rng.integers(0, 1 << bits, (ROWS * K // GROUP, GROUP))
    scale = rng.uniform(0.01, 0.1, (len(codes), 1)).astype(np.float16)
    zero = rng.uniform(0, 1 << bits, (len(codes), 1)).astype(np.float16)
    parts = np.split(codes, 8 // bits)
    packed = sum(part << (8 - bits * (place + 1)) for place, part in enumerate(parts))
    arrays = {
        "l.W_q": packed.astype(np.uint8),
        "l.scale": scale,
        "l.zero": zero,
        "l.shape": np.array([ROWS, K]),
        "l.nbits": np.array(bits),
        "l.group_size": np.array(GROUP),
        "l.axis": np.array(1),
        "l.round_zero": np.array(False),
    }
    real = (codes - zero.astype(np.float64)) * scale.astype(np.float64)
    config = {"quantization_config": {"quant_method": "hqq"}}
    same(only(write(tmp_path, arrays, config)), real.reshape(ROWS, K))

    arrays["l.nbits"] = np.array([], np.int64)
    refused = open_model(write(tmp_path, arrays, config)).refused
    assert "nbits, group_size, axis are a number each" in refused["l"].why


def test_quark(tmp_path, rng):
    codes, scales = rng.integers(0, 16, (ROWS, K)), rng.integers(100, 140, (ROWS, K // 32))
    weight = rng.normal(size=(ROWS, K)).astype(E4M3)
    parts = {
        "a.weight": words(codes, 4, 8),
        "a.weight_scale": scales.astype(np.uint8),
        "b.weight": weight,
        "b.weight_scale": np.array(0.5, np.float32),
    }
    config = {"quantization_config": {"quant_method": "quark"}}
    model = open_model(write(tmp_path, parts, config))
    same(model.matrix("a"), E2M1[codes] * spread(2.0 ** (scales - 127), 32))
    same(model.matrix("b"), weight.astype(np.float64) / 2)


@pytest.mark.parametrize("element", ["e2m3", "e3m2"])
def test_six_bits_of_quark(tmp_path, rng, element):
    """The arrays of both have the same shapes: the config tells."""
    codes, scales = rng.integers(0, 64, (ROWS, K)), rng.integers(100, 140, (ROWS, K // 32))
    parts = {"a.weight": words(codes, 6, 8), "a.weight_scale": scales.astype(np.uint8)}
    config = {"quant_method": "quark",
              "layer_quant_config": {"a": {"weight": {"dtype": f"fp6_{element}"}}}}  # fmt: skip
    kind = {"e2m3": ml_dtypes.float6_e2m3fn, "e3m2": ml_dtypes.float6_e3m2fn}[element]
    real = codes.astype(np.uint8).view(kind).astype(np.float64) * spread(2.0 ** (scales - 127), 32)
    same(only(write(tmp_path, parts, {"quantization_config": config})), real)

    other = {"e2m3": "fp6_e3m2", "e3m2": "fp6_e2m3"}[element]
    config["global_quant_config"] = {"weight": {"dtype": other}}
    refused = open_model(write(tmp_path, parts, {"quantization_config": config})).refused
    assert "does not say which: e2m3 and e3m2" in refused["a"].why
    config = {"quant_method": "quark"}
    refused = open_model(write(tmp_path, parts, {"quantization_config": config})).refused
    assert "does not say which: none" in refused["a"].why


@pytest.mark.parametrize("dtype", [np.float32, np.float16, BF16, E4M3, ml_dtypes.float8_e5m2])
def test_plain_arrays(tmp_path, rng, dtype):
    weight = rng.normal(size=(ROWS, K)).astype(dtype)
    parts = {"l.weight": weight, "norm": np.ones(4, np.float32), "ids": np.zeros((2, 2), np.int64)}
    model = open_model(write(tmp_path, parts, None))
    same(model.matrix("l.weight"), weight.astype(np.float64))
    assert set(model.others) == {"norm", "ids"}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (None, "nothing says how it is to be read"),
        ({"quantization_config": {"quant_method": "spam"}}, "quantized by spam"),
        ({"quantization_config": {"bits": 4}}, "names no quant_method"),
        ({"quantization_config": {"quant_method": "gptq"}}, "bits of the quantization's config"),
        (
            {"quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": 32,
                                     "checkpoint_format": "marlin"}},
            "checkpoint_format 'marlin'",
        ),
        (
            {"quantization_config": {"quant_method": "gptq", "bits": 5, "group_size": 32}},
            "GPTQ with 2, 3, 4, 8 bits is read, got 5 bits",
        ),
        (
            {"quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": 32,
                                     "checkpoint_format": ["gptq"]}},
            r"checkpoint_format \['gptq'\]",
        ),
    ],
)  # fmt: skip
def test_what_no_metadata_tell_is_refused(tmp_path, rng, config, message):
    parts, _ = gptq_parts(rng, 4, 1, np.float16, None)
    with pytest.raises(DesignError, match=message):
        open_model(write(tmp_path, parts, config))


def test_scales_of_quanto_are_no_matrices(tmp_path, rng):
    """Its own files say in quanto_qmap.json, not in config.json, that they are quantized."""
    parts = {"l.weight._data": rng.normal(size=(ROWS, K)).astype(E4M3),
             "l.weight._scale": np.ones((ROWS, 1), np.float16)}  # fmt: skip
    with pytest.raises(DesignError, match=r"l\.weight\._scale belongs to a quantized checkpoint"):
        open_model(write(tmp_path, parts, {}))


def test_a_matrix_without_elements_is_refused(tmp_path):
    parts = {"l.weight": np.zeros((0, K), E4M3), "l.weight_scale": np.ones(1, np.float32)}
    config = {"quantization_config": {"quant_method": "fp8"}}
    model = open_model(write(tmp_path, parts, config))
    assert not model.matrices
    assert model.refused["l"].why == f"it has no elements: 0 × {K}"


def test_one_layer_that_does_not_fit_is_refused_alone(tmp_path, rng):
    parts, real = gptq_parts(rng, 4, 1, np.float16, None)
    parts |= {"m.qweight": parts["l.qweight"], "m.qzeros": parts["l.qzeros"]}
    config = {"quant_method": "gptq", "bits": 4, "group_size": GROUP}
    model = open_model(write(tmp_path, parts, {"quantization_config": config}))
    same(model.matrix("l"), real)
    assert "m has no scales" in model.refused["m"].why
    with pytest.raises(DesignError, match="m is not read: m has no scales"):
        model.matrix("m")
