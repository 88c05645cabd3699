"""Whether two designs fit together, and what their join needs."""

from __future__ import annotations

from math import lcm

from ...golden.bounds import Range
from ...golden.description import Engine
from ...golden.errors import DesignError
from ...golden.formats import Format, Integer
from ...golden.joins import Join
from ...golden.streams import Stream
from ...golden.units.grouped import Grouped
from ..design import Hardware, Streaming
from .scales import beside


def entry(part: Hardware, into: str = "activation") -> Stream:
    """The stream that takes the results of the part before: of an engine the one called ``into``,
    of a unit the first. Raises DesignError where a unit is to take weights."""
    if isinstance(part.design, Engine):
        return next(stream for stream in part.sources if stream.name == into)
    if into != "activation":
        raise DesignError(f"into = {into!r} belongs to engines, {part.name} is none: leave it out")
    return part.sources[0]


def joined(
    first: Hardware, second: Hardware, length: int, *, counted: bool, into: str = "activation"
) -> Join:
    """The join of two parts. Raises DesignError where they do not fit.

    ``counted``: an engine is among the parts before, whose marks are not those of what follows.
    ``into``: the stream of an engine that is fed.
    """
    what = f"{first.name} to {second.name}"
    for part in (first, second):
        design = part.design
        if isinstance(design, Engine) and (
            len(design.modes) > 1 or design.build.flow == "weight_stationary"
        ):
            raise DesignError(
                f"{what}: engines with several modes, or with weights that stay, cannot be joined: "
                f"build {part.name} with one mode and another flow"
            )
    fed = entry(second, into)
    value, [taken, *more] = first.results[0].fields[0], fed.fields
    if more or value.flags:
        raise DesignError(
            f"{what}: results with flags, and operands of several planes, cannot be joined: give "
            f"{first.name} an output format, {second.name} {into}s of one plane"
        )
    if into == "weight" and isinstance(first.design, Engine):
        raise DesignError(f"{what}: weights come from units, {first.name} is an engine")
    _check_values(what, first.holds(value), second.holds(taken))
    design, result = first.design, first.results[0]
    if isinstance(design, Engine) and design.build.results > 1:
        raise DesignError(
            f"{what}: results of several columns in a beat cannot be joined, {first.name} gives "
            f"{design.build.results}",
            {"results": 1},
        )
    if isinstance(design, Engine):
        rows, cols = design.build.rows, design.build.cols
        given, vectors, by_row = rows, cols, True
        beats = rows * cols if result.per == "result" else 1
        if value.lanes != 1:
            raise DesignError(f"{what}: engines with several outputs cannot be joined")
        if isinstance(second.design, Grouped):
            # Results have no neighbours that matter: one after the other, as they come, if that is
            # how they are taken. A tile is marked.
            tile = rows
            if taken.vectors == 1:
                tile, vectors, beats = rows * cols, 1, 1
                given = 1 if result.per == "result" else tile
            length = length or lcm(tile, taken.lanes)
    else:
        given, vectors, by_row, beats = value.lanes, value.vectors, False, 1
    if vectors != taken.vectors:
        needed = "rows of weights" if into == "weight" else "vectors"
        names = ["cols"] if isinstance(design, Engine) else ["rows", "vectors"]
        known = getattr(design, "__dataclass_fields__", {})
        key = next((name for name in names if name in known), names[0])
        raise DesignError(
            f"{what}: {second.name} takes {taken.vectors} {needed} at a time, {first.name} gives "
            f"{vectors}: choose {key} = {taken.vectors} in {first.name}"
        )
    # Weights have no marks: those of the activations end a reduction.
    every = _every(what, second, taken.lanes, length, counted) if fed.last else 0
    scales = beside(what, first, second, into)
    found = Join(vectors, given, beats, by_row, taken.lanes, every, taken.bits, scales)
    size = lcm(found.elements, block(first))
    if every and every * taken.lanes % size:
        raise DesignError(
            f"{what}: a reduction must be a multiple of the {size} elements that {first.name} "
            f"makes at a time, got {every * taken.lanes} (lengths)"
        )
    return found


def block(part: Hardware) -> int:
    """Elements along K that a part takes and makes as a whole; 1 for an engine."""
    return part.whole if isinstance(part, Streaming) else 1


def _every(what: str, second: Hardware, lanes: int, length: int, counted: bool) -> int:
    """Beats of the next part to a reduction's end, 0 where the marks of the results say it."""
    if not length and not counted:
        return 0
    if isinstance(second.design, Engine):
        length = length or second.design.modes[0].k_max
        most = second.design.modes[0].k_max
        if length > most:
            raise DesignError(f"{what}: reductions must be at most k-max = {most}, got {length}")
    else:
        length = length or block(second)
    if length % lanes:
        raise DesignError(f"{what}: lengths must be multiples of the {lanes} lanes, got {length}")
    return length // lanes


def needs(join: Join) -> str:
    """What a join does, and what it keeps."""
    if beside := join.beside:
        many = beside.count * len(beside.taken)
        count = "its scale goes" if many == 1 else f"its {many} scales go"
        often = f"every {beside.every} beats" if beside.every > 1 else "each beat"
        often = often if beside.every else "each reduction"
        of = f"; with the first of {often}" if beside.every != 1 else "; with each beat"
        more = f"{of} {count} to {beside.stream}, where those of {beside.kept} blocks can wait"
    else:
        more = ""
    if join.direct:
        return f"a beat becomes a beat, nothing is kept between them{more}"
    come = "1 beat becomes" if join.arriving == 1 else f"{join.arriving} beats become"
    return (
        f"{come} {join.leaving}; {'twice ' * join.collects}{join.elements * join.vectors} values "
        f"are kept, one such group in {join.cycles} cycles{more}"
    )


def _check_values(what: str, given: Format | Range, wanted: Format | Range) -> None:
    """Raise DesignError unless results are what the next part takes."""
    if isinstance(given, Format) and given == wanted:
        return
    if isinstance(given, Range) and isinstance(wanted, Integer):
        same = (given.width, given.signed, given.lsb)
        if same == (wanted.width, wanted.signed, wanted.exponent):
            return
    told = given.name if isinstance(given, Format) else f"integers of {given.width} bits"
    more = f" in units of 2^{given.lsb}" if isinstance(given, Integer | Range) and given.lsb else ""
    name = wanted.name if isinstance(wanted, Format) else f"integers of {wanted.width} bits"
    fitting = ""
    if isinstance(given, Range) and isinstance(wanted, Integer) and not given.lsb:
        fitting = f": make it take {'int' if given.signed else 'uint'}{given.width}"
    raise DesignError(f"{what}: results are {told}{more}, the next part takes {name}{fitting}")
