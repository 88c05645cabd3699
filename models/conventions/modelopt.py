"""NVIDIA ModelOpt: NVFP4 and FP8.

Source: TensorRT-Model-Optimizer's export: ``weight``, ``weight_scale``, ``weight_scale_2``,
``input_scale``; hf_quant_config.json, or quantization_config with quant_method "modelopt".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...golden.errors import DesignError
from ..files import Container
from . import fp8
from .config import need
from .found import Found
from .layers import chosen, layers
from .nvfp4 import Nvfp4


def read(container: Container, config: Mapping[str, Any]) -> Found:
    """All layers with a ``weight_scale``."""
    algorithm = str(config.get("quant_algo"))
    if algorithm not in ("NVFP4", "FP8"):
        raise DesignError(
            f"{container.path.name}: ModelOpt's quant_algo {algorithm!r} is not read; NVFP4 and "
            "FP8 are"
        )
    found = Found()
    for layer, arrays in layers(container, "weight_scale"):
        parts = chosen(arrays, "weight", "weight_scale", "weight_scale_2", "input_scale")
        found.used |= {stored.name for stored in parts.values()}
        try:
            if "weight_scale_2" in parts or algorithm == "NVFP4":
                weight, scales, tensor = need(
                    parts, layer, "weight", "weight_scale", "weight_scale_2"
                )
                if len(weight.shape) != 2:
                    raise DesignError(f"{weight.name} has shape {weight.shape}, it is no matrix")
                made = Nvfp4(layer, weight, scales, tensor, divides=False).matrix("ModelOpt")
            else:
                weight, scales = need(parts, layer, "weight", "weight_scale")
                made = fp8.matrix(layer, weight, scales, "ModelOpt")
            found.matrices.append(made)
        except DesignError as error:
            found.refuse(layer, error, sum(stored.size for stored in parts.values()))
    return found
