"""NVIDIA ModelOpt: NVFP4, FP8, MXFP8 and MXFP4.

Source: TensorRT-Model-Optimizer's export: ``weight``, ``weight_scale``, ``weight_scale_2``,
``input_scale``; hf_quant_config.json, or quantization_config with quant_method "modelopt". The
format of a layer is told by its arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...golden.errors import DesignError
from ..files import Container, Stored
from ..matrix import Matrix
from . import fp8, mx
from .config import need
from .found import Found
from .layers import chosen, layers
from .nvfp4 import Nvfp4

#: ``quant_algo``, as ModelOpt writes it, of checkpoints whose weights are read.
ALGORITHMS = (
    *("NVFP4", "W4A16_NVFP4", "FP8", "FP8_PER_CHANNEL_PER_TOKEN", "MXFP8", "mxfp4"),
    "MIXED_PRECISION",
)

_PARTS = ("weight", "weight_scale", "weight_scale_2", "input_scale", "pre_quant_scale")


def read(container: Container, config: Mapping[str, Any]) -> Found:
    """All layers with a ``weight_scale``."""
    algorithm = str(config.get("quant_algo"))
    if algorithm not in ALGORITHMS:
        raise DesignError(
            f"{container.path.name}: ModelOpt's quant_algo {algorithm!r} is not read; "
            f"{', '.join(ALGORITHMS)} are"
        )
    found = Found()
    for layer, arrays in layers(container, "weight_scale"):
        parts = chosen(arrays, *_PARTS)
        found.used |= {stored.name for stored in parts.values()}
        try:
            found.matrices.append(_matrix(layer, parts, algorithm))
        except DesignError as error:
            found.refuse(layer, error, sum(stored.size for stored in parts.values()))
    return found


def _matrix(layer: str, parts: dict[str, Stored], algorithm: str) -> Matrix:
    if "pre_quant_scale" in parts:
        raise DesignError(f"{layer} scales its inputs (pre_quant_scale): that is not read")
    weight, scales = need(parts, layer, "weight", "weight_scale")
    if "weight_scale_2" in parts or algorithm == "NVFP4":
        [tensor] = need(parts, layer, "weight_scale_2")
        if len(weight.shape) != 2:
            raise DesignError(f"{weight.name} has shape {weight.shape}, it is no matrix")
        return Nvfp4(layer, weight, scales, tensor, divides=False).matrix("ModelOpt")
    if scales.type in mx.SCALES:
        return mx.matrix(layer, weight, scales, "ModelOpt")
    return fp8.matrix(layer, weight, scales, "ModelOpt")
