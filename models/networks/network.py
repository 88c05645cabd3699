"""The network that a model file holds."""

from __future__ import annotations

from pathlib import Path

from ...golden.errors import DesignError
from ..model import Model, open_model
from . import bert, llama_files
from .bert import Bert
from .llama import Llama


def open_network(source: Model | Path | str) -> Llama | Bert:
    """The network of a model: a llama, from GGUF or safetensors; a BERT encoder from safetensors.

    DesignError, in one line, for another architecture, for settings that are not computed here, and
    for arrays that are missing or have other shapes than the settings say.
    """
    model = source if isinstance(source, Model) else open_model(source)
    container = model.container
    if container.kind == "gguf":
        kind, known = container.metadata.get("general.architecture"), ["llama"]
        if kind == "llama":
            return Llama(model, llama_files.from_gguf(model))
    else:
        kind, known = container.sidecar("config.json").get("model_type"), ["bert", "llama"]
        if kind == "llama":
            return Llama(model, llama_files.from_config(model))
        if kind == "bert":
            return Bert(model, bert.from_config(model))
    what = f"architecture {kind!r}" if kind is not None else "no architecture (config.json)"
    raise DesignError(
        f"{container.path.name} has {what}; networks of these are known: {', '.join(known)}"
    )
