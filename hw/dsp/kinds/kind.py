"""What every maker's block says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ..packing import Geometry

if TYPE_CHECKING:
    from ..adder import Adder
    from ..block import Block


class Ports(NamedTuple):
    """How a block is instantiated: parameters, inputs, outputs, by the maker's names."""

    parameters: Mapping[str, Any]
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """A maker's DSP block.

    Parameters
    ----------
    name : as the build says.
    cell : what it is called in a netlist.
    geometry : what it can.
    ports : the instance that does what a :class:`Block` says.
    parts : the instance that does what an :class:`Adder` says; None if its adder is not cut.
    """

    name: str
    cell: str
    geometry: Geometry
    ports: Callable[[Block], Ports] = field(compare=False, repr=False)
    parts: Callable[[Adder], Ports] | None = field(default=None, compare=False, repr=False)
