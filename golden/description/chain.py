"""Designs joined stream to stream."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import DesignError
from .build import Target
from .design import Design
from .engine import Engine
from .name import check_name

#: Streams of an engine that results may feed.
ENTRIES = ("activation", "weight")


@dataclass(frozen=True, kw_only=True)
class Chain:
    """Parts of which each takes the results of the one before.

    An engine takes them as its activations: a column of results is a vector, its rows are
    neighbours along K. A unit takes them as its points.

    Parameters
    ----------
    name : of the module, a Verilog identifier.
    parts : two at least, in the order in which numbers meet them; each with a name of its own.
    lengths : for each join, how many elements along K, or points, a reduction of the next part has;
        0, or left out: the marks of the part before say where it ends if that is a unit, else the
        next part's k-max.
    into : for each join, which stream of the next part takes the results: ``activation`` of an
        engine, or ``weight``; left out: the activation, of a unit its only stream, or its codes.
    shaped : the name of the engine that options such as ``--rows`` change, and whose shape the
        units beside it then follow; empty: options belong to no part.
    build : its interface is that of the whole; parts keep what else they are built for.
    """

    name: str
    parts: tuple[Design, ...]
    lengths: tuple[int, ...] = ()
    into: tuple[str, ...] = ()
    shaped: str = ""
    build: Target = Target()

    def __post_init__(self) -> None:
        check_name(self.name, "a chain")
        if len(self.parts) < 2:
            raise DesignError(f"a chain has two parts at least, got {len(self.parts)}")
        for part in self.parts:
            if isinstance(part, Chain):
                raise DesignError(f"parts of a chain are engines and units, got chain {part.name}")
        names = [part.name for part in self.parts]
        for name in names:
            if names.count(name) > 1:
                raise DesignError(f"parts of a chain have names of their own, got {name!r} twice")
        if len(self.lengths) > len(self.parts) - 1 or any(length < 0 for length in self.lengths):
            raise DesignError(
                f"lengths are one for each of {len(self.parts) - 1} joins, got {self.lengths}"
            )
        if len(self.into) > len(self.parts) - 1 or any(word not in ENTRIES for word in self.into):
            raise DesignError(
                f"into is one of {', '.join(ENTRIES)} for each of {len(self.parts) - 1} joins, got "
                f"{', '.join(map(str, self.into))}"
            )
        engines = [part.name for part in self.parts if isinstance(part, Engine)]
        if self.shaped and self.shaped not in engines:
            raise DesignError(
                f"shaped is the name of an engine of the chain, {', '.join(engines) or 'none here'}"
                f", got {self.shaped!r}"
            )
        policies = {part.build.policy for part in self.parts}
        wanted = "dsp" if "dsp" in policies else "lut"
        if self.build.policy != wanted:
            raise DesignError(
                f"parts of {self.name} are built with policy {wanted}, the chain with "
                f"{self.build.policy}: give the chain policy {wanted} too"
            )
