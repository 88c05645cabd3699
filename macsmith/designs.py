"""From what a user types to a Design: a preset, two formats, or a TOML file; options override."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from .golden.description import Arithmetic, Build, Engine, Stage, raw
from .golden.description.serialize import load
from .golden.errors import DesignError, UnknownName
from .golden.formats import Format, Integer, lookup, names

DEFAULT = "int4xint8"
PRESETS = Path(__file__).parent / "presets"


@dataclass(frozen=True)
class Options:
    """What a command line may override; None leaves the design's own.

    ``accumulate`` is ``exact``, ``aligned`` or an integer format's name; ``fraction`` and
    ``accumulator`` belong to ``aligned``. ``initial`` is the format of what sums start from.
    """

    name: str | None = None
    rows: int | None = None
    cols: int | None = None
    lanes: int | None = None
    k_max: int | None = None
    accumulate: str | None = None
    fraction: int | None = None
    accumulator: str | None = None
    initial: str | None = None
    datapath: str | None = None
    flow: str | None = None
    policy: str | None = None
    interface: str | None = None
    pipeline: int | None = None


_BUILD = ("rows", "cols", "lanes", "datapath", "flow", "policy", "interface", "pipeline")


@cache
def presets() -> dict[str, Path]:
    """The designs that come with the package, by name."""
    return {path.stem: path for path in sorted(PRESETS.glob("*.toml"))}


def design(name: str, options: Options | None = None) -> Engine:
    """The engine called ``name``, with ``options`` applied.

    ``name`` is a preset, ``<weight>x<activation>`` (two element formats, summed exactly and left
    unscaled), or the path of a TOML file. Raises UnknownName with the close names.
    """
    options = options or Options()
    if name.endswith(".toml"):
        found = load(Path(name))
    elif name in presets():
        found = load(presets()[name])
    else:
        found = _from_formats(name)
    return override(found, options)


def override(engine: Engine, options: Options) -> Engine:
    """``engine`` with the options that are not None."""
    given = {key: value for key in _BUILD if (value := getattr(options, key)) is not None}
    build = replace(engine.build, **given) if given else engine.build
    lanes = build.lanes
    modes = tuple(_arithmetic(arithmetic, options, lanes) for arithmetic in engine.modes)
    return Engine(options.name or engine.name, modes, build)


def _arithmetic(arithmetic: Arithmetic, options: Options, lanes: int) -> Arithmetic:
    changes: dict[str, object] = {}
    if options.k_max is not None:
        changes["k_max"] = options.k_max
    if options.initial is not None:
        changes["initial"] = lookup(options.initial)
    if options.accumulate is not None:
        changes["accumulate"] = (_stage(options, lanes),)
    elif options.fraction is not None or options.accumulator is not None:
        raise DesignError("--fraction and --accumulator belong to --accumulate aligned")
    return replace(arithmetic, **changes) if changes else arithmetic  # type: ignore[arg-type]


def _stage(options: Options, lanes: int) -> Stage:
    rule = options.accumulate or "exact"
    if rule == "exact":
        return Stage()
    if rule == "aligned":
        if options.fraction is None:
            raise DesignError(
                "--accumulate aligned needs --fraction, the bits kept below the greatest exponent "
                "(13 on Hopper's FP8, 25 on Blackwell)"
            )
        form = lookup(options.accumulator or "fp32")
        return Stage("aligned", format=form, fraction=options.fraction, terms=lanes)
    try:
        form = lookup(rule)
    except UnknownName:
        raise UnknownName("accumulation", rule, ("exact", "aligned", "int32", "int48")) from None
    if not isinstance(form, Integer):
        raise DesignError(f"--accumulate takes exact, aligned or an integer format, got {rule}")
    return Stage("int", format=form)


def _from_formats(name: str) -> Engine:
    formats = next(_splits(name), None)
    if formats is not None:
        identifier = name.lower().replace("-", "_")
        return Engine(identifier, (raw(*formats),), Build())
    weight, times, activation = name.partition("x")
    if times and (close := _half_known(weight, activation)):
        raise UnknownName("format", close, names())
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
