"""Writes the cases of AutoRound: ``pip install auto-round==0.16.1 torch==2.14.1``.

Layers of the classes that its export picks for a packing format, packed by them; expected is what
such a layer answers to the identity in FP16, or its dequantize_gemm gives.
"""

import torch
from auto_round.export.export_to_autoround.export import dynamic_import_quant_linear_for_packing
from auto_round.export.export_to_awq.utils import dequantize_gemm
from safetensors.torch import save_file
from saving import configure, expect, folder

ROWS, K, GROUP = 32, 96, 32
CASES = [("auto_round:auto_gptq", bits, bits == 4) for bits in (2, 3, 4, 8)]
CASES += [("auto_round:auto_gptq", 4, False)]
CASES += [("auto_round", bits, False) for bits in (2, 3, 4, 8)]
CASES += [("auto_round:gptqmodel", 4, True), ("auto_round:auto_awq", 4, True)]
CASES += [("auto_round:auto_awq", 4, False)]


def make(packing, bits, sym):
    torch.manual_seed(bits)
    weight = torch.randn(ROWS, K) * torch.rand(ROWS, 1)
    if not sym:
        weight[:4], weight[4:8] = weight[:4].abs(), -weight[4:8].abs()
    greatest, groups = 2**bits - 1, weight.reshape(ROWS, -1, GROUP)
    low, high = groups.amin(2).clamp(max=0), groups.amax(2).clamp(min=0)
    if sym:
        scales = 2 * torch.maximum(-low, high) / greatest
        zeros = torch.full_like(scales, (greatest + 1) / 2)
    else:
        scales = (high - low) / greatest
        zeros = torch.round(-low / scales)
    linear = torch.nn.Linear(K, ROWS, bias=False)
    linear.weight.data = weight
    kind = dynamic_import_quant_linear_for_packing(packing, bits, GROUP, sym)
    one = int(zeros[0, 0]) if sym else None
    if "awq" in packing:
        columns = scales.T.contiguous(), one if sym else zeros.T.contiguous()
        layer = kind.from_linear(linear, bits, GROUP, False, *columns, device="cpu")
        weights = dequantize_gemm(layer.qweight, layer.qzeros, layer.scales, bits, GROUP).T
    else:
        layer = kind(bits, GROUP, K, ROWS, bias=False, weight_dtype=torch.float32)
        layer.device = "cpu"
        layer.pack(linear, scales, one if sym else zeros, None, device="cpu")
        weights = layer(torch.eye(K, dtype=torch.float16)).T
    words = packing.replace("auto_round:", ""), f"{bits}bit", "sym" if sym else "asym"
    path = folder("auto_round", "_".join(words))
    held = [name for name in ("qweight", "qzeros", "scales", "g_idx") if hasattr(layer, name)]
    save_file({f"up.{name}": getattr(layer, name).contiguous() for name in held},
              path / "model.safetensors")  # fmt: skip
    stated = {"bits": bits, "group_size": GROUP, "sym": sym, "data_type": "int",
              "quant_method": "auto-round", "packing_format": packing}  # fmt: skip
    configure(path, {"quantization_config": stated})
    expect(path, "up", weights.float().numpy(), "float16 product", ["auto-round", "torch"])


for case in CASES:
    make(*case)
