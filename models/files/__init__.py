"""Model files of any kind, opened by what they begin with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ...golden.errors import DesignError, ToolMissing
from . import gguf, safetensors
from .container import Container
from .safetensors import INDEX, read_json
from .stored import CODES, NUMPY, Stored, mapped

__all__ = ["CODES", "NUMPY", "Container", "Stored", "read_file"]

#: JSON files beside safetensors that say how its arrays are to be read.
SIDECARS = (
    *("config.json", "quantize_config.json", "quant_config.json", "hf_quant_config.json"),
    *("generation_config.json", "tokenizer_config.json"),
)

WHOLE = "model.safetensors"


def read_file(path: Path | str) -> Container:
    """Opens a model: a .gguf, .safetensors or .onnx file, the index of shards, or their folder.

    Nothing but headers is read; arrays stay in the file. Nothing in a file is ever executed.
    DesignError, in one line with the array and the byte, for what is damaged or unknown.
    """
    path = Path(path)
    try:
        if path.is_dir():
            path = _in_folder(path)
        if path.name.endswith(INDEX):
            return _with_sidecars(safetensors.read_index(path))
        start = mapped(path)[:16].tobytes()
        if start[:4] == gguf.MAGIC:
            return gguf.read(path)
        if path.suffix == ".onnx":
            return _onnx(path)
        if start[8:9] == b"{" or path.suffix == ".safetensors":
            return _with_sidecars(safetensors.read(path))
    except OSError as error:
        reason = error.strerror or error
        raise DesignError(f"cannot read {error.filename or path}: {reason}") from None
    raise DesignError(
        f"{path.name} is no model file that is read: GGUF, safetensors (or the folder of "
        "a checkpoint) and .onnx are"
    )


def _in_folder(folder: Path) -> Path:
    """The file of a checkpoint's folder to open."""
    indices = sorted(folder.glob(f"*{INDEX}"))
    if (folder / WHOLE).exists() and not indices:
        return folder / WHOLE
    for kind, found in (
        ("index of safetensors", indices),
        ("safetensors file", sorted(folder.glob("*.safetensors"))),
        ("GGUF file", sorted(folder.glob("*.gguf"))),
        ("ONNX file", sorted(folder.glob("*.onnx"))),
    ):
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(path.name for path in found[:4])
            raise DesignError(f"{folder} has more than one {kind}: name one, such as {names}")
    raise DesignError(f"{folder} has no .safetensors, .gguf or .onnx file")


def _with_sidecars(container: Container) -> Container:
    found: dict[str, dict[str, Any]] = {}
    for name in SIDECARS:
        path = container.path.parent / name
        if path.is_file():
            found[name] = read_json(path)
    return replace(container, sidecars=found)


def _onnx(path: Path) -> Container:
    try:
        from . import onnx
    except ModuleNotFoundError as error:
        if error.name not in ("onnx", "google"):
            raise
        raise ToolMissing(
            "reading .onnx files needs the package onnx: pip install 'macsmith[models]'"
        ) from None
    return onnx.read(path)
