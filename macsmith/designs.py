"""From what a user types to a Design: a preset, two formats, or a TOML file; options override."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from .golden import storage
from .golden.description import (
    ROW,
    Arithmetic,
    Build,
    Chain,
    Engine,
    Level,
    Operand,
    Output,
    Plane,
    Select,
    Unit,
    raw,
)
from .golden.description.serialize import load
from .golden.description.unit import UNITS
from .golden.errors import DesignError, UnknownName
from .golden.formats import Bipolar, Format, Integer, Minifloat, Posit, lookup, names
from .golden.formats.files import read_code_book
from .options import Options, override
from .units import override_chain, override_unit

__all__ = ["DEFAULT", "Options", "design", "override", "presets"]

DEFAULT = "w4a8"
PRESETS = Path(__file__).parent / "presets"


@cache
def presets() -> dict[str, Path]:
    """The designs that come with the package, by name."""
    return {path.stem: path for path in sorted(PRESETS.glob("*.toml"))}


def design(name: str, options: Options | None = None) -> Any:
    """The design called ``name``, with ``options`` applied.

    ``name`` is a preset, ``<weight>x<activation>`` (two element formats, summed exactly, unscaled
    unless the options give scales), one element format (with FP32 scales per row, as deployed), or
    the path of a TOML file, or of a .npy file with a table of entries (deployed as an element
    format is), or a kind of unit, such as ``hadamard``. Raises UnknownName with the close names.
    """
    options = options or Options()
    if not isinstance(name, str):
        raise DesignError(f"a design is a name or the path of a TOML file, got {name!r}")
    if name.endswith(".toml"):
        found = load(Path(name), design)
    elif name in UNITS:
        found = UNITS[name](name=name)
    elif name.endswith(".npy"):
        found = _of_element(Path(name).stem, read_code_book(Path(name)))
    elif name in presets():
        found = load(presets()[name])
    elif (element := _alone(name)) is not None:
        found = _of_element(name, element)
    else:
        found = _from_formats(name)
    if isinstance(found, Unit):
        return override_unit(found, options)
    if isinstance(found, Chain):
        return override_chain(found, options)
    assert isinstance(found, Engine)
    return override(found, options)


def _alone(name: str) -> Format | None:
    """The element format of this name."""
    try:
        element = lookup(name)
    except UnknownName:
        return None
    if not element.bits:
        raise DesignError(f"{name} is a constant; a design needs an element format with bits")
    return element


def _of_element(name: str, element: Format) -> Engine:
    """An element format deployed: an FP32 scale per row of either side, FP32 results.

    Integers, floats and posits meet themselves; weights of up to two bits, powers of two and code
    books meet INT8.
    """
    itself = isinstance(element, Integer | Minifloat | Posit | Bipolar) and element.bits > 2
    if isinstance(element, Minifloat) and (
        not (element.has_zero or element.has_nan) or element.bits > 16
    ):
        itself = False
    select = Select(element.select_width, ROW) if element.select_width else None
    scale = (Level(lookup("fp32"), ROW),)
    weight = Operand((Plane(element, scale),), select)
    activation = Operand((Plane(element if itself else lookup("int8"), scale),))
    arithmetic = Arithmetic(weight, activation, output=Output(lookup("fp32")))
    return Engine(name.lower().replace("-", "_"), (arithmetic,), Build())


def _meets_int8(element: Minifloat) -> bool:
    """Powers of two without zero, and floats wider than 16 bits."""
    return element.bits > 16 or not (element.has_zero or element.has_nan)


def _from_formats(name: str) -> Engine:
    formats = next(_splits(name), None)
    if formats is not None:
        identifier = name.lower().replace("-", "_")
        return Engine(identifier, (raw(*formats),), Build())
    weight, times, activation = name.partition("x")
    if times and (close := _half_known(weight, activation)):
        raise UnknownName("format", close, names())
    if name.lower() in storage.names():
        raise DesignError(
            f"{name} is a storage scheme, not a design: macsmith.golden.storage unpacks it to "
            f"codes of {', '.join(fmt.name for fmt in storage.lookup(name).operand.codes.values())}"
        )
    if similar := difflib.get_close_matches(name.lower(), presets(), n=3):
        raise UnknownName("design", name, similar)
    raise DesignError(
        f"unknown design {name!r}; a design is <weight>x<activation>, such as int4xint8 (see "
        "macsmith list formats), a preset, a TOML file, or a .npy file with a table"
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
