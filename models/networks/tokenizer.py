"""The tokenizer of a model file; nothing of the file is executed.

From GGUF the byte-level pairs that its metadata list; beside safetensors tokenizer.json.
"""

from __future__ import annotations

import json
from typing import Any

from ...golden.errors import DesignError
from ..files import Container
from ..files.safetensors import read_json
from . import byte_pairs
from .tokens import Tokenizer, package, refusals


def read_tokenizer(container: Container) -> Tokenizer:
    """The tokenizer of a model file. ToolMissing without the package; DesignError for a tokenizer
    that is missing, damaged, or of a kind that is not read."""
    package()
    if container.kind == "gguf":
        return byte_pairs.read(container)
    path = container.path.parent / "tokenizer.json"
    if not path.is_file():
        raise DesignError(f"tokenizer.json is missing beside {container.path.name}")
    return _of_json(container, read_json(path))


def _of_json(container: Container, given: dict[str, Any]) -> Tokenizer:
    from tokenizers import Tokenizer as Inner

    with refusals("tokenizer.json"):
        inner = Inner.from_str(json.dumps(given))
    inner.no_padding()
    inner.no_truncation()
    config = container.sidecar("generation_config.json", "config.json")
    ends = config.get("eos_token_id")
    ends = ends if isinstance(ends, list) else [ends]
    return Tokenizer(inner, None, [end for end in ends if isinstance(end, int)])
