"""An interface: the ports of a wrapper, and where on them every value of a beat lies.

Wrappers, benches, packers, port lists and test vectors all follow from :meth:`Interface.pins` and
:meth:`Interface.slices`; nothing else knows how an interface looks.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ...golden.streams import Field, Stream


@dataclass(frozen=True)
class Pin:
    """A port of a wrapper that belongs to a stream.

    Parameters
    ----------
    role : ``valid``, ``ready``, ``data``, ``keep``, ``user`` or ``last``.
    name : in the Verilog.
    width : bits.
    output : whether the wrapper drives it.
    attribute : what stands before it in the Verilog.
    """

    role: str
    name: str
    width: int
    output: bool
    attribute: str = ""


@dataclass(frozen=True)
class Slice:
    """A value of a beat, or its flags: ``bits`` of the core's data that lie in a port.

    Parameters
    ----------
    field : which values they are of.
    index : of the value in its field: lane ``index % lanes`` of vector ``index // lanes``.
    flags : whether it is the value's flags.
    role : of the port.
    low, wide : its lowest bit there and the bits that it takes there; what goes beyond ``bits``
        repeats the top bit of a signed value, else it is 0.
    core : its lowest bit in the core's data.
    bits : its width.
    """

    field: Field
    index: int
    flags: bool
    role: str
    low: int
    wide: int
    core: int
    bits: int

    @property
    def signed(self) -> bool:
        return self.field.signed and not self.flags


class Interface(ABC):
    """A way to lay streams out on ports.

    Attributes
    ----------
    name : what users choose it by.
    about : lines of Verilog comment that say how it works.
    manual : a sentence for who connects it.
    clock, reset : names of these ports; ``reset_low`` whether reset is active low.
    packaged : whether Vivado knows its buses.
    """

    name: str
    about: tuple[str, ...]
    manual: str
    clock: str
    reset: str
    reset_low: bool
    packaged: bool = False

    @abstractmethod
    def pins(self, stream: Stream) -> tuple[Pin, ...]:
        """The ports of a stream in order; ``data``, ``keep``, ``user`` and ``last`` in this
        order."""

    @abstractmethod
    def slices(self, stream: Stream) -> tuple[Slice, ...]:
        """Where all values of a beat and their flags lie, from the lowest bit of the data up."""

    def attributes(self, streams: Iterable[Stream]) -> tuple[str, str]:
        """What stands before the ports of the clock and of the reset."""
        return "", ""

    def bus(self, stream: Stream) -> str:
        """What the names of a stream's ports begin with."""
        return stream.name

    def pin(self, stream: Stream, role: str) -> Pin | None:
        """The port of a role, if there is one."""
        return next((pin for pin in self.pins(stream) if pin.role == role), None)

    # A beat as benches see it is one integer: data, above it what else there is, ``last`` on top.

    def positions(self, stream: Stream) -> dict[str, int]:
        """Role -> its lowest bit in a beat."""
        found, low = {}, 0
        for pin in self._carriers(stream):
            found[pin.role], low = low, low + pin.width
        return found

    def beat_bits(self, stream: Stream) -> int:
        """Width of a beat."""
        return sum(pin.width for pin in self._carriers(stream))

    def _carriers(self, stream: Stream) -> list[Pin]:
        return [pin for pin in self.pins(stream) if pin.role not in ("valid", "ready")]

    def runs(self, stream: Stream) -> Iterator[Slice]:
        """The slices, those joined that lie side by side here and in the core, unextended."""
        run: Slice | None = None
        for item in self.slices(stream):
            if run is not None and _follows(run, item):
                run = replace(run, wide=run.wide + item.wide, bits=run.bits + item.bits)
                continue
            if run is not None:
                yield run
            run = item
        if run is not None:
            yield run


def _follows(run: Slice, item: Slice) -> bool:
    dense = run.wide == run.bits and item.wide == item.bits
    near = run.low + run.wide == item.low and run.core + run.bits == item.core
    return dense and near and run.role == item.role
