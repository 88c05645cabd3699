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
        self._made: dict[str, tuple[Stored, ...] | None] = {}

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
        names = [self.input(node, place) for place in places] or list(node.input)
        return any(
            len(stored.shape) > 1 for name in names for stored in self._arrays(str(name)) or ()
        )

    def _arrays(self, name: str, depth: int = 8) -> tuple[Stored, ...] | None:
        """The initializers that a value is made of; None where an activation takes part."""
        if name not in self._made:
            self._made[name] = self._found(name, depth)
        return self._made[name]

    def _found(self, name: str, depth: int) -> tuple[Stored, ...] | None:
        if (stored := self.container.get(name)) is not None:
            return (stored,)
        maker = self.maker.get(name)
        if maker is None or not depth:
            return None
        found: list[Stored] = []
        for item in maker.input:
            part = self._arrays(item, depth - 1) if item else ()
            if part is None:
                return None
            found += part
        return tuple(found)


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
