"""The designs of a sweep: lists of values in a TOML file, and every combination of them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from math import prod
from pathlib import Path
from typing import Any

from ...boards import lookup
from ...designs import Options
from ...golden.errors import DesignError, UnknownName, option
from ...golden.toml_files import parse, text_of

#: What a grid may have beside the options of a design.
DESIGN, WEIGHT, ACTIVATION, BOARD, SHAPE = "design", "weight", "activation", "board", "shape"
NAMES = (DESIGN, WEIGHT, ACTIVATION, BOARD, SHAPE)

_SHAPE = "x".join([r"[1-9]\d{0,5}"] * 3)

#: Options that a grid may have.
OPTIONS = tuple(f.name for f in fields(Options) if f.name not in ("name", "set"))

#: More than anybody waits for; a plan for a million is in the documentation.
MOST = 1_000_000


@dataclass(frozen=True)
class Point:
    """A design on a board.

    Parameters
    ----------
    design : its name, as on a command line.
    board : the name of a board, or a TOML file.
    options : name and value of each that is given.
    """

    design: str
    board: str
    options: tuple[tuple[str, Any], ...] = ()

    @property
    def words(self) -> str:
        """As on a command line."""
        told = [option(name, value) for name, value in self.options if value is not False]
        return " ".join([self.design, "--board", self.board, *told])

    def to_dict(self) -> dict[str, Any]:
        """What tells it from every other."""
        return {"design": self.design, "board": self.board, "options": dict(self.options)}


def points(path: Path) -> list[Point]:
    """Each combination of each grid in a file, once.

    The file has one or more ``[[grid]]``, whose keys are ``design`` (or ``weight`` and
    ``activation``, element formats), ``board``, ``shape`` (``rows x cols x lanes``), or options of
    a design, each a value or a list of values. Raises DesignError.
    """
    given = parse(text_of(path), str(path))
    grids = given.get("grid")
    if set(given) != {"grid"} or not isinstance(grids, list) or not grids:
        raise DesignError(f"{path} must have [[grid]], one or more, and nothing else")
    found: dict[Point, None] = {}
    for number, grid in enumerate(grids, 1):
        try:
            lists = _lists(grid)
            if (many := prod(map(len, lists.values()))) + len(found) > MOST:
                raise DesignError(f"{many:,} designs are more than {MOST:,}")
            found.update(dict.fromkeys(_combined(lists)))
        except DesignError as error:
            raise DesignError(f"{path}, grid {number}: {error}") from None
    return list(found)


def _lists(grid: Any) -> dict[str, list[Any]]:
    """The values of each key, all checked."""
    if not isinstance(grid, Mapping):
        raise DesignError(f"a grid is a table, got {grid!r}")
    lists = {}
    for name, value in grid.items():
        if name not in (*NAMES, *OPTIONS):
            raise UnknownName("key of a grid", name, (*NAMES, *OPTIONS))
        values = value if isinstance(value, list) else [value]
        if not values:
            raise DesignError(f"{name} is empty")
        for item in values:
            _check(name, item)
        lists[name] = values
    if (DESIGN in lists) == (WEIGHT in lists or ACTIVATION in lists):
        raise DesignError("give design, or weight and activation")
    if (WEIGHT in lists) != (ACTIVATION in lists):
        raise DesignError("give weight and activation, both")
    if SHAPE in lists and {"rows", "cols", "lanes"} & set(lists):
        raise DesignError("give shape, or rows, cols and lanes")
    for board in lists.setdefault(BOARD, ["u280"]):
        lookup(board)
    return lists


def _check(name: str, value: Any) -> None:
    if not isinstance(value, str | int) or (name in NAMES and not isinstance(value, str)):
        raise DesignError(f"{name} has values such as words and whole numbers, got {value!r}")
    if name == SHAPE and not re.fullmatch(_SHAPE, str(value)):
        raise DesignError(f"a shape is ROWSxCOLSxLANES such as 4x4x4, got {value!r}")


def _combined(lists: Mapping[str, list[Any]]) -> Iterator[Point]:
    for values in itertools.product(*lists.values()):
        given = dict(zip(lists, values, strict=True))
        name = given.pop(DESIGN, None) or f"{given.pop(WEIGHT)}x{given.pop(ACTIVATION)}"
        board = given.pop(BOARD)
        if (shape := given.pop(SHAPE, None)) is not None:
            sides = zip(("rows", "cols", "lanes"), map(int, shape.split("x")), strict=True)
            given.update(sides)
        yield Point(name, board, tuple(sorted(given.items())))
