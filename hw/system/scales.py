"""Which scales an engine takes of a quantizer's results, or an unpacker's, and how many wait."""

from __future__ import annotations

from ...golden.description import Engine, Level
from ...golden.errors import DesignError
from ...golden.joins import Beside
from ...golden.streams import Field, Stream
from ...golden.units import Quantize, Unpack
from ..design import Hardware
from ..engine.hardware import EngineHardware
from ..plan.array_plan import ArrayPlan


def beside(what: str, first: Hardware, second: Hardware, into: str) -> Beside | None:
    """Where the scales go that come with a part's results; None where none come.

    Raises DesignError where the next part does not take them as they are. ``what`` names both.
    """
    value, *more = first.results[0].fields
    unit = first.design
    if not more:
        return None
    if isinstance(unit, Unpack) and isinstance(second, EngineHardware):
        return _stored(what, unit, second, into)
    if not (isinstance(unit, Quantize) and isinstance(second, EngineHardware)):
        raise DesignError(
            f"{what}: results are {value.name} with {', '.join(f.name for f in more)}, and only an "
            f"engine takes both: make {first.name} the last part, or a design of its own"
        )
    if into != "activation":
        raise DesignError(f"{what}: a quantizer makes activations: leave into = {into!r} out")
    level = _level(what, unit, second.engine)
    every = _every(what, unit, second, level)
    stream, field = _taker(second, 1, level)
    own = more[0]
    if unit.lanes > unit.block:
        raise DesignError(
            f"{what}: a beat holds several blocks of a vector, whose scales would come at once: "
            f"choose lanes = {unit.block} in {first.name}, or fewer"
        )
    kept = waiting(second.plan, every * unit.lanes)
    return Beside(stream.name, field.name, 1, own.count, own.bits, every, kept)


def _stored(what: str, unit: Unpack, second: EngineHardware, into: str) -> Beside:
    """The scales of stored weights."""
    own, wanted = unit.stored.operand, second.engine.arithmetic.weight
    if into != "weight":
        raise DesignError(f"{what}: an unpacker makes weights: say into = 'weight'")
    if own != wanted or own.select or own.group is None:
        raise DesignError(f"{what}: weights are {own}, {second.name} takes {wanted}")
    steps = second.plan.group_steps
    group = steps * second.engine.lanes() if steps else second.engine.arithmetic.k_max
    if group != own.group or own.group % unit.lanes:
        raise DesignError(
            f"{what}: {unit.name} has scales for {own.group} elements, {unit.lanes} in a beat, "
            f"{second.name} takes scales every {group}: make both the same, lanes a part of it"
        )
    places = {field.array: place for place, field in enumerate(unit.streams[-1].fields)}
    fields = unit.streams[-1].fields
    taken = []
    for level in own.levels:
        stream, field = _taker(second, 0, level)
        taken.append((field.name, places[level.name], level.format.bits))
    (name, place, bits), *also = taken
    kept = waiting(second.plan, group)
    every, count = group // unit.lanes, fields[place].count
    return Beside(stream.name, name, place, count, bits, every, kept, tuple(also))


def _taker(part: EngineHardware, side: int, level: Level) -> tuple[Stream, Field]:
    """Where an engine takes a level of scales."""
    return next(
        (stream, field)
        for stream in part.sources
        for field in stream.fields
        if (field.kind, field.side, field.array) == ("scales", side, level.name)
    )


def _level(what: str, unit: Quantize, engine: Engine) -> Level:
    """The engine's scale of a block of activations."""
    levels = engine.arithmetic.activation.levels
    wanted = [level.format for level in levels]
    made = [level.format for level in unit.operand.levels]
    if wanted != made:
        takes = ", ".join(fmt.name for fmt in wanted) or "none"
        raise DesignError(
            f"{what}: scales are {', '.join(fmt.name for fmt in made)}, {engine.name} takes "
            f"{takes}: give both the same"
        )
    if levels[0].span.rows != 1:
        raise DesignError(
            f"{what}: {unit.name} makes scales of one vector, {engine.name} takes them per "
            f"{levels[0].span}: choose a span of one row"
        )
    return levels[0]


def _every(what: str, unit: Quantize, part: EngineHardware, level: Level) -> int:
    """Beats of codes that a scale is for; 0: all of a reduction."""
    k_max, columns = part.engine.arithmetic.k_max, level.span.columns
    if columns is None:
        if unit.block < k_max:
            raise DesignError(
                f"{what}: {part.name} takes a scale for a reduction of up to k-max = {k_max}, a "
                f"block has {unit.block} values: make the block at least as long"
            )
        return 0
    steps = part.plan.group_steps
    group = k_max if steps is None else steps * part.engine.lanes()
    for size, told in ((columns, "shares a scale among"), (group, "takes scales every")):
        if size != unit.block:
            raise DesignError(
                f"{what}: a block has {unit.block} values, {part.name} {told} {size}: make groups "
                "and block the same"
            )
    return unit.beats


def waiting(plan: ArrayPlan, block: int) -> int:
    """How many blocks' scales are on their way at full rate: between the first step of a block and
    the end of its sums. ``block`` has so many elements; 0: it is a reduction."""
    if not block:
        return 2 + -(-plan.latency // plan.reduction_cycles)
    cycles = block // plan.modes[0].step * plan.cycles
    return 3 + -(-plan.array_latency // cycles)
