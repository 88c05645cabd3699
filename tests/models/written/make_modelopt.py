"""Writes the cases of ModelOpt: ``pip install nvidia-modelopt==0.47.0 transformers torch`` for CPU.

A model quantized by mtq.quantize and exported by export_hf_checkpoint, of which one layer is kept;
expected is what ModelOpt's tensor classes dequantize to FP32.
"""

import copy
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import modelopt.torch.quantization as mtq
import torch
from modelopt.torch.export import export_hf_checkpoint
from modelopt.torch.quantization.qtensor import (
    FP8QTensor,
    MXFP4QTensor,
    MXFP8QTensor,
    NVFP4QTensor,
)
from safetensors.torch import load_file, save_file
from saving import configure, expect, folder
from tiny import LAYER, ROWS, K, model

CASES = {
    "nvfp4": ("NVFP4_DEFAULT_CFG", NVFP4QTensor, 16, "float32 scales, product"),
    "w4a16_nvfp4": ("W4A16_NVFP4_CFG", NVFP4QTensor, 16, "float32 scales, product"),
    "mxfp4": ("MXFP4_DEFAULT_CFG", MXFP4QTensor, 32, "none"),
    "mxfp8": ("MXFP8_DEFAULT_CFG", MXFP8QTensor, 32, "none"),
    "fp8": ("FP8_DEFAULT_CFG", FP8QTensor, None, "float32 product"),
    "fp8_rows": ("FP8_PER_CHANNEL_PER_TOKEN_CFG", FP8QTensor, None, "float32 product"),
}


def tokens(quantized):
    torch.manual_seed(1)
    quantized(torch.randint(0, 64, (2, 16)))


def make(case, name, kind, block, rounding):
    quantized = mtq.quantize(model(), copy.deepcopy(getattr(mtq, name)), tokens)
    path = folder("modelopt", case)
    with TemporaryDirectory() as given:
        export_hf_checkpoint(quantized, export_dir=given)
        held = load_file(Path(given) / "model.safetensors")
        config = json.loads((Path(given) / "config.json").read_text(encoding="utf-8"))
        own = json.loads((Path(given) / "hf_quant_config.json").read_text(encoding="utf-8"))
    parts = {name: part.clone() for name, part in held.items() if name.startswith(LAYER)}
    save_file(parts, path / "model.safetensors")
    if case == "nvfp4":  # what ModelOpt writes beside, for those who do not read config.json
        configure(path, own, "hf_quant_config.json")
    else:
        configure(path, {"quantization_config": config["quantization_config"]})
    scale = parts[f"{LAYER}.weight_scale"]
    more = {"block_sizes": {-1: block}} if block else {}
    if f"{LAYER}.weight_scale_2" in parts:
        more["double_scale"] = parts[f"{LAYER}.weight_scale_2"]
    stored = kind(torch.Size((ROWS, K)), torch.float32, parts[f"{LAYER}.weight"])
    scale = scale[:, None] if case == "fp8_rows" else scale
    weights = stored.dequantize(torch.float32, scale=scale, **more)
    expect(path, LAYER, weights.numpy(), rounding, ["nvidia-modelopt", "torch"])


for case, given in CASES.items():
    make(case, *given)
