"""The golden model of a unit as C++: from the beats of its streams to the beats of its results."""

from __future__ import annotations

from typing import Any

from ...golden.description.unit import Unit
from ...golden.formats import Format, lookup
from ...hw.catalogue import alone
from ...hw.design import Hardware
from ...hw.text.emit import Emitted
from .formats import Formats
from .library import NUMBERS, digest, library, render
from .lines import array, constant
from .ports import Port, ports
from .units import told

#: Parts of the library that all units have.
PARTS = (*NUMBERS, "streams")


def files(unit: Unit, emitted: Emitted | None = None) -> dict[str, str]:
    """The header of a unit, and its DPI wrapper: path in an output folder -> text.

    With ``emitted`` the wrapper takes beats of its ports, else dense ones. Raises DesignError for a
    unit that has no model in C++.
    """
    hardware, formats = alone(unit), Formats()
    own = told(unit, formats)
    *inputs, result = ports(hardware, emitted)
    parts = (*PARTS, *own.parts)
    values: dict[str, Any] = {
        "name": unit.name,
        "guard": unit.name.upper(),
        "summary": hardware.summary,
        "digest": digest(parts),
        "library": library(parts),
        "tables": [*streams_of(inputs, hardware, formats), *own.lines],
        "algorithm": own.algorithm,
        "inputs": inputs,
        "result": result,
    }
    values["tables"] = [*formats.lines, *values["tables"]]
    return {
        f"model/{unit.name}_{end}": render(template, **values)
        for end, template in (
            ("golden.hpp", "unit.hpp"),
            ("dpi.cpp", "beats_dpi.cpp"),
            ("dpi.svh", "beats_dpi.svh"),
        )
    }


def header(unit: Unit) -> str:
    """The header alone, as of :func:`files`."""
    return files(unit)[f"model/{unit.name}_golden.hpp"]


def streams_of(inputs: list[Port], hardware: Hardware, formats: Formats) -> list[str]:
    """Members that say what the streams hold, for the check of what goes in."""
    fields = {(s.name, f.name): hardware.holds(f) for s in hardware.streams for f in s.fields}
    found, marks = [], []
    for number, port in enumerate(inputs):
        for place, own in enumerate(port.arrays):
            held = fields[port.name, own.name]
            form = formats.name(held if isinstance(held, Format) else lookup(f"uint{own.bits}"))
            said = f"{port.name}.{own.name} must point to {own.meaning}"
            found.append(f'{{{number}, {place}, {own.count}, &{form}, "{said}"}}')
        said = f'"{port.name}.last must point to beats: 1 where a reduction ends"'
        marks.append(said if port.last else "nullptr")
    return [
        constant("int", "sources", len(inputs)),
        array("lib::Port", "ports[]", found),
        array("char *", f"marked[{len(inputs)}]", marks),
    ]
