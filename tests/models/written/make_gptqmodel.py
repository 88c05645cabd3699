"""Writes the cases of GPTQModel 7.7.0: its source distribution on the path, torch 2.14.1 for CPU.

Codes are packed by TorchLinear.pack_original, zero points converted to version 1 by
convert_gptq_v2_to_v1_format_module where a checkpoint is of it; expected is what
TorchLinear.dequantize_weight gives before that. Zero points of 0 and of the greatest code occur.
"""

import os

os.environ["GPTQ_TORCH_TRITON_DEQUANT"] = "0"

import torch
from gptqmodel.nn_modules.qlinear.torch import TorchLinear
from gptqmodel.quantization.config import FORMAT, QuantizeConfig
from gptqmodel.utils.model import convert_gptq_v2_to_v1_format_module
from gptqmodel.version import __version__
from safetensors.torch import save_file
from saving import configure, expect, folder

ROWS, K = 32, 96
CASES = [(bits, FORMAT.GPTQ, False, 32, False) for bits in (2, 3, 4, 8)]
CASES += [(bits, FORMAT.GPTQ_V2, False, 32, True) for bits in (2, 3, 4, 8)]
CASES += [(4, FORMAT.GPTQ, True, 32, True), (4, FORMAT.GPTQ, True, -1, False),
          (4, FORMAT.GPTQ, False, -1, False), (8, FORMAT.GPTQ_V2, True, 32, False)]  # fmt: skip


def make(bits, version, sym, group, act_order):
    torch.manual_seed(bits)
    size, greatest = (group if group > 0 else K), 2**bits - 1
    weight = torch.randn(ROWS, K) * torch.rand(ROWS, 1)
    if not sym:
        weight[:8], weight[8:12] = weight[:8].abs(), -weight[8:12].abs()
    index = torch.arange(K) // size
    if act_order:
        index = index[torch.randperm(K)]
    scales, zeros = torch.zeros(ROWS, K // size), torch.zeros(ROWS, K // size)
    for place in range(K // size):
        part = weight[:, index == place]
        low, high = part.amin(1).clamp(max=0), part.amax(1).clamp(min=0)
        if sym:
            scales[:, place] = 2 * torch.maximum(-low, high) / greatest
            zeros[:, place] = (greatest + 1) / 2
        else:
            scales[:, place] = (high - low) / greatest
            zeros[:, place] = torch.round(-low / scales[:, place])
    linear = torch.nn.Linear(K, ROWS, bias=False)
    linear.weight.data = weight
    layer = TorchLinear(
        bits=bits, group_size=group, sym=sym, desc_act=act_order, in_features=K, out_features=ROWS
    )
    layer.pack_original(linear, scales, zeros, index.to(torch.int32))
    layer.eval()
    layer.optimized = True  # or it is compiled
    layer.post_init()
    weights = layer.dequantize_weight().T.float().numpy()
    config = QuantizeConfig(
        bits=bits, group_size=group, sym=sym, desc_act=act_order, format=version
    )
    if version == FORMAT.GPTQ:
        convert_gptq_v2_to_v1_format_module(layer, config)
    words = ["sym" if sym else "asym", f"g{group}" if group > 0 else "row"]
    words += ["act"] * act_order
    path = folder("gptqmodel", "_".join([f"{bits}bit", version.value, *words]))
    parts = {name: getattr(layer, name) for name in ("qweight", "qzeros", "scales", "g_idx")}
    save_file({f"up.{name}": part.contiguous() for name, part in parts.items()},
              path / "model.safetensors")  # fmt: skip
    stated = config.to_dict()
    del stated["meta"]  # how the tool ran, with paths of the machine
    configure(path, {"quantization_config": stated})
    expect(path, "up", weights, "float16 product", [f"gptqmodel {__version__}", "torch"])


for case in CASES:
    make(*case)
