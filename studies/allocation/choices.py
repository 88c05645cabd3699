"""What can be chosen for a matrix: designs, and each mode of those that have several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...designs import design
from ...golden.description import Arithmetic, Engine
from ...golden.errors import DesignError
from ...library import explain


@dataclass(frozen=True)
class Choice:
    """A design in one of its modes.

    Parameters
    ----------
    name : the design's; of several modes, with ``:`` and the format of the mode's weights.
    design : as it was asked for.
    mode : number.
    group : number of the design: modes of one are built once.
    engine : the whole design.
    """

    name: str
    design: str
    mode: int
    group: int
    engine: Engine

    @property
    def arithmetic(self) -> Arithmetic:
        """Of the mode."""
        return self.engine.modes[self.mode]


def choices(names: Sequence[str]) -> tuple[Choice, ...]:
    """The designs called ``names``, each mode on its own. DesignError for what is no engine."""
    found: list[Choice] = []
    for group, name in enumerate(dict.fromkeys(names)):
        engine = design(name)
        if not isinstance(engine, Engine):
            raise DesignError(f"{name} is a {explain(engine).kind}, no engine: it has no weights")
        if len(engine.modes) == 1:
            found.append(Choice(name, name, 0, group, engine))
            continue
        elements = [mode.weight.planes[0].element.name for mode in engine.modes]
        labels = elements if len(set(elements)) == len(elements) else list(map(str, range(99)))
        for mode, label in zip(range(len(engine.modes)), labels, strict=False):
            found.append(Choice(f"{name}:{label}", name, mode, group, engine))
    if not found:
        raise DesignError("name designs to choose from, such as mxfp4 mxfp8_e4m3")
    return tuple(found)
