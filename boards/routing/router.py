"""What the open routers have alike, as data; ``ecp5.py`` and the others tell a router each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...golden.errors import DesignError
from ..catalogue import Board


@dataclass(frozen=True)
class Leaf:
    """A cell that the harness is made of.

    Parameters
    ----------
    type : of the cell.
    inputs : its ports, in order; ``clock`` is not among them.
    output : its port.
    clock : the port of a flip-flop.
    parameters : as yosys writes them, where a text of zeros and ones ends in a space.
    ties : ports that are constants.
    """

    type: str
    inputs: tuple[str, ...]
    output: str
    parameters: Mapping[str, str]
    clock: str = ""
    ties: Mapping[str, str] = field(default_factory=dict)

    def cell(self, inputs: list[Any], output: int, clock: int) -> dict[str, Any]:
        """One of them, in the format of ``write_json``; inputs that are not given are low."""
        ports = {port: "0" for port in self.inputs} | dict(self.ties)
        ports |= dict(zip(self.inputs, inputs, strict=False))
        clocked = {self.clock: clock} if self.clock else {}
        nets = {**ports, **clocked, self.output: output}
        ways = {port: "output" if port == self.output else "input" for port in nets}
        return {
            "type": self.type,
            "parameters": dict(self.parameters),
            "attributes": {},
            "port_directions": ways,
            "connections": {port: [net] for port, net in nets.items()},
        }


@dataclass(frozen=True)
class Placed:
    """A cell of a routed netlist: parameters as bits or as text, ports by what they are joined to.

    That is a net's number, ``"0"`` or ``"1"``, None for nothing; of a word, all of it, low first.
    """

    type: str
    parameters: Mapping[str, str]
    ports: Mapping[str, Any]

    @classmethod
    def read(cls, cell: Mapping[str, Any]) -> Placed:
        """Of what nextpnr writes."""
        nets: Mapping[str, list[Any]] = cell["connections"]
        ports: dict[str, Any] = {port: tuple(bits) if bits else None for port, bits in nets.items()}
        single = {port: bits[0] for port, bits in nets.items() if len(bits) == 1}
        return cls(cell["type"], cell["parameters"], ports | single)


class Register(NamedTuple):
    """The nets of a flip-flop of the harness in a routed netlist."""

    data: Any
    held: Any
    clock: Any


@dataclass(frozen=True)
class Packer:
    """What makes a bitstream of a routed design.

    Parameters
    ----------
    program : of the router's wheel; with a dot, a module of Python.
    option : of the router: writes what the packer reads; without one, that is the routed netlist.
    source, target : the ending of that file, and of the bitstream.
    words : what the packer is told, from part, source and target.
    without : types of cells with which the router cannot write what the packer reads.
    """

    program: str
    option: str
    source: str
    target: str
    words: Callable[[str, str, str], tuple[str, ...]]
    without: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Router:
    """The router of a family.

    Parameters
    ----------
    package : the wheel's, as Python imports it.
    program : in it.
    device : part → the options that name it; DesignError for a part that it does not know.
    flip_flop, xor : what the harness is made of: a flip-flop, a parity of four.
    timed : a mapped cell, as one of those of which the router knows the delay.
    kinds : type of a routed cell → what it is counted as: resource → how many of it.
    constraints : pins → the options for them, the file's name and its text.
    freely : options that let it choose pins.
    pins : board → pins for the harness, where the router does not choose any.
    enter, leave : what stands between a pin and the harness, where the router inserts nothing.
    pads : types of cells that a simulation of the core leaves out: those of pins.
    buffers : type → (input, output) of cells that only lead a net on.
    constants : type → (output, constant) of cells that are one.
    prepared : a netlist as the router reads it.
    untimed : type of a cell → which paths the router has no delays for, and leaves out, where a
        design has such cells.
    empty : whether a routed cell does nothing but keep a place that another takes too.
    model : a routed cell, as the simulation model of the family has it.
    register : the nets of a routed flip-flop.
    through : how the LUT is called by which data reach a flip-flop of this name, and its input.
    alone : how a routed cell is called that holds a flip-flop of this name and nothing else.
    unheld : a routed cell without its flip-flop, where one of the harness went into it.
    packer : of bitstreams; None where there is none.
    """

    package: str
    program: str
    device: Callable[[str], tuple[str, ...]]
    flip_flop: Leaf
    xor: Leaf
    kinds: Callable[[str, Mapping[str, str]], Mapping[str, float]]
    constraints: Callable[[Mapping[str, str]], tuple[tuple[str, ...], str, str]]
    pads: frozenset[str]
    model: Callable[[Placed], Placed]
    register: Callable[[Placed], Register]
    prepared: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda netlist: netlist
    timed: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda cell: cell
    empty: Callable[[Placed], bool] = lambda _: False
    freely: tuple[str, ...] = ()
    pins: Callable[[Board], Mapping[str, str]] = lambda _: {}
    enter: Leaf | None = None
    leave: Leaf | None = None
    buffers: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    constants: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    through: tuple[str, str] = ("", "")
    alone: str = "{}"
    unheld: Callable[[Placed], Placed] | None = None
    packer: Packer | None = None
    untimed: Mapping[str, str] = field(default_factory=dict)

    def packs(self, netlist: str) -> Packer | None:
        """What makes a bitstream of a netlist, if anything does."""
        unable = self.packer.without if self.packer else ()
        return None if any(_has(netlist, kind) for kind in unable) else self.packer

    def leaves_out(self, netlist: str) -> tuple[str, ...]:
        """Which paths of a netlist have no part in its frequency."""
        return tuple(paths for kind, paths in self.untimed.items() if _has(netlist, kind))


def clock_pin(board: Board) -> str:
    """The pin of the board's clock; DesignError without one, or for one of two pins."""
    if board.clock is None or board.clock.negative:
        raise DesignError(
            f"a design for {board.family} is routed from a clock of one pin: add [clock] to the "
            f"file of {board.name}, with a pin and no negative one"
        )
    return board.clock.pin


def _has(netlist: str, kind: str) -> bool:
    """Whether a netlist has a cell of a type."""
    return f'"type": "{kind}"' in netlist
