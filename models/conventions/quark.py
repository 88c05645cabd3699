"""AMD Quark: FP8 with scales of the tensor or rows, MXFP4.

Source: Quark's export and vLLM's loader: ``weight``, ``weight_scale``; quantization_config with
quant_method "quark" and global_quant_config.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...golden.errors import DesignError
from ..files import Container
from . import fp8, mx
from .config import need
from .found import Found
from .layers import chosen, layers


def read(container: Container, config: Mapping[str, Any]) -> Found:
    """All layers with a ``weight_scale``."""
    del config
    found = Found()
    for layer, arrays in layers(container, "weight_scale"):
        parts = chosen(arrays, "weight", "weight_scale", "input_scale", "output_scale")
        found.used |= {stored.name for stored in parts.values()}
        try:
            weight, scales = need(parts, layer, "weight", "weight_scale")
            if scales.type in mx.SCALES:
                made = mx.matrix(layer, weight, scales, "Quark")
            elif weight.type.startswith("float8"):
                made = fp8.matrix(layer, weight, scales, "Quark")
            else:
                raise DesignError(f"{layer}: weights of type {weight.type} of Quark are not read")
            found.matrices.append(made)
        except DesignError as error:
            found.refuse(layer, error, sum(stored.size for stored in parts.values()))
    return found
