"""AMD Quark: FP8 with scales of the tensor or rows, MXFP4, MXFP6.

Source: Quark's export and vLLM's loader: ``weight``, ``weight_scale``; quantization_config with
quant_method "quark" and global_quant_config. MXFP6's two elements have arrays of the same shapes:
the config's ``dtype`` tells which.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...golden.errors import DesignError
from ..files import Container, Stored
from . import fp8, mx
from .config import need
from .found import Found
from .layers import chosen, layers


def read(container: Container, config: Mapping[str, Any]) -> Found:
    """All layers with a ``weight_scale``."""
    found, sixes = Found(), _sixes(config)
    for layer, arrays in layers(container, "weight_scale"):
        parts = chosen(arrays, "weight", "weight_scale", "input_scale", "output_scale")
        found.used |= {stored.name for stored in parts.values()}
        try:
            weight, scales = need(parts, layer, "weight", "weight_scale")
            if scales.type in mx.SCALES:
                made = mx.matrix(layer, weight, scales, "Quark", _six(layer, weight, scales, sixes))
            elif weight.type.startswith("float8"):
                made = fp8.matrix(layer, weight, scales, "Quark")
            else:
                raise DesignError(f"{layer}: weights of type {weight.type} of Quark are not read")
            found.matrices.append(made)
        except DesignError as error:
            found.refuse(layer, error, sum(stored.size for stored in parts.values()))
    return found


def _sixes(config: Mapping[str, Any]) -> set[str]:
    """The elements of 6 bits that the config has for weights, of all layers or of some."""
    parts = [config.get("global_quant_config")]
    for key in ("layer_quant_config", "layer_type_quant_config"):
        some = config.get(key)
        parts += some.values() if isinstance(some, Mapping) else ()
    weights = [part.get("weight") for part in parts if isinstance(part, Mapping)]
    stated = {str(weight.get("dtype")) for weight in weights if isinstance(weight, Mapping)}
    return {name.removeprefix("fp6_") for name in stated if name in ("fp6_e2m3", "fp6_e3m2")}


def _six(layer: str, weight: Stored, scales: Stored, sixes: set[str]) -> str:
    if len(sixes) == 1:
        return next(iter(sixes))
    if weight.type == "uint8" and 24 * scales.count == weight.count:
        raise DesignError(
            f"{layer} has elements of 6 bits, and the config's dtype does not say which: "
            f"{' and '.join(sorted(sixes)) or 'none'}"
        )
    return "e2m3"
