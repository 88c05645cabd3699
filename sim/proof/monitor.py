"""The monitor of a design's streams: what it counts, and what it claims, as Verilog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jinja2

from ...golden.streams import Stream
from .marks import Marks
from .tiles import Tiles

#: The module that holds core and monitor.
TOP = "streams"


@dataclass(frozen=True)
class Counting:
    """What is counted: beats of results for what was taken.

    Parameters
    ----------
    source, result : the streams.
    ends : whether only beats with ``last`` of the source count.
    each, given : what is due grows by ``each`` with one of those, and shrinks by ``given`` with a
        beat of results.
    partners : streams that are taken together with the source, by name.
    """

    source: Stream
    result: Stream
    ends: bool
    each: int
    given: int = 1
    partners: tuple[str, ...] = ()

    @property
    def marked(self) -> bool:
        """Whether ``last`` of the results ends what one end of the source is due."""
        return self.result.last and self.ends and self.given == 1


@dataclass(frozen=True)
class Term:
    """A weight, and the register bits of the core that must all be set for it: name and bit."""

    weight: int
    bits: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Fact:
    """Values of register bits that never meet: the bits' names and numbers, and the values."""

    bits: tuple[tuple[str, int], ...]
    values: tuple[bool, ...]


def monitor(
    core: str,
    streams: Sequence[Stream],
    counting: Counting,
    limit: int,
    rest: int,
    terms: Sequence[Term] | None = None,
    facts: Sequence[Fact] = (),
    marks: Marks | None = None,
    tiles: Tiles | None = None,
    *,
    held: bool = False,
) -> str:
    """Verilog of the core under its monitor; the macro of a claim's name chooses what is claimed.

    Parameters
    ----------
    limit : cycles within which a step is taken that can be.
    rest : quiet cycles after which nothing is due.
    terms : where results are that are on their way; None where that is not known.
    facts : what registers never are together.
    marks : data that mark results.
    tiles : where results of a tile are, for lemmas of ``last``.
    held : whether runs begin with a reset, and sources keep what they offer until it is taken.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("macsmith.sim.proof", "templates"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sources = [stream for stream in streams if not stream.output]
    together = (counting.source.name, *counting.partners)
    width = 12 + (counting.each + counting.given).bit_length()
    return environment.get_template("streams.v.j2").render(
        top=TOP,
        core=core,
        streams=streams,
        sources=sources,
        others=[stream for stream in sources if stream.name not in together],
        source=counting.source,
        result=counting.result,
        ends=counting.ends,
        each=counting.each,
        per=counting.given,
        marked=counting.marked,
        width=width,
        most=(1 << (width - 2)) - 1,
        limit=limit,
        rest=rest,
        terms=terms,
        facts=facts,
        marks=marks,
        tiles=tiles,
        held=held,
    )


def connections(terms: Sequence[Term], facts: Sequence[Fact]) -> list[str]:
    """What the script connects in the flat design."""
    named = [*(("place", n, t.bits) for n, t in enumerate(terms))]
    named += [*(("fact", n, f.bits) for n, f in enumerate(facts))]
    return [
        f"connect -nounset -set {kind}_{number}_{index} {name}[{bit}]"
        for kind, number, bits in named
        for index, (name, bit) in enumerate(bits)
    ]
