"""Writes the cases of AutoAWQ 0.2.9: its source distribution on the path, torch 2.14.1 for CPU.

Quantized by AwqQuantizer.pseudo_quantize_tensor, packed by WQLinear_GEMM and WQLinear_GEMV.
Expected is dequantize_gemm for the first; for the second, which has no code to read it but CUDA's,
the weights that pseudo_quantize_tensor gave, which dequantize_gemm equals in the first.
"""

import awq
import torch
from awq.models._config import AwqConfig
from awq.modules.linear.gemm import WQLinear_GEMM
from awq.modules.linear.gemv import WQLinear_GEMV
from awq.quantize.quantizer import AwqQuantizer
from awq.utils.packing_utils import dequantize_gemm
from safetensors.torch import save_file
from saving import configure, expect, folder

ROWS, K = 32, 192
CASES = [("gemm", 32), ("gemm", 64), ("gemm", -1), ("gemv", 32), ("gemv", 64)]


def make(version, group):
    torch.manual_seed(4)
    weight = (torch.randn(ROWS, K) * torch.rand(ROWS, 1)).half()
    weight[:4], weight[4:8] = weight[:4].abs(), -weight[4:8].abs()
    quantizer = AwqQuantizer.__new__(AwqQuantizer)  # without a model
    quantizer.group_size, quantizer.w_bit, quantizer.zero_point = group, 4, True
    weights, scales, zeros = quantizer.pseudo_quantize_tensor(weight)
    linear = torch.nn.Linear(K, ROWS, bias=False)
    linear.weight.data = weights
    size = group if group > 0 else K
    if version == "gemm":
        columns = {"scales": scales.T.contiguous(), "zeros": zeros.T.contiguous()}
        layer = WQLinear_GEMM.from_linear(linear, 4, size, **columns)
        held = layer.qweight, layer.qzeros, layer.scales
        assert torch.equal(dequantize_gemm(*held, 4, size).T, weights)
    else:
        layer = WQLinear_GEMV.from_linear(linear, 4, size, scales=scales, zeros=zeros)
    path = folder("awq", f"{version}_{f'g{group}' if group > 0 else 'row'}")
    parts = {name: getattr(layer, name) for name in ("qweight", "qzeros", "scales")}
    save_file({f"up.{name}": part.contiguous() for name, part in parts.items()},
              path / "model.safetensors")  # fmt: skip
    config = AwqConfig(q_group_size=group, version=version)
    configure(path, {"quantization_config": config.to_transformers_dict()})
    tools = [f"autoawq {awq.__version__}", "torch"]
    expect(path, "up", weights.float().numpy(), "float16 product", tools)


for case in CASES:
    make(*case)
