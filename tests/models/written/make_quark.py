"""Writes the cases of AMD Quark: ``pip install amd-quark==0.13 transformers torch`` for CPU.

A model quantized by ModelQuantizer and exported by export_safetensors, of which one layer is kept;
expected is what the layer, imported again by Quark, answers to the identity in BF16.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from quark.torch import ModelQuantizer, export_safetensors, import_model_from_safetensors
from quark.torch.quantization.config import config as quark
from safetensors.torch import load_file, save_file
from saving import configure, expect, folder
from tiny import LAYER, K, model

STATIC = {"is_dynamic": False}
CASES = {
    "mxfp4": (quark.OCP_MXFP4Spec(ch_axis=-1, **STATIC), "none"),
    "mxfp6_e2m3": (quark.OCP_MXFP6E2M3Spec(ch_axis=-1, **STATIC), "none"),
    "mxfp6_e3m2": (quark.OCP_MXFP6E3M2Spec(ch_axis=-1, **STATIC), "none"),
    "fp8": (quark.FP8E4M3PerTensorSpec("min_max", **STATIC), "bfloat16 product"),
    "fp8_rows": (quark.FP8E4M3PerChannelSpec(ch_axis=0, **STATIC), "bfloat16 product"),
}


def make(case, spec, rounding):
    weight = quark.QLayerConfig(weight=spec.to_quantization_spec())
    quantizer = ModelQuantizer(quark.QConfig(global_quant_config=weight, exclude=["lm_head"]))
    quantized = quantizer.freeze(quantizer.quantize_model(model()))
    path = folder("quark", case)
    with TemporaryDirectory() as given, torch.no_grad():
        export_safetensors(quantized, given)
        held = load_file(Path(given) / "model.safetensors")
        config = json.loads((Path(given) / "config.json").read_text(encoding="utf-8"))
        again = import_model_from_safetensors(model(), given, device="cpu")
        layer = again.get_submodule(LAYER)
        weights = layer(torch.eye(K, dtype=torch.bfloat16)).T
    parts = {name: part.clone() for name, part in held.items() if name.startswith(LAYER)}
    save_file(parts, path / "model.safetensors")
    configure(path, {"quantization_config": config["quantization_config"]})
    expect(path, LAYER, weights.float().numpy(), rounding, ["amd-quark", "torch"])


for case, given in CASES.items():
    make(case, *given)
