"""Checks a port map against a module and a design: every bit of each has its place."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from ...golden.streams import Stream
from .carried import Bit, Carrying
from .hardware import Guest, each, signed_fields
from .portmap import Inputs, Output, PortMap
from .source import Port, Source

#: How often a stream that enters with others may have a beat.
_JOINED = ("step", "group", "reduction")


@dataclass(frozen=True)
class Fit:
    """A map that fits.

    Parameters
    ----------
    found, source, guest : what was fitted.
    inputs : the streams that enter together, and how.
    drives : input port -> its bits.
    reads : output port -> its bits.
    """

    found: PortMap
    source: Source
    guest: Guest
    inputs: tuple[tuple[Inputs, tuple[Stream, ...]], ...]
    drives: dict[str, list[Bit]]
    reads: dict[str, list[Bit]]

    @property
    def output(self) -> Output:
        return self.found.output


def fit(found: PortMap, source: Source, guest: Guest) -> Fit:
    """The bits of all ports. Raises DesignError with file and line for what does not fit."""
    return _Fitting(found, source, guest).fit()


class _Fitting:
    """The rules, one after another."""

    def __init__(self, found: PortMap, source: Source, guest: Guest):
        self.found, self.source, self.guest, self.lines = found, source, guest, found.lines
        self.used: dict[str, str] = {}

    def fit(self) -> Fit:
        self._controls()
        inputs = tuple(self._joined())
        drives, reads = self._data()
        self._whole(drives, reads)
        return Fit(self.found, self.source, self.guest, inputs, drives, reads)

    # Ports that carry no data.

    def _controls(self) -> None:
        found, output = self.found, self.found.output
        for key in ("clock", "reset", "enable"):
            self._control(getattr(found, key), "input", key)
        for number, item in enumerate(found.inputs):
            self._control(item.valid, "input", "valid", "input", number)
            self._control(item.ready, "output", "ready", "input", number)
            for mark, port in item.marks.items():
                self._control(port, "input", mark, "input", number)
        for key, direction in (("valid", "output"), ("ready", "input"), ("last", "output")):
            self._control(getattr(output, key), direction, key, "output")
        if found.enable and output.ready:
            self.lines.refuse("a module with an enable is stopped by it: leave out ready, or the "
                              "enable", "enable")  # fmt: skip
        if found.enable and output.latency == 0:
            self.lines.refuse("an enable needs a latency of at least 1", "enable")
        if output.latency != 0 and found.clock is None:
            self.lines.refuse("give the clock's port: only a module of latency 0 has none", "clock")
        if output.latency is not None and each(self.guest) > 1:
            self.lines.refuse("results that leave one after another need a valid, got latency = "
                              f"{output.latency}", "latency", "output")  # fmt: skip
        if output.last and not self.guest.own.results[0].last:
            self.lines.refuse(f"results of {self.guest.own.name} have no last", "last", "output")

    def _control(
        self, name: str | None, direction: str, key: str, section: str = "", number: int = 0
    ) -> None:
        """A port of one bit."""
        if name is None:
            return
        port = self._port(name, key, section, number)
        if port.direction != direction:
            self.lines.refuse(f"{key} is an {direction} of the module, {name} is an "
                              f"{port.direction} ({port.where})", key, section, number)  # fmt: skip
        if port.width != 1:
            self.lines.refuse(f"{key} has one bit, {name} has {port.width} ({port.where})",
                              key, section, number)  # fmt: skip

    def _port(self, name: str, key: str, section: str = "", number: int = 0) -> Port:
        """A port that nothing else in the map takes."""
        port = self.source.ports.get(name)
        if port is None:
            known = list(self.source.ports)
            close = difflib.get_close_matches(name, known, 3, 0.5)
            hint = f"close ones: {', '.join(close)}" if close else f"it has {', '.join(known)}"
            self.lines.refuse(f"{self.source.top} has no port {name!r}; {hint}",
                              key, section, number)  # fmt: skip
        if name in self.used:
            self.lines.refuse(f"{name} is taken by {self.used[name]}", key, section, number)
        self.used[name] = f"{section}.{key}" if section else key
        return port

    # Streams that enter together.

    def _joined(self) -> Iterator[tuple[Inputs, tuple[Stream, ...]]]:
        sources = {stream.name: stream for stream in self.guest.sources}
        taken: set[str] = set()
        for number, item in enumerate(self.found.inputs):
            names = item.streams or tuple(sources)
            for name in names:
                if name not in sources or name in taken:
                    why = "is in two inputs" if name in taken else "is no stream that enters"
                    known = ", ".join(sources)
                    self.lines.refuse(f"{name} {why}; streams of {self.guest.own.name}: {known}",
                                      "streams", "input", number)  # fmt: skip
                taken.add(name)
            streams = tuple(stream for stream in self.guest.sources if stream.name in names)
            self._together(item, streams, number)
            yield item, streams
        if left := [name for name in sources if name not in taken]:
            self.lines.refuse(f"no input takes {', '.join(left)}", "input")

    def _together(self, item: Inputs, streams: tuple[Stream, ...], number: int) -> None:
        """Whether streams may share a handshake, and have the marks that are asked for."""
        pers = {stream.per for stream in streams}
        steps = "step" in pers and pers <= set(_JOINED)
        if len(pers) > 1 and not steps:
            said = ", ".join(f"{stream.name} every {stream.per}" for stream in streams)
            self.lines.refuse(f"these cannot enter together: {said}", "streams", "input", number)
        if "group" in pers and len(pers) > 1 and not hasattr(self.guest.own, "plan"):
            self.lines.refuse("groups are known of engines alone", "streams", "input", number)
        ends = any(stream.last for stream in streams)
        for mark in item.marks:
            if not ends:
                self.lines.refuse(f"{mark} is known where the stream that has the end of a "
                                  "reduction enters", mark, "input", number)  # fmt: skip

    # Ports with data.

    def _data(self) -> tuple[dict[str, list[Bit]], dict[str, list[Bit]]]:
        carrying = Carrying(self.guest.streams, signed_fields(self.guest))
        outputs = {stream.name for stream in self.guest.results}
        drives: dict[str, list[Bit]] = {}
        reads: dict[str, list[Bit]] = {}
        for name, said in self.found.ports.items():
            port = self._port(name, name, "ports")
            try:
                bits = carrying.bits(said, port.width)
            except ValueError as error:
                self._refuse(str(error), name)
            if len(bits) != port.width:
                what = f"{name} has {port.width} bits ({port.where}), what the map lays on it has"
                self._refuse(f"{what} {len(bits)}: {_shown(said)}{_hint(port, len(bits))}", name)
            if port.direction not in ("input", "output"):
                self._refuse(f"{name} is an {port.direction} ({port.where})", name)
            into = port.direction == "input"
            for bit in bits:
                if into and (bit is None or (isinstance(bit, tuple) and bit[0] in outputs)):
                    self._refuse(f"{name} is an input ({port.where}), it carries no result and "
                                 "skips nothing: give constants", name)  # fmt: skip
                if not into and bit is not None and (isinstance(bit, int) or bit[0] not in outputs):
                    self._refuse(f"{name} is an output ({port.where}), it carries results, or "
                                 f"\"skip N\"", name)  # fmt: skip
            (drives if into else reads)[name] = bits
        return drives, reads

    def _refuse(self, what: str, name: str) -> NoReturn:
        self.lines.refuse(what, name, "ports")

    def _whole(self, drives: dict[str, list[Bit]], reads: dict[str, list[Bit]]) -> None:
        """Nothing of the design is left out, nothing of the module hangs."""
        for port in self.source.ports.values():
            if port.direction == "inout":
                self._refuse(f"{port.name} is an inout ({port.where}), which no bench drives", "")
            if port.direction == "input" and port.name not in self.used:
                self._refuse(f"the map says nothing of the input {port.name} ({port.where}): give "
                             "what it carries, or a constant", "")  # fmt: skip
        driven = {bit for bits in drives.values() for bit in bits if isinstance(bit, tuple)}
        read = Counter(bit for bits in reads.values() for bit in bits if isinstance(bit, tuple))
        for bit, count in read.items():
            if count > 1:
                self._refuse(f"two bits of outputs are {self._named(*bit)}", "")
        for stream in self.guest.streams:
            for place in range(stream.data_bits):
                if (stream.name, place) not in (read if stream.output else driven):
                    self._refuse(f"no port carries {self._named(stream.name, place)}", "")

    def _named(self, name: str, place: int) -> str:
        """A bit of a payload in the words of a map."""
        stream = next(stream for stream in self.guest.streams if stream.name == name)
        for field in stream.fields:
            if place < field.data_bits:
                value, bit = divmod(place, field.lane_bits)
                if bit >= field.bits:
                    return f"{name}.{field.flags[bit - field.bits]}[{value}]"
                return f"{name}.{field.name}[{value}][{bit}:{bit}]"
            place -= field.data_bits
        return f"{name}, bit {place}"


def _hint(port: Port, bits: int) -> str:
    """What may be done about a port that is too wide."""
    if port.width <= bits or not bits:
        return ""
    return "; give each value its room by {carries = ..., width = BITS}"


def _shown(said: Any) -> str:
    text = f'"{said}"' if isinstance(said, str) else str(said)
    return text if len(text) < 80 else f"{text[:76]} ..."
