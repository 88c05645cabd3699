"""Constants as lines of C++."""

from __future__ import annotations

from collections.abc import Iterable


def constant(kind: str, name: str, value: object) -> str:
    """A constant."""
    return f"static constexpr {kind} {name} = {value};"


def array(kind: str, name: str, values: Iterable[object]) -> str:
    """An array; ``name`` has its sizes, ``kind`` may be a pointer."""
    if kind.endswith("*"):
        kind = f"const {kind.removesuffix('*')}*const "
    return f"static constexpr {kind} {name} = {braced(values)};".replace("const  ", "const ")


def braced(values: Iterable[object]) -> str:
    """Values in braces."""
    return "{" + ", ".join(map(str, values)) + "}"
