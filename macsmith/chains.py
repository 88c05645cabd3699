"""Options of chains: those of the engine that a chain is shaped by, and parameters of its units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from math import gcd
from typing import Any

from .golden.description import Chain, Design, Engine, Span, Unit
from .golden.errors import DesignError, UnknownName
from .golden.units import Quantize, Requantize
from .golden.units import requantized as pair
from .naming import named, named_unit
from .options import Options, effective, override
from .units import RESULTS, SHARED, of_results, parameters, set_of

#: What is built around the whole.
_OUTSIDE = ("interface", "axis_width", "die_crossings")

#: What is said of the whole, or of parts by their names.
_OWN = ("name", "set")

#: What is not the engine's.
_WHOLE = (*_OWN, *_OUTSIDE)


def requantized(engine: Engine, unit: Design, options: Options) -> Chain:
    """``engine`` with the options that are not None, and a requantizer like ``unit`` behind it.

    Options of results are those of the requantizer, as ``--set`` is. Raises DesignError for what
    cannot be.
    """
    made = override(engine, replace(options, **dict.fromkeys((*RESULTS, "requantize", *_OWN))))
    chain = pair.requantized(replace(made, name=engine.name), unit)
    first, coder = chain.parts
    assert isinstance(first, Engine) and isinstance(coder, Requantize)
    words = [_apart(chain, word) for word in options.set or ()]
    given = of_results(coder, options)
    parts = first, _coded(coder, first, first, given, words)
    told = replace(Options(**{key: getattr(options, key) for key in given}), requantize=unit.name)
    name = options.name or _named(made.name, first, told, words)
    return replace(chain, parts=parts, name=name)


def _coded(
    unit: Requantize,
    before: Engine,
    after: Engine,
    given: Mapping[str, str],
    words: Sequence[tuple[str, str]],
) -> Requantize:
    """A requantizer that stood behind ``before``, behind ``after``, with parameters."""
    cols, lanes = after.build.cols, set_of(unit, tuple(given.values())).get("lanes", 1)
    if "results" in given and not unit.shared and cols % lanes:
        raise DesignError(
            f"results that leave in a beat must divide the {cols} columns, got {lanes}",
            {"results": gcd(cols, lanes)},
        )
    for name, word in words:
        if name == unit.name and word.startswith("sums="):
            raise DesignError(
                f"sums of {unit.name} are those of {after.name}, "
                f"{pair.sums_of(after, unit.rule).name}: leave out --set {word}"
            )
    asked = [(unit.name, word) for word in given.values()]
    found = _set(pair.behind(unit, after, before), [*asked, *words])
    assert isinstance(found, Requantize)
    return pair.behind(found, after)


def _named(base: str, engine: Engine, told: Options, words: Sequence[tuple[str, str]]) -> str:
    """The name of a chain: its own, what options make of it, and what is set of its units."""
    return named_unit(named(base, engine.build, told), [word for _, word in words], {})


def override_chain(chain: Chain, options: Options) -> Chain:
    """``chain`` with the options that are not None.

    The engine that the chain is shaped by takes those of engines. Units whose vectors, rows or
    lanes are its columns, rows or lanes then follow it. ``--set part.parameter=value`` changes a
    unit (the part may be left out where only one has the parameter); what an engine's quantizer
    makes, the engine takes.

    Where a requantizer stands behind the engine, options of results are its own.

    Raises DesignError for options that belong to no part, and for what no part can be.
    """
    if options.requantize is not None:
        raise DesignError(
            f"--requantize belongs to engines, {chain.name} is a chain: say it in the file that "
            "describes the chain"
        )
    own = {f.name for f in fields(options) if getattr(options, f.name) is not None} - {"name"}
    if not chain.shaped and (others := own - {*_OUTSIDE}):
        flag = "--" + next(f.name for f in fields(options) if f.name in others).replace("_", "-")
        raise DesignError(
            f"{flag} belongs to a part of {chain.name}: say it in the file that describes the chain"
        )
    if not own:
        return replace(chain, name=options.name) if options.name else chain
    around = {key: value for key in _OUTSIDE if (value := getattr(options, key)) is not None}
    build = replace(chain.build, **around)
    if not chain.shaped:
        name = options.name or named_unit(chain.name, [], around)
        return replace(chain, name=name, build=build)
    place = [part.name for part in chain.parts].index(chain.shaped)
    before = chain.parts[place]
    assert isinstance(before, Engine)
    asked = replace(options, **dict.fromkeys(_WHOLE))
    coder = chain.parts[place + 1] if place + 1 < len(chain.parts) else None
    results = of_results(coder, asked) if isinstance(coder, Requantize) else {}
    if isinstance(coder, Requantize):
        asked = replace(asked, **dict.fromkeys(RESULTS))
    after = replace(override(before, asked), name=before.name)
    shared = {key: getattr(asked, key) for key in SHARED if getattr(asked, key) is not None}

    # The engine, the units that follow it, what is set of these, and what the engine takes then.
    words = [_apart(chain, word) for word in options.set or ()]
    parts: list[Design] = [after if n == place else part for n, part in enumerate(chain.parts)]
    for number, part in enumerate(parts):
        if number != place:
            weights = number < place and "weight" in chain.into[number : number + 1]
            part = replace(part, build=replace(part.build, **shared))  # type: ignore[type-var]
            part = _followed(part, before, after, weights, behind=number > place)
            if part.name == getattr(coder, "name", "") and isinstance(part, Requantize):
                parts[number] = _coded(part, before, after, results, words)
                continue
            parts[number] = _set(part, words)
    parts[place] = _fed(after, parts[place - 1] if place else None, chain.into[place - 1 : place])

    told = replace(effective(before, asked, after), **around)
    told = replace(told, **{key: getattr(options, key) for key in results})
    name = options.name or _named(chain.name, after, told, words)
    return replace(chain, name=name, parts=tuple(parts), build=replace(build, **shared))


def _set(part: Design, words: Sequence[tuple[str, str]]) -> Design:
    """A part with those of its parameters that are set."""
    if not isinstance(part, Unit):
        return part
    return replace(part, **set_of(part, tuple(word for name, word in words if name == part.name)))


def _followed(
    part: Design, before: Engine, after: Engine, weights: bool, *, behind: bool
) -> Design:
    """A unit that has the engine's shape, with what became of it."""
    if not isinstance(part, Unit):
        return part
    old, new = before.build, after.build
    across = ("rows", "rows") if weights else ("cols", "vectors")
    pairs = [across, ("cols", "rows")] if behind else [across, ("lanes", "lanes")]
    if not behind and not weights:
        pairs.append(("cols", "rows"))  # of units that call their vectors so
    changes: dict[str, Any] = {
        own: getattr(new, side)
        for side, own in pairs
        if getattr(part, own, None) == getattr(old, side) != getattr(new, side)
    }
    return replace(part, **changes)


