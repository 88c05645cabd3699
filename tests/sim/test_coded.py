"""Engines whose results leave as codes: matrices through simulated hardware, of any shape."""

import numpy as np
import pytest
from macsmith.golden.errors import DesignError
from second_models.onnx_model import qlinear_matmul

from macsmith import Options, design, lookup, matmul, quantize, simulate

SMALL = {"rows": 2, "cols": 2, "lanes": 2, "k_max": 32}


def held_of(unit, rows, rng):
    """Codes of what a requantizer holds for each row, so that results differ."""
    found = {}
    for name, fmt in unit.held.items():
        low, high = {"multiplier": (1 << 30, 1 << 31), "shift": (5, 9), "bias": (0, 999)}[name]
        found[name] = rng.integers(low, high, rows).astype(fmt.dtype)
    return found


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    "name, options",
    [
        ("tflite_int8", {}),
        ("tflite_int8", {"results": 2, "output": "uint8", "set": ("zero=128",), "axis_width": 32}),
        ("tflite_layer", {}),
        ("int4xint8", {"requantize": "dyadic", "output": "int4", "set": ("group=0", "relu=true")}),
        ("int8xint8", {"requantize": "tflite_single", "flow": "systolic_os", "initial": "int8"}),
    ],
)  # fmt: skip
def test_any_matrices_are_the_golden_ones(name, options):
    rng, chain = np.random.default_rng(len(name)), design(name, Options(**SMALL, **options))
    engine, unit = chain.parts
    sides = (engine.arithmetic.weight, (5, 9)), (engine.arithmetic.activation, (3, 9))
    w, a = (
        side.planes[0].element.encode(rng.integers(-7, 8, shape).astype(float))
        for side, shape in sides
    )
    held = held_of(unit, 1 if "set" in options and not unit.group else 5, rng)
    start = rng.integers(-99, 99, (5, 3)) if "initial" in options else None
    found = simulate(chain, w, a, initial=start, held=held)
    wanted = matmul(chain, w, a, initial=start, held=held)
    assert np.array_equal(found.values, wanted.values) and found.format == wanted.format
    assert found.values.shape == (5, 3)


def test_a_layer_in_hardware_is_onnxruntimes():
    rng, chain = np.random.default_rng(3), design("qlinear_uint8", Options(**SMALL))
    w, a = rng.integers(-63, 64, (4, 30)).astype(np.int8), rng.integers(0, 256, (3, 30), np.uint8)
    scales = np.float32(np.exp2(rng.uniform(-4, 0, 4)))
    held = {
        "multiplier": (np.float32(0.01) * scales).view(np.uint32),
        "bias": (-128 * w.astype(np.int64).sum(1)).astype(np.int32),
    }
    found = simulate(chain, w, a, held=held)
    assert np.array_equal(found.values, qlinear_matmul(a, w.T, 0.01, np.uint8(128), scales).T)
    assert found.format == lookup("uint8")


def test_an_engine_with_scales_gives_codes_in_hardware():
    """Its own scales come beside the requantizer's."""
    rng = np.random.default_rng(4)
    small = {**SMALL, "requantize": "requantize_fp32_e4m3", "relu": True}
    chain = design("w8a8", Options(**small))
    arithmetic = chain.parts[0].arithmetic
    w, a = (quantize(rng.normal(0, 1, (n, 30)), side)
            for n, side in ((5, arithmetic.weight), (3, arithmetic.activation)))  # fmt: skip
    held = {"multiplier": np.float32(np.exp2(rng.uniform(0, 9, 5))).view(np.uint32)}
    found, wanted = simulate(chain, w, a, held=held), matmul(chain, w, a, held=held)
    assert np.array_equal(found.values, wanted.values) and found.values.any()


def test_what_belongs_to_others_is_told():
    chain, some = design("tflite_int8", Options(**SMALL)), np.ones((2, 4), np.int8)
    for more in ({"mode": 1}, {"bias": np.ones(2)}, {"copies": True}):
        with pytest.raises(DesignError, match="has one mode, biases among held, and no copies"):
            simulate(chain, some, some, held={}, **more)
    with pytest.raises(DesignError, match="held is what requantizers hold, int8xint8 has none"):
        simulate(design("int8xint8"), some, some, held={})
