"""The module of a design in the words of other languages: interfaces of SystemVerilog, VHDL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from .golden.description.keywords import KEYWORDS
from .golden.errors import DesignError, UnknownName
from .hw.text.emit import Emitted
from .portlist import Layout, Port, portlist
from .rendering import header, render

#: What EDA tools' descriptions call the language of a file.
VERILOG, SYSTEMVERILOG, VHDL = "verilogSource-2005", "systemVerilogSource", "vhdlSource-2008"

#: A name that is a basic identifier of VHDL, but for its reserved words (IEEE 1076-2008, 15.4).
_BASIC = re.compile(r"[A-Za-z](_?[A-Za-z0-9])*")

#: Reserved words of VHDL-2008 (IEEE 1076-2008, 15.10), but those of Verilog too.
_RESERVED = frozenset(
    """
    abs access after alias all and architecture array assert assume assume_guarantee attribute
    begin block body buffer bus case component configuration constant context cover default
    disconnect downto else elsif end entity exit fairness file for force function generate generic
    group guarded if impure in inertial inout is label library linkage literal loop map mod nand
    new next nor not null of on open or others out package parameter port postponed procedure
    process property protected pure range record register reject release rem report restrict
    restrict_guarantee return rol ror select sequence severity shared signal sla sll sra srl strong
    subtype then to transport type unaffected units until use variable vmode vprop vunit wait when
    while with xnor xor
    """.split()
)

#: Ports that are vectors, whatever their width.
_VECTORS = ("data", "keep", "user")


class Wrapped(NamedTuple):
    """A file, and the language that it is in."""

    text: str
    kind: str


def check_wrappers(name: str, languages: Sequence[str]) -> None:
    """Raise UnknownName for a language in which nothing is wrapped, DesignError where the design
    cannot be: a name that VHDL does not take."""
    for language in languages:
        if language not in WRAPPERS:
            raise UnknownName("wrapper", language, WRAPPERS)
    if "vhdl" in languages and not (_BASIC.fullmatch(name) and name.lower() not in _RESERVED):
        raise DesignError(
            f"VHDL has no entity called {name!r} (no reserved word, no __, no _ at the end): "
            "choose another --name, or leave --wrapper vhdl out"
        )


def wrapper_files(emitted: Emitted, languages: Iterable[str]) -> dict[str, Wrapped]:
    """The wrappers of an emitted design: path in its folder -> file, each after what it needs."""
    found: dict[str, Wrapped] = {}
    for language in dict.fromkeys(languages):
        found |= WRAPPERS[language](emitted)
    return found


def _systemverilog(emitted: Emitted) -> dict[str, Wrapped]:
    name, ports = emitted.name, portlist(emitted)
    streams = []
    for stream in emitted.streams:
        own = {port.role: port for port in ports if port.stream == stream.name}
        streams.append(
            {
                "name": stream.name,
                "type": f"{stream.name}_t",
                "port": f"{'m' if stream.output else 's'}_{stream.name}",
                "output": stream.output,
                "note": emitted.notes[stream.name],
                "pins": own,
                "members": list(_members(own["data"])),
                "unused": [role for role in ("last", "user", "keep") if role not in own],
            }
        )
    values = {
        "header": header(),
        "name": name,
        "streams": streams,
        "others": [port for port in ports if not port.stream],
    }
    return {
        "rtl/macsmith_stream.sv": Wrapped(render("stream.sv", values), SYSTEMVERILOG),
        f"rtl/{name}_sv.sv": Wrapped(render("wrapper.sv", values), SYSTEMVERILOG),
    }


def _members(data: Port) -> Iterable[dict[str, object]]:
    """Members of a packed struct as wide as the port, the highest first."""
    used = sum(field.vectors * field.lanes * field.stride for field in data.fields)
    if used < data.width:
        yield {"name": "padding", "dimensions": f"[{data.width - used - 1}:0]", "note": "zeros"}
    for field in reversed(data.fields):
        sizes = (field.vectors, field.lanes, field.stride)
        yield {
            "name": f"{field.name}_" if field.name in KEYWORDS else field.name,
            "dimensions": "".join(f"[{size - 1}:0]" for size in sizes),
            "note": _note(field),
        }


def _note(field: Layout) -> str:
    """What the bits of a value are, from the lowest."""
    parts = [f"{field.bits} bits of {field.format}", *field.flags]
    used = field.bits + len(field.flags)
    if used < field.stride:
        parts.append("copies of the sign" if field.signed else "zeros")
    return ", then ".join(parts)


def _vhdl(emitted: Emitted) -> dict[str, Wrapped]:
    name = emitted.name
    ports = [
        {
            "name": port.name,
            "mode": "out" if port.direction == "output" else "in",
            "type": f"std_logic_vector({port.width - 1} downto 0)"
            if port.role in _VECTORS
            else "std_logic",
            "note": port.meaning,
        }
        for port in portlist(emitted)
    ]
    values = {"header": header(), "name": name, "summary": emitted.hardware.summary, "ports": ports}
    return {f"rtl/{name}_vhdl.vhd": Wrapped(render("wrapper.vhd", values), VHDL)}


#: Language -> the files that wrap an emitted design.
WRAPPERS: Mapping[str, Callable[[Emitted], dict[str, Wrapped]]] = {
    "sv": _systemverilog,
    "vhdl": _vhdl,
}
