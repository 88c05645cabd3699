"""Checkpoints that the tools themselves wrote: the weights are those that the tools compute.

``written/`` has the checkpoints, the scripts that made them, and of each what its tool dequantizes,
as a digest, with how the tool rounds. macsmith's values are exact; here they are rounded alike.
"""

import importlib.util
import json
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from macsmith.models import open_model

WRITTEN = Path(__file__).parent / "written"
EXPECTED = json.loads((WRITTEN / "expected.json").read_text(encoding="utf-8"))
TYPES = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "float32": np.float32}

spec = importlib.util.spec_from_file_location("saving", WRITTEN / "saving.py")
saving = importlib.util.module_from_spec(spec)
spec.loader.exec_module(saving)


def product(matrix, dtype):
    """Element × scale, exact, rounded once."""
    return matrix.values().astype(dtype)


def product_sum(matrix, dtype):
    """MLX: scale × code rounded, then the sum with the bias."""
    held = matrix.quantized()
    columns = matrix.operand.levels[0].span.columns
    decoded = {level.name: level.format.decode(held.scales[level.name])
               for level in matrix.operand.levels}  # fmt: skip
    scale, bias = (np.repeat(decoded[name], columns, axis=1) for name in ("d", "m"))
    products = (scale * held.codes["code"]).astype(dtype)
    return (products.astype(np.float64) + bias).astype(dtype)


def scales_product(matrix, dtype):
    """NVFP4: the block's scale × the tensor's rounded, then the product with the element."""
    held = matrix.quantized()
    first, second = (level.format.decode(held.scales[level.name])
                     for level in matrix.operand.levels)  # fmt: skip
    scales = (first * second).astype(dtype).astype(np.float64)
    return (held.elements(0) * np.repeat(scales, 16, axis=1)).astype(dtype)


ROUNDINGS = {"product": product, "product, sum": product_sum, "scales, product": scales_product}


def rounded(matrix, how):
    """The values as the tool rounds them, in FP32."""
    if how == "none":
        return matrix.values().astype(np.float32)
    dtype, _, way = how.partition(" ")
    return ROUNDINGS[way](matrix, TYPES[dtype]).astype(np.float32)


@pytest.mark.parametrize("case", EXPECTED)
def test_a_tools_own_checkpoint(case):
    wanted = EXPECTED[case]
    model = open_model(WRITTEN / case)
    assert not model.refused, model.refused
    assert not model.others
    matrix = model.matrix(wanted["layer"])
    assert list(matrix.shape) == wanted["shape"]
    found = rounded(matrix, wanted["rounding"])
    assert found[0, :4].tolist() == wanted["first"]
    assert saving.digest(found) == wanted["sha256"]
    if wanted["rounding"] == "none":
        assert (found == matrix.values()).all()


def test_every_case_has_its_line():
    cases = {path.parent.relative_to(WRITTEN).as_posix() for path in WRITTEN.rglob("*.safetensors")}
    assert cases == set(EXPECTED)
