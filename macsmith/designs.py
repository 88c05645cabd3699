"""From what a user types to a Design: a preset, two formats, or a TOML file; options override."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

from .arguments.design import DESIGN
from .chains import override_chain, requantized
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
from .golden.units import Requantize
from .options import Options, override
from .pairs import Half, paired
from .units import override_unit

__all__ = ["DEFAULT", "Options", "design", "override", "presets", "reading"]

DEFAULT = DESIGN
FORCED = "preset:"

#: Letters of two formats, or presets, and what is between them.
LONGEST_PAIR = 200
PRESETS = Path(__file__).parent / "presets"


@cache
def presets() -> dict[str, Path]:
    """The designs that come with the package, by name."""
    return {path.stem: path for path in sorted(PRESETS.glob("*.toml"))}


@cache
def unit_presets() -> dict[str, Path]:
    """The units that come with the package with parameters of their own, by name."""
    return {path.stem: path for path in sorted((PRESETS / "units").glob("*.toml"))}


@cache
def chain_presets() -> dict[str, Path]:
    """The chains that come with the package, by name."""
    return {path.stem: path for path in sorted((PRESETS / "chains").glob("*.toml"))}


@cache
def requantizers() -> tuple[str, ...]:
    """The names of requantizers: presets, and their kind."""
    found = [name for name in unit_presets() if isinstance(design(name), Requantize)]
    return (*found, Requantize.kind)


@cache
def _loaded(name: str) -> Engine:
    """The preset of this name."""
    return cast(Engine, load(presets()[name]))


def design(name: str, options: Options | None = None) -> Any:
    """The design called ``name``, with ``options`` applied.

    ``name`` is a preset, ``<weight>x<activation>``, one element format (with FP32 scales per row,
    as deployed), or the path of a TOML file, or of a .npy file with a table of entries (deployed as
    an element format is), a unit's preset, such as ``dequantize_nf4``, a kind of unit, such as
    ``hadamard``, or a chain's preset, such as ``mxfp8_layer``.

    The halves of a pair are two element formats (summed exactly, unscaled unless the options give
    scales), two presets, of which the weight of the one and the activation of the other are taken
    (:func:`macsmith.pairs.paired`), or one of each. A name that is both is the element where both
    halves can be, else the preset; ``preset:mxint8`` is the preset anywhere, and :func:`reading`
    says which was taken. Raises UnknownName with the close names, and DesignError for halves that
    do not fit.
    """
    options = options or Options()
    if not isinstance(name, str):
        raise DesignError(f"a design is a name or the path of a TOML file, got {name!r}")
    if name.endswith(".toml"):
        found = load(Path(name), design)
    elif name in UNITS:
        found = UNITS[name](name=name)
    elif name in unit_presets():
        found = load(unit_presets()[name])
    elif name in chain_presets():
        found = load(chain_presets()[name], design)
    elif name.endswith(".npy"):
        found = _of_element(Path(name).stem, read_code_book(Path(name)))
    elif name in presets():
        found = _loaded(name)
    elif (element := _alone(name)) is not None:
        found = _of_element(name, element)
    elif (alone := _forced(name)) is not None and alone in presets():
        found = _loaded(alone)
    else:
        found = _of_pair(name, options.accumulate is None)
    if isinstance(found, Unit):
        return override_unit(found, options)
    if isinstance(found, Chain):
        return override_chain(found, options)
    assert isinstance(found, Engine)
    if options.requantize is not None:
        return requantized(found, _requantizer(options.requantize), options)
    return override(found, options)


def reading(name: str) -> str | None:
    """How a pair was read, in one line, where a half's name is preset and element; else None."""
    if Path(name).suffix in (".toml", ".npy") or name in presets():
        return None
    texts, halves = next(_pairs(name), ((), ()))
    both = [text for text in texts if text.lower() in presets() and _known(text)]
    if not both:
        return None
    forced = " and ".join(FORCED + text for text in dict.fromkeys(both))
    if any(half.preset for half in halves):
        names = " and ".join(dict.fromkeys(both))
        return f"{name}: read as {forced}, for {names} and the other half can be presets"
    verb = "names the preset" if len(set(both)) == 1 else "name the presets"
    return f"{name}: both halves are element formats; {forced} {verb}"


