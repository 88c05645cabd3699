"""The graph of an ONNX model: nodes, and which of their inputs are known."""

from __future__ import annotations

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
        found = self.stored(node, place)
        if found is None:
            raise DesignError(f"{node.op_type}: {what} is computed at run time, no initializer")
        return found


def attributes(node: Any) -> dict[str, Any]:
    return {item.name: item.i if item.type == 2 else item.s for item in node.attribute}
