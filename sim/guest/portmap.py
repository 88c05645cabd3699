"""A port map: which port of a user's module carries what of a design's streams, as TOML says it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...golden.toml_files import parse, text_of
from .lines import Lines

#: Marks that a module may want beside an input's data, in the words of a map.
MARKS = ("first", "last", "group_first", "group_last", "clear")

#: Cycles in which results come at the latest, where a valid says when.
WITHIN = 64

#: No count of cycles, values or bits is larger.
_MOST = 1 << 14

#: Names and texts of parameters, which stand in yosys's scripts.
_PLAIN = re.compile(r"[A-Za-z0-9_.]+")

_KEYS = ("top", "files", "clock", "reset", "reset_active", "reset_cycles", "enable", "parameters")
_INPUT = ("streams", "valid", "ready", *MARKS, "idle")
_OUTPUT = ("valid", "ready", "latency", "within", "last", "values")


@dataclass(frozen=True)
class Inputs:
    """Streams that enter together.

    Parameters
    ----------
    streams : their names; empty for all of the design.
    valid, ready : ports of the handshake, where there are such.
    marks : mark -> port.
    zero : whether data is 0 while nothing enters.
    """

    streams: tuple[str, ...] = ()
    valid: str | None = None
    ready: str | None = None
    marks: Mapping[str, str] = field(default_factory=dict)
    zero: bool = False


@dataclass(frozen=True)
class Output:
    """How results leave.

    Parameters
    ----------
    valid, ready : ports of the handshake, where there are such.
    latency : cycles from what completes a result to the result, without a valid; 0 where no
        register is between them.
    within : cycles in which it comes at the latest, with a valid and no ready.
    last : the port that marks a tile's last result.
    values : results that leave together; None for as many as the design's.
    """

    valid: str | None = None
    ready: str | None = None
    latency: int | None = None
    within: int = WITHIN
    last: str | None = None
    values: int | None = None


@dataclass(frozen=True)
class PortMap:
    """What a map's file says.

    Parameters
    ----------
    lines : where its keys stand.
    top : the module; None where the command line says it.
    files : further Verilog.
    clock, reset, enable : ports, where the module has such; ``reset_low`` the polarity.
    reset_cycles : how long a reset must be.
    parameters : of the module.
    inputs, output : how data enters and leaves.
    ports : port -> what it carries, as it is written.
    """

    lines: Lines
    top: str | None
    files: tuple[Path, ...]
    clock: str | None
    reset: str | None
    reset_low: bool
    reset_cycles: int
    enable: str | None
    parameters: Mapping[str, int | str]
    inputs: tuple[Inputs, ...]
    output: Output
    ports: Mapping[str, Any]


def read_map(path: Path) -> PortMap:
    """The port map of a file; DesignError with file and line for what is wrong in it."""
    text = text_of(path, "the port map ")
    data, lines = parse(text, str(path)), Lines(str(path), text)
    _Table(lines, data).known((*_KEYS, "input", "output", "ports"))
    head = _Table(lines, data)
    inputs = data.get("input", {})
    listed = inputs if isinstance(inputs, list) else [inputs]
    ports = data.get("ports", {})
    if not isinstance(ports, dict) or not ports:
        lines.refuse('[ports] says what each port carries, such as w = "weight"', "ports")
    return PortMap(
        lines,
        head.text("top"),
        tuple(path.parent / name for name in head.texts("files")),
        head.text("clock"),
        head.text("reset"),
        head.choice("reset_active", ("high", "low")) == "low",
        head.count("reset_cycles", 1, 1),
        head.text("enable"),
        _parameters(head),
        tuple(_inputs(_Table(lines, item, "input", n)) for n, item in enumerate(listed)),
        _output(_Table(lines, data.get("output", {}), "output")),
        ports,
    )


class _Table:
    """A table of a map, read key by key."""

    def __init__(self, lines: Lines, data: Any, section: str = "", number: int = 0):
        self._lines, self._place = lines, (section, number)
        if not isinstance(data, dict):
            lines.refuse(f"{section} must be a table, got {data!r}", section)
        self.data: dict[str, Any] = data

    def refuse(self, what: str, key: str) -> None:
        self._lines.refuse(what, key, *self._place)

    def known(self, names: Sequence[str]) -> None:
        for key in self.data:
            if key not in names:
                close = difflib.get_close_matches(key, names, 1, 0.5)
                hint = f"close: {close[0]}" if close else f"known: {', '.join(names)}"
                self.refuse(f"unknown key {key!r}; {hint}", key)

    def text(self, key: str) -> str | None:
        value = self.data.get(key)
        if value is not None and (not isinstance(value, str) or not value):
            self.refuse(f"{key} must be a name in quotes, got {value!r}", key)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse(f"{key} must be a list of names in quotes, got {value!r}", key)
        return tuple(value)

    def choice(self, key: str, known: Sequence[str]) -> str:
        value = self.data.get(key, known[0])
        if value not in known:
            self.refuse(f"{key} must be {' or '.join(known)}, got {value!r}", key)
        return str(value)

    def count(self, key: str, least: int, usual: int) -> int:
        value = self.data.get(key, usual)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _MOST:
            self.refuse(f"{key} must be a whole number from {least} to {_MOST}, got {value!r}", key)
        return int(value)


def _parameters(head: _Table) -> dict[str, int | str]:
    found = head.data.get("parameters", {})
    if not isinstance(found, dict):
        head.refuse(f"parameters must be a table, got {found!r}", "parameters")
    for name, value in found.items():
        if not _PLAIN.fullmatch(name) or (isinstance(value, str) and not _PLAIN.fullmatch(value)):
            head.refuse(f"parameters are letters and digits, got {name} = {value!r}", "parameters")
        if isinstance(value, bool) or not isinstance(value, int | str):
            head.refuse(f"parameter {name} must be an integer or a text, got {value!r}", name)
    return dict(found)


def _inputs(table: _Table) -> Inputs:
    table.known(_INPUT)
    marks = {name: port for name in MARKS if (port := table.text(name))}
    zero = table.choice("idle", ("any", "zero")) == "zero"
    return Inputs(table.texts("streams"), table.text("valid"), table.text("ready"), marks, zero)


def _output(table: _Table) -> Output:
    table.known(_OUTPUT)
    valid, ready, latency = table.text("valid"), table.text("ready"), table.data.get("latency")
    if latency is not None:
        if isinstance(latency, bool) or not isinstance(latency, int) or not 0 <= latency <= _MOST:
            table.refuse(
                f"latency must be a whole number of cycles, got {latency!r}; a module of another "
                "needs a valid beside its results",
                "latency",
            )
        if valid is not None:
            table.refuse("give valid or latency, got both: a valid says when results come", "valid")
    elif valid is None:
        table.refuse("[output] needs valid, or the latency in cycles of a module without", "output")
    if ready is not None and valid is None:
        table.refuse(f"ready needs a valid beside it, got ready = {ready!r} alone", "ready")
    values = table.count("values", 1, 1) if "values" in table.data else None
    within = table.count("within", 1, WITHIN)
    return Output(valid, ready, latency, within, table.text("last"), values)