def _apart(chain: Chain, word: str) -> tuple[str, str]:
    """``part.parameter=value`` as the part and the rest."""
    key, equals, value = word.partition("=")
    units = {part.name: parameters(part) for part in chain.parts if isinstance(part, Unit)}
    name, dot, parameter = key.rpartition(".")
    if not equals:
        raise DesignError(
            "--set takes PARAMETER=VALUE, such as block=64, or PART.PARAMETER=VALUE where several "
            f"parts have the parameter, got {word!r}"
        )
    if dot:
        if name not in units:
            raise UnknownName(f"unit of {chain.name}", name, units)
        return name, f"{parameter}={value}"
    counts = Counter(own for unit in units.values() for own in unit)
    holders = [unit for unit, own in units.items() if key in own]
    if not holders:
        raise UnknownName(f"parameter of the units of {chain.name}", key, counts)
    if len(holders) > 1:
        told = " or ".join(f"{holder}.{key}" for holder in holders)
        raise DesignError(f"--set {key} may be {told}: say which")
    return holders[0], word


def _fed(engine: Engine, unit: Design | None, into: tuple[str, ...]) -> Engine:
    """The engine, whose activations are what the quantizer before it makes."""
    [mode, *more] = engine.modes
    planes, levels = mode.activation.planes, mode.activation.levels
    if not isinstance(unit, Quantize) or "weight" in into or more or len(planes) > 1:
        return engine
    if len(levels) != len(unit.operand.levels):
        return engine
    [own, *outer] = levels
    span = own.span if own.span.columns is None else Span(own.span.rows, unit.block)
    formats = [level.format for level in unit.operand.levels]
    found = [replace(own, format=formats[0], span=span)]
    found += [replace(lv, format=fmt) for lv, fmt in zip(outer, formats[1:], strict=True)]
    plane = replace(planes[0], element=unit.element, scales=tuple(found))
    activation = replace(mode.activation, planes=(plane,))
    return replace(engine, modes=(replace(mode, activation=activation),))
