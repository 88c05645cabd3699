"""compressed-tensors: packed integers, INT8, FP8, NVFP4 and MX formats.

Source: vllm-project/compressed-tensors, compressors/pack_quantized, nvfp4, mxfp4, naive_quantized.
Which of several groups of a config a layer belongs to is told by the shapes of its arrays.
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
from .packed import Packed

_PARTS = (
    *("weight", "weight_packed", "weight_scale", "weight_zero_point", "weight_shape"),
    *("weight_global_scale", "weight_g_idx", "input_scale", "input_zero_point"),
    *("input_global_scale", "output_scale", "output_zero_point"),
)

Arguments = Mapping[str, Any]


def read(container: Container, config: Mapping[str, Any]) -> Found:
    """All layers with a ``weight_scale``."""
    groups = config.get("config_groups")
    found = Found()
    if not isinstance(groups, Mapping):
        raise DesignError(f"{container.path.name}: quantization_config has no config_groups")
    weights = [
        item["weights"]
        for item in groups.values()
        if isinstance(item, Mapping) and isinstance(item.get("weights"), Mapping)
    ]
    if config.get("sparsity_config", {}).get("format", "dense") != "dense":
        raise DesignError(
            f"{container.path.name}: sparse checkpoints of compressed-tensors are not read"
        )
    for layer, arrays in layers(container, "weight_scale"):
        parts = chosen(arrays, *_PARTS)
        found.used |= {stored.name for stored in parts.values()}
        try:
            found.matrices.append(_matrix(layer, parts, weights))
        except DesignError as error:
            found.refuse(layer, error, sum(stored.size for stored in parts.values()))
    return found


def _matrix(layer: str, parts: dict[str, Stored], weights: list[Arguments]) -> Matrix:
    tool = "compressed-tensors"
    if "weight_global_scale" in parts:
        packed, scales, tensor = need(
            parts, layer, "weight_packed", "weight_scale", "weight_global_scale"
        )
        if len(packed.shape) != 2:
            raise DesignError(f"{packed.name} has shape {packed.shape}, it is no matrix")
        return Nvfp4(layer, packed, scales, tensor, divides=True).matrix(tool)
    if "weight_packed" in parts:
        if parts["weight_packed"].type == "uint8":
            packed, scales = need(parts, layer, "weight_packed", "weight_scale")
            return mx.matrix(layer, packed, scales, tool)
        return Packed(layer, parts).matrix(weights)
    weight, scales = need(parts, layer, "weight", "weight_scale")
    if scales.type in mx.SCALES:
        return mx.matrix(layer, weight, scales, tool)
    if weight.type == "int8":
        return _int8(layer, parts)
    sizes = [item.get("block_structure") for item in weights if item.get("block_structure")]
    return fp8.matrix(layer, weight, scales, tool, sizes[0] if len(sizes) == 1 else None)


def _int8(layer: str, parts: dict[str, Stored]) -> Matrix:
    weight, scales = need(parts, layer, "weight", "weight_scale")
    if len(weight.shape) != 2:
        raise DesignError(f"{weight.name} has shape {weight.shape}, it is no matrix")
    return Packed(layer, parts).whole(weight, scales)
