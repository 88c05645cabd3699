"""What the package compressed-tensors writes gives the weights that it reads back itself."""

import numpy as np
import pytest
import torch
from checkpoints import write
from compressed_tensors.compressors import BaseCompressor
from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
from compressed_tensors.quantization.utils import calculate_qparams
from macsmith.models import open_model
from safetensors.torch import save_file

ROWS, K = 48, 256


def args(**given):
    return QuantizationArgs(**given)


def grouped(weight, size):
    """Least and greatest value of each group."""
    parts = weight.reshape(ROWS, -1, size)
    return parts.amin(-1), parts.amax(-1)


def compressed(name, weight, arguments, scale, zero=None, global_scale=None):
    state = {"weight": weight, "weight_scale": scale}
    if zero is not None:
        state["weight_zero_point"] = zero
    if global_scale is not None:
        state["weight_global_scale"] = global_scale
    scheme = QuantizationScheme(targets=["Linear"], weights=arguments)
    compressor = BaseCompressor.get_value_from_registry(name)
    packed = compressor.compress(dict(state), scheme)
    return packed, compressor.decompress(dict(packed), scheme)["weight"], scheme


def read(folder, packed, scheme, name):
    config = {"quant_method": "compressed-tensors", "format": name,
              "config_groups": {"group_0": scheme.model_dump(mode="json")}}  # fmt: skip
    write(folder, {"unused": np.zeros(1, np.float32)}, {"quantization_config": config})
    save_file({f"l.{key}": value.contiguous() for key, value in packed.items()},
              folder / "model.safetensors")  # fmt: skip
    model = open_model(folder)
    assert not model.refused, model.refused
    return model.matrix("l")


@pytest.mark.parametrize("bits", [2, 3, 4, 6, 8])
@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_packed_integers(tmp_path, bits, symmetric, dtype):
    torch.manual_seed(bits)
    weight = torch.randn(ROWS, K, dtype=dtype)
    arguments = args(num_bits=bits, symmetric=symmetric, strategy="group", group_size=64)
    scale, zero = calculate_qparams(*grouped(weight, 64), arguments)
    zero = None if symmetric else zero.to(torch.int8)
    packed, back, scheme = compressed("pack-quantized", weight, arguments, scale, zero)
    matrix = read(tmp_path, packed, scheme, "pack-quantized")
    exact = torch.from_numpy(matrix.values())
    assert torch.equal(exact.to(back.dtype), back)


def test_nvfp4(tmp_path):
    torch.manual_seed(1)
    weight = torch.randn(ROWS, K)
    arguments = args(num_bits=4, type="float", strategy="tensor_group", group_size=16,
                     scale_dtype=torch.float8_e4m3fn)  # fmt: skip
    global_scale = torch.tensor([2688.0]) / weight.abs().max()
    amax = weight.reshape(ROWS, -1, 16).abs().amax(-1)
    scale = (amax / 6 * global_scale).to(torch.float8_e4m3fn).to(torch.float32)
    packed, back, scheme = compressed(
        "nvfp4-pack-quantized", weight, arguments, scale, None, global_scale
    )
    matrix = read(tmp_path, packed, scheme, "nvfp4-pack-quantized")
    assert torch.equal(torch.from_numpy(matrix.values()).to(back.dtype), back)


@pytest.mark.parametrize(("name", "bits", "arguments"), [
    ("mxfp4-pack-quantized", 4, {}), ("mxfp8-quantized", 8, {})])  # fmt: skip
def test_mx(tmp_path, name, bits, arguments):
    torch.manual_seed(2)
    weight = torch.randn(ROWS, K, dtype=torch.bfloat16)
    arguments = args(num_bits=bits, type="float", strategy="group", group_size=32,
                     scale_dtype=torch.uint8, **arguments)  # fmt: skip
    amax = weight.reshape(ROWS, -1, 32).abs().amax(-1)
    scale = torch.exp2(torch.floor(torch.log2(amax.float())) - (2 if bits == 4 else 8))
    packed, back, scheme = compressed(name, weight, arguments, scale.to(torch.bfloat16))
    matrix = read(tmp_path, packed, scheme, name)
    assert torch.equal(torch.from_numpy(matrix.values()).to(back.dtype), back)
