"""Writes the cases of MLX: ``pip install mlx[cpu]==0.32.4 mlx-lm==0.32.2``.

A linear layer quantized and saved by mlx_lm; what mlx.core.dequantize makes of it on a CPU.
"""

import mlx.core as mx
import mlx.nn as nn
import numpy as np
from mlx_lm.utils import quantize_model, save_config, save_model
from saving import expect, folder

ROWS, K = 32, 192
AFFINE = [(bits, 64, "bfloat16") for bits in (1, 2, 3, 4, 5, 6, 8)]
AFFINE += [(4, 32, "float16"), (3, 32, "float32")]
FLOATS = [("mxfp4", 4, 32), ("mxfp8", 8, 32), ("nvfp4", 4, 16)]


class Net(nn.Module):
    """One layer."""

    def __init__(self, dtype):
        super().__init__()
        self.up = nn.Linear(K, ROWS, bias=False)
        rows = mx.random.uniform(0.1, 1, (ROWS, 1))
        self.up.weight = (mx.random.normal((ROWS, K)) * rows).astype(getattr(mx, dtype))


def make(case, mode, bits, group, dtype, rounding):
    mx.random.seed(bits)
    model, config = quantize_model(Net(dtype), {}, group, bits, mode)
    path = folder("mlx", case)
    save_model(path, model)
    save_config(config, path / "config.json")
    up = model.up
    given = up.weight, up.scales, getattr(up, "biases", None)
    weights = mx.dequantize(*given, group_size=group, bits=bits, mode=mode)
    assert str(weights.dtype) == f"mlx.core.{dtype}"
    expect(path, "up", np.array(weights.astype(mx.float32)), rounding, ["mlx", "mlx-lm"])


for bits, group, dtype in AFFINE:
    make(f"{bits}bit_g{group}_{dtype}", "affine", bits, group, dtype, f"{dtype} product, sum")
for mode, bits, group in FLOATS:
    make(mode, mode, bits, group, "bfloat16", "none")
