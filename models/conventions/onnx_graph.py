"""The graph of an ONNX model: nodes, and which of their inputs are known."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from ...golden.errors import DesignError
from ..files import Container, Stored


class Graph:
    """Nodes, and which of their inputs are known."""

    def __init__(self, container: Container):
        self.container = container
        self.nodes = list(container.metadata["graph"].node)
        self.maker = {name: node for node in self.nodes for name in node.output}

    def stored(self, node: Any, place: int) -> Stored | None:
        """The initializer that is an input; None for what is computed, or absent."""
        name = self.input(node, place)
        return self.container.get(name) if name else None

    def input(self, node: Any, place: int) -> str:
        return str(node.input[place]) if place < len(node.input) else ""

    def need(self, node: Any, place: int, what: str) -> Stored:
        """The initializer that is an input; DesignError for none."""
        found = self.stored(node, place)
        if found is None:
            raise DesignError(f"{node.op_type}: {what} is computed at run time, no initializer")
        return found

    def optional(self, node: Any, place: int, what: str) -> Stored | None:
        """The initializer that is an input; None without the input, DesignError for what is
        computed: to pass over it would change values."""
        return self.need(node, place, what) if self.input(node, place) else None

    def weights(self, node: Any, *places: int) -> bool:
        """Whether one of these inputs (all without ``places``) is made of the file's arrays alone,
        one of which has two axes or more."""
        names = [self.input(node, place) for place in places] or node.input
        return any(self._constant.get(name) for name in names)

    @cached_property
    def _constant(self) -> dict[str, bool]:
        """What is made of the file's arrays alone -> whether one of them has two axes or more."""
        found = {name: len(stored.shape) > 1 for name, stored in self.container.arrays.items()}
        for node in self.nodes:  # each stands behind those whose values it takes
            given = [found.get(name) for name in node.input if name]
            if None not in given:
                found |= {name: any(given) for name in node.output if name not in found}
        return found


def attributes(node: Any, **defaults: float | bytes) -> dict[str, Any]:
    """Numbers and texts of a node by name, beside what holds where it does not say; DesignError
    for one of another kind than its default. Lists and graphs are left out."""
    kinds = {1: "f", 2: "i", 3: "s"}
    given = {
        item.name: getattr(item, kinds[item.type]) for item in node.attribute if item.type in kinds
    }
    for name, default in defaults.items():
        if type(given.get(name, default)) is not type(default):
            raise DesignError(
                f"{node.op_type}: attribute {name} is {given[name]!r}, which is no "
                f"{type(default).__name__}"
            )
    return {**defaults, **given}
