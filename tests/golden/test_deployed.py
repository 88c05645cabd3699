"""The presets that people deploy, from real numbers to results: close to what they stand for."""

import numpy as np
import pytest
from macsmith.golden import matmul, quantize

#: Preset -> how far the engine may be from the product of the dequantized operands, and that from
#: the product of real numbers: relative, over the whole matrix.
PRESETS = {
    "w4a8": (1e-7, 0.11),
    "w4a16": (1e-7, 0.11),
    "w8a8": (1e-7, 0.013),
    "mxfp8_e4m3": (1e-7, 0.05),
    "mxfp8_e5m2": (1e-7, 0.09),
    "mxfp6_e2m3": (1e-7, 0.05),
    "mxfp6_e3m2": (1e-7, 0.09),
    "mxfp4": (1e-7, 0.19),
    "mxint8": (1e-7, 0.014),
    "mxfp4xmxfp8_e4m3": (1e-7, 0.14),
    "nvfp4": (1e-7, 0.16),
    "bitnet": (1e-7, 0.55),
    "deepseek_fp8": (1e-3, 0.045),
}


def distance(found, wanted):
    return np.linalg.norm(found - wanted) / np.linalg.norm(wanted)


@pytest.mark.parametrize("name", PRESETS)
def test_an_engine_approximates_the_product_of_real_matrices(name, preset):
    made = preset(name)
    rng, k = np.random.default_rng(1), 512
    weight, activation = rng.normal(size=(128, k)) / 40, rng.normal(size=(16, k))
    w = quantize(weight, made.arithmetic.weight)
    a = quantize(activation, made.arithmetic.activation)
    found = matmul(made, w, a).decode()
    implied = w.dequantize() @ a.dequantize().T
    near, far = PRESETS[name]
    assert distance(found, implied) < near
    assert distance(implied, weight @ activation.T) < far
