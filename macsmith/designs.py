"""From what a user types to a Design: a preset, two formats, or a TOML file; options override."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .golden.description import Build, Engine, raw
from .golden.description.serialize import load
from .golden.errors import DesignError, UnknownName
from .golden.formats import Format, lookup, names
from .options import Options, override

__all__ = ["DEFAULT", "Options", "design", "override", "presets"]

DEFAULT = "w4a8"
PRESETS = Path(__file__).parent / "presets"


@cache
def presets() -> dict[str, Path]:
    """The designs that come with the package, by name."""
    return {path.stem: path for path in sorted(PRESETS.glob("*.toml"))}


def design(name: str, options: Options | None = None) -> Engine:
    """The engine called ``name``, with ``options`` applied.

    ``name`` is a preset, ``<weight>x<activation>`` (two element formats, summed exactly, unscaled
    unless the options give scales), or the path of a TOML file. Raises UnknownName with the close
    names.
    """
    options = options or Options()
    if not isinstance(name, str):
        raise DesignError(f"a design is a name or the path of a TOML file, got {name!r}")
    if name.endswith(".toml"):
        found = load(Path(name))
    elif name in presets():
        found = load(presets()[name])
    else:
        found = _from_formats(name)
    return override(found, options)


def _from_formats(name: str) -> Engine:
    formats = next(_splits(name), None)
    if formats is not None:
        identifier = name.lower().replace("-", "_")
        return Engine(identifier, (raw(*formats),), Build())
    weight, times, activation = name.partition("x")
    if times and (close := _half_known(weight, activation)):
        raise UnknownName("format", close, names())
    if not times or not weight or not activation:
        try:
            raise DesignError(
                f"a design needs two formats, weight and activation: {lookup(name).name}xint8, "
                f"say; got {name!r}"
            )
        except UnknownName:
            pass
    if similar := difflib.get_close_matches(name.lower(), presets(), n=3):
        raise UnknownName("design", name, similar)
    raise DesignError(
        f"unknown design {name!r}; a design is <weight>x<activation>, such as int4xint8 (see "
        "macsmith list formats), a preset, or a TOML file"
    )


def _splits(name: str) -> Iterator[tuple[Format, Format]]:
    """Every way to read ``name`` as two formats joined by an x."""
    for place, letter in enumerate(name):
        if letter in "xX":
            try:
                yield lookup(name[:place]), lookup(name[place + 1 :])
            except UnknownName:
                continue


def _half_known(weight: str, activation: str) -> str | None:
    """The half of a pair that is no format, if the other one is."""
    wrong = []
    for half in (weight, activation):
        try:
            lookup(half)
        except UnknownName:
            wrong.append(half)
    return wrong[0] if len(wrong) == 1 else None
