"""What bitsandbytes quantizes gives the weights that it dequantizes itself, bit for bit."""

import bitsandbytes.functional as bnb
import pytest
import torch
from checkpoints import write
from macsmith.models import open_model
from safetensors.torch import save_file

CONFIG = {"quantization_config": {"quant_method": "bitsandbytes"}}


@pytest.mark.parametrize("kind", ["nf4", "fp4"])
@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("block", [64, 128])
def test_four_bits(tmp_path, kind, nested, block):
    """More blocks than second scales hold, so that the nested ones end within one."""
    torch.manual_seed(1)
    weight = torch.randn(96, 384) * torch.rand(96, 1)
    codes, state = bnb.quantize_4bit(
        weight, blocksize=block, compress_statistics=nested, quant_type=kind
    )
    write(tmp_path, {}, CONFIG)
    parts = {f"l.weight.{name}": value for name, value in state.as_dict(packed=True).items()}
    save_file({"l.weight": codes, **parts}, tmp_path / "model.safetensors")
    model = open_model(tmp_path)
    assert not model.refused, model.refused
    assert not model.others
    found = torch.from_numpy(model.matrix("l.weight").values())
    assert torch.equal(found.float(), bnb.dequantize_4bit(codes, state))


def test_eight_bits(tmp_path):
    torch.manual_seed(2)
    weight = torch.randn(64, 128, dtype=torch.float16)
    codes, scales, _ = bnb.int8_vectorwise_quant(weight)
    write(tmp_path, {}, CONFIG)
    save_file({"l.weight": codes, "l.SCB": scales}, tmp_path / "model.safetensors")
    found = torch.from_numpy(open_model(tmp_path).matrix("l.weight").values())
    assert torch.equal(found.float(), bnb.int8_vectorwise_dequant(codes, scales))
