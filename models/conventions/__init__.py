"""How each tool stores quantized matrices: names, layouts and conventions, told by metadata.

One module a tool: ``read(container, config) -> Found``. What no tool claims are plain arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...golden.errors import DesignError
from ..files import Container
from . import (
    awq,
    bitsandbytes,
    compressed,
    fp8,
    gguf,
    gptoss,
    gptq,
    hqq,
    mlx,
    modelopt,
    onnx,
    plain,
    quark,
)
from .found import Found

__all__ = ["Found", "matrices_of"]

#: ``quant_method`` of a checkpoint -> who reads it.
METHODS: dict[str, Callable[[Container, Mapping[str, Any]], Found]] = {
    "awq": awq.read,
    "bitsandbytes": bitsandbytes.read,
    "compressed-tensors": compressed.read,
    "fp8": fp8.read,
    "gptq": gptq.read,
    "hqq": hqq.read,
    "mlx": mlx.read,
    "modelopt": modelopt.read,
    "mxfp4": gptoss.read,
    "quark": quark.read,
}

#: ``packing_format`` of AutoRound's checkpoints -> whose layout it is, and what its config omits.
PACKINGS: dict[str, tuple[str, Mapping[str, Any]]] = {
    "auto_round:auto_gptq": ("gptq", {}),
    "auto_round:auto_awq": ("awq", {}),
    "auto_round:gptqmodel": ("gptq", {"checkpoint_format": "gptq_v2"}),
    "auto_round": ("gptq", {"checkpoint_format": "gptq_v2"}),
}

#: What the names of arrays end with that only a quantized checkpoint has.
QUANTIZED = (
    *("qweight", "qzeros", "weight_packed", "weight_scale_inv", "weight_scale_2"),
    *("weight_global_scale", "_blocks", "absmax", "W_q", "weight_scale", "weight._scale"),
)


def matrices_of(container: Container) -> Found:
    """What ``container`` holds, by the convention that its metadata name.

    DesignError where arrays are quantized and nothing says by which convention.
    """
    if container.kind == "gguf":
        found = gguf.read(container)
    elif container.kind == "onnx":
        found = onnx.read(container)
    else:
        method, config = method_of(container)
        if method is None:
            _check_plain(container)
            found = Found()
        elif method in METHODS:
            found = METHODS[method](container, config)
        else:
            raise DesignError(
                f"{container.path.name}: quantized by {method}, which is not read; known: "
                f"{', '.join(METHODS)}"
            )
    found.join(plain.read(container, found.used))
    for matrix in found.matrices:
        if not matrix.count:
            found.refuse(matrix.name, "it has no elements: {} × {}".format(*matrix.shape))
    found.matrices = [matrix for matrix in found.matrices if matrix.count]
    order = {name: place for place, name in enumerate(container.arrays)}
    found.matrices.sort(key=lambda matrix: order.get(matrix.arrays[0].name, 0))
    return found


def method_of(container: Container) -> tuple[str | None, Mapping[str, Any]]:
    """By which tool a checkpoint was quantized, and what it says of it; None for none."""
    config = container.sidecar("config.json")
    given = config.get("quantization_config") or config.get("compression_config")
    if isinstance(given, Mapping):
        method = given.get("quant_method")
        if method is None and "quant_algo" in given:
            method = "modelopt"
        if method is None and "config_groups" in given:
            method = "compressed-tensors"
        if method is None and isinstance(config.get("quantization"), Mapping):
            # mlx-lm writes its settings under both keys, and names no method.
            return "mlx", config["quantization"]
        if method is None:
            raise DesignError(
                f"{container.path.name}: quantization_config of config.json names no quant_method: "
                "nothing says how the arrays are to be read"
            )
        if method in ("auto-round", "intel/auto-round"):
            packing = str(given.get("packing_format", "auto_round:auto_gptq"))
            method, more = PACKINGS.get(packing, (f"AutoRound with packing_format {packing!r}", {}))
            given = {**given, **more}
        return str(method), given
    if isinstance(config.get("quantization"), Mapping):
        return "mlx", config["quantization"]
    whole = container.sidecar("hf_quant_config.json")
    if isinstance(whole.get("quantization"), Mapping):
        return "modelopt", whole["quantization"]
    own = container.sidecar("quantize_config.json")
    if own:
        return str(own.get("quant_method", "gptq")), own
    own = container.sidecar("quant_config.json")
    if own:
        return str(own.get("quant_method", "awq")), {
            "bits": own.get("w_bit"),
            "group_size": own.get("q_group_size"),
            **own,
        }
    return None, {}


def _check_plain(container: Container) -> None:
    for name in container.arrays:
        if name.endswith(QUANTIZED):
            raise DesignError(
                f"{container.path.name}: {name} belongs to a quantized checkpoint, and nothing "
                "says how it is to be read: put config.json (with quantization_config), or the "
                "tool's own quantization file, beside it"
            )
