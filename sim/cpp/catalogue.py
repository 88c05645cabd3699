"""All kinds of designs that have a model in C++, and what writes it."""

from __future__ import annotations

from collections.abc import Callable

from ...golden.description import Chain, Design, Engine
from ...golden.description.unit import Unit
from ...golden.errors import DesignError
from ...hw.text.emit import Emitted
from . import chain, model, unit

#: A description's type -> what writes its files.
WRITERS: dict[type, Callable[..., dict[str, str]]] = {
    Engine: model.files,
    Unit: unit.files,
    Chain: chain.files,
}


def files(design: Design, emitted: Emitted | None = None) -> dict[str, str]:
    """The header of a design, and its DPI wrapper: path in an output folder -> text.

    With ``emitted``, the design's hardware, the wrapper takes beats of its ports. Raises
    DesignError for what has no model in C++.
    """
    for kind in type(design).__mro__:
        if kind in WRITERS:
            return WRITERS[kind](design, emitted)
    raise DesignError(f"{design.name} has no model in C++: leave --cpp out")


def header(design: Design) -> str:
    """The header alone, as of :func:`files`."""
    return files(design)[f"model/{design.name}_golden.hpp"]
