"""Layers of a checkpoint: arrays whose names share all but the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..files import Container, Stored


def chosen(arrays: Mapping[str, Stored], *names: str) -> dict[str, Stored]:
    """Those arrays of a layer that are there."""
    return {name: arrays[name] for name in names if name in arrays}


def layers(container: Container, key: str) -> Iterator[tuple[str, dict[str, Stored]]]:
    """For every array whose name ends with ``key``: the layer's name, and its arrays by the rest
    of their names, ``key`` first."""
    ends: dict[str, dict[str, Stored]] = {}
    for name, stored in container.arrays.items():
        layer, _, end = name.rpartition(".")
        ends.setdefault(layer, {})[end] = stored
    for layer, arrays in ends.items():
        if key in arrays:
            yield layer, {key: arrays[key], **arrays}