def _requantizer(name: str) -> Any:
    """The design of this name, which may stand behind an engine; :func:`requantized` says whether
    it is of the right kind. What is unknown has close ones among requantizers alone."""
    if name.endswith(".toml") or name in requantizers():
        return design(name)
    try:
        return design(name)
    except DesignError:
        raise UnknownName("requantizer", name, requantizers()) from None


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


def _of_pair(name: str, whole: bool) -> Engine:
    """Two halves; else what is close to the name. ``whole`` as of :func:`paired`."""
    for _, halves in _pairs(name):
        if any(half.preset for half in halves):
            return paired("x".join(map(_identifier, halves)), *halves, whole=whole)
        weight, activation = (half.engine.arithmetic.weight.planes[0].element for half in halves)
        return Engine(name.lower().replace("-", "_"), (raw(weight, activation),), Build())
    if FORCED in name.lower():
        wrong = name.lower().rpartition(FORCED)[2]
        raise UnknownName("preset", wrong, presets())
    left, times, right = name.partition("x")
    if times and (close := _half_known(left, right)):
        raise UnknownName("format", close, names())
    if name.lower() in storage.names():
        raise DesignError(
            f"{name} is a storage scheme, not a design: macsmith.golden.storage unpacks it to "
            f"codes of {', '.join(fmt.name for fmt in storage.lookup(name).operand.codes.values())}"
        )
    if similar := difflib.get_close_matches(
        name.lower(), [*presets(), *unit_presets(), *chain_presets(), *UNITS], n=3
    ):
        raise UnknownName("design", name, similar)
    raise DesignError(
        f"unknown design {name!r}; a design is <weight>x<activation>, such as int4xint8 (see "
        "macsmith list formats), a preset, a unit, a TOML file, or a .npy file with a table"
    )


def _pairs(name: str) -> Iterator[tuple[tuple[str, str], tuple[Half, Half]]]:
    """Every way to read ``name`` as two halves joined by an x: two elements first."""
    # Each place is tried; no pair has so long a name.
    short = name if len(name) <= LONGEST_PAIR else ""
    places = [place for place, letter in enumerate(short) if letter in "xX"]
    for read in (_element_half, _half):
        for place in places:
            texts = name[:place], name[place + 1 :]
            weight, activation = map(read, texts)
            if weight and activation:
                yield texts, (weight, activation)


def _half(text: str) -> Half | None:
    """A preset, if there is one of this name, else an element format."""
    forced = _forced(text)
    name = text.lower() if forced is None else forced
    if name in presets():
        return Half(name, _loaded(name), True)
    return _element_half(text)


def _element_half(text: str) -> Half | None:
    element = _known(text)
    if element is None:
        return None
    name = text.lower().replace("-", "_")
    return Half(name, Engine(name, (raw(element, element),), Build()), False)


def _known(text: str) -> Format | None:
    """The format of this name, if there is one."""
    try:
        return lookup(text)
    except UnknownName:
        return None


def _forced(text: str) -> str | None:
    """What ``preset:`` stands before, if it does."""
    return text[len(FORCED) :].lower() if text.lower().startswith(FORCED) else None


def _identifier(half: Half) -> str:
    """A half's part of a name: the other reading of it has another."""
    return "preset_" * (half.preset and _known(half.name) is not None) + half.name


def _half_known(weight: str, activation: str) -> str | None:
    """The half of a pair that is no format, if the other one is."""
    wrong = []
    for half in (weight, activation):
        try:
            lookup(half)
        except UnknownName:
            wrong.append(half)
    return wrong[0] if len(wrong) == 1 else None
