"""The golden model of a chain as C++: its parts' models, and what joins them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ...golden.description import Chain, Engine
from ...golden.description.unit import Unit
from ...golden.errors import DesignError
from ...golden.joins import Join
from ...golden.streams import Stream
from ...golden.tiling import Tiling
from ...hw.catalogue import alone
from ...hw.design import Hardware
from ...hw.system.chain import ChainHardware
from ...hw.text.emit import Emitted
from . import model
from .beats import beats
from .fields import fields
from .formats import Formats, truth
from .library import NUMBERS, digest, library, render
from .lines import braced
from .ports import ports
from .unit import streams_of
from .units import told


@dataclass(frozen=True)
class Part:
    """A part of a chain.

    Parameters
    ----------
    name, summary : of the part.
    parts : of the library.
    text : its namespace.
    """

    name: str
    summary: str
    parts: tuple[str, ...]
    text: str


def files(chain: Chain, emitted: Emitted | None = None) -> dict[str, str]:
    """The header of a chain, and its DPI wrapper: path in an output folder -> text.

    With ``emitted`` the wrapper takes beats of its ports, else dense ones. Raises DesignError for a
    chain with a part that has no model in C++.
    """
    hardware, formats = alone(chain), Formats()
    assert isinstance(hardware, ChainHardware)
    own = [_part(chain, part) for part in hardware.hardware]
    *inputs, result = ports(hardware, emitted)
    parts = tuple(dict.fromkeys([*NUMBERS, "streams", *(n for p in own for n in p.parts), "joins"]))
    tables = streams_of(inputs, hardware, formats)
    values: dict[str, Any] = {
        "name": chain.name,
        "guard": chain.name.upper(),
        "summary": hardware.summary,
        "digest": digest(parts),
        "library": library(parts),
        "parts": own,
        "tables": [*formats.lines, *tables],
        "lines": list(_lines(hardware)),
        "inputs": inputs,
        "result": result,
    }
    return {
        f"model/{chain.name}_{end}": render(template, **values)
        for end, template in (
            ("golden.hpp", "chain.hpp"),
            ("dpi.cpp", "beats_dpi.cpp"),
            ("dpi.svh", "beats_dpi.svh"),
        )
    }


def _part(chain: Chain, hardware: Hardware) -> Part:
    for kind in type(hardware.design).__mro__:
        if kind in _PARTS:
            return _PARTS[kind](chain, hardware)
    raise DesignError(f"{hardware.name}, a part of {chain.name}, has no model in C++")


def _unit(chain: Chain, hardware: Hardware) -> Part:
    unit, formats = hardware.design, Formats()
    assert isinstance(unit, Unit)
    own = told(unit, formats)
    text = render("unit_part.hpp", tables=[*formats.lines, *own.lines], algorithm=own.algorithm)
    return Part(unit.name, hardware.summary, own.parts, text)


def _engine(chain: Chain, hardware: Hardware) -> Part:
    engine = hardware.design
    assert isinstance(engine, Engine)
    mode = model.mode_of(engine, 0)
    found = beats(hardware, fields(model.alone(engine, 0)))
    if found is None or found.output.take is None or mode["bits"] > 64:
        raise DesignError(
            f"the streams of {engine.name}, a part of {chain.name}, have no model in C++: leave "
            "--cpp out"
        )
    if any(field.flags for field in hardware.results[0].fields):
        raise DesignError(
            f"{engine.name}, a part of {chain.name}, has flags beside its results, which chains in "
            "C++ have not: leave --cpp out"
        )
    names = [port.name for port in found.inputs]
    mode |= {
        "streams": [
            {
                "name": port.name,
                "per": port.per,
                "puts": port.puts,
                "beats": _beats(engine, port.per),
            }
            for port in found.inputs
        ],
        "leader": names.index("activation"),
        "step": found.step,
        "take": found.output.take,
        "ones": f"{(1 << mode['bits']) - 1:#x}",
    }
    text = render("engine_part.hpp", mode=mode)
    parts = tuple(part for part in model.PARTS if part not in NUMBERS)
    return Part(engine.name, hardware.summary, parts, text)


#: A part's type -> what it is in C++.
_PARTS: dict[type, Callable[[Chain, Hardware], Part]] = {Unit: _unit, Engine: _engine}


def _beats(engine: Engine, per: str) -> str:
    """How many beats of a stream a reduction of ``steps`` has."""
    group = Tiling(engine).group_steps
    return {"step": "steps", "group": f"steps / {group}" if group else "1"}.get(per, "1")


def _lines(hardware: ChainHardware) -> Iterator[str]:
    """One part after the other: its streams, from outside or from the part before."""
    names = [stream.name for stream in hardware.sources]
    for number, part in enumerate(hardware.hardware):
        if number:
            yield from _handed(hardware, number)
        yield f"lib::Source sources{number}[{len(part.sources)}];"
        outer = {
            own.name: names.index(name) for name, own in hardware.outside[number] if not own.output
        }
        for place, stream in enumerate(part.sources):
            target = f"sources{number}[{place}]"
            if number and stream.name == hardware.entries[number - 1].name:
                yield f"{target}.beats = joined{number}.beats;"
                yield f"{target}.field[0] = joined{number}.values(0);"
                yield f"{target}.last = joined{number}.last.data();"
            else:
                yield from _from_outside(hardware, number, stream, target, outer)


def _handed(hardware: ChainHardware, number: int) -> Iterator[str]:
    """What the part before hands on."""
    before, join = hardware.hardware[number - 1], hardware.joins[number - 1]
    counts = braced(field.count for field in before.results[0].fields)
    yield (
        f"const lib::Kept kept{number}(part_{before.name}::answer, sources{number - 1}, {counts});"
    )
    yield f"const lib::Kept joined{number} = lib::joined({_join(join)}, kept{number});"
    if own := join.beside:
        places = braced(place for _, place, _ in own.taken)
        yield (
            f"const lib::Kept beside{number} = "
            f"lib::beside(kept{number}, {places}, {own.count}, {own.every});"
        )


def _join(join: Join) -> str:
    sizes = join.vectors, join.given, join.arriving, join.leaving, join.taken, join.every
    return braced((*sizes, join.bits, truth(join.by_row)))


def _from_outside(
    hardware: ChainHardware, number: int, stream: Stream, target: str, outer: dict[str, int]
) -> Iterator[str]:
    """A stream of a part that no join fills, but for the scales that come beside values."""
    own = hardware.filled(number)
    taken = [name for name, *_ in own.taken] if own and own.stream == stream.name else []
    given = f"sources.all[{outer[stream.name]}]" if stream.name in outer else ""
    if given:
        yield f"{target}.beats = {given}.beats;"
        yield f"{target}.last = {given}.last;"
    if taken:
        held = f"beside{number}.beats"
        yield f"{target}.beats = {f'std::min({given}.beats, {held})' if given else held};"
    rest = 0
    for place, field in enumerate(stream.fields):
        if field.name in taken:
            yield f"{target}.field[{place}] = beside{number}.values({taken.index(field.name)});"
        else:
            yield f"{target}.field[{place}] = {given}.field[{rest}];"
            rest += 1
