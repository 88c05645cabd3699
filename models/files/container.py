"""What a model file holds: named arrays, and what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...golden.errors import DesignError, UnknownName
from .stored import Stored


@dataclass(frozen=True)
class Container:
    """An opened file, or a folder of shards.

    Parameters
    ----------
    path : what was opened.
    kind : "gguf", "safetensors" or "onnx".
    arrays : by name, in the order of the file.
    metadata : what the file says of itself: GGUF's key-value pairs; ``__metadata__`` of
        safetensors.
    sidecars : JSON files beside the arrays, by name, such as ``config.json``.
    """

    path: Path
    kind: str
    arrays: Mapping[str, Stored]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    sidecars: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Stored:
        if name not in self.arrays:
            raise UnknownName(f"array of {self.path.name}", name, self.arrays)
        return self.arrays[name]

    def get(self, name: str) -> Stored | None:
        """The array of this name, if there is one."""
        return self.arrays.get(name)

    def need(self, name: str, why: str) -> Stored:
        """The array of this name; DesignError, which says ``why`` it must be there."""
        if name not in self.arrays:
            raise DesignError(f"{self.path.name}: {name} is missing; {why}")
        return self.arrays[name]

    def sidecar(self, *names: str) -> Mapping[str, Any]:
        """What the first of these JSON files that is there holds; empty without."""
        return next((self.sidecars[name] for name in names if name in self.sidecars), {})
