"""What an engine and its streams are, in a line each."""

from __future__ import annotations

from collections.abc import Iterable

from ...golden.bounds import Range
from ...golden.description import Engine
from ...golden.formats import Format
from ...golden.streams import Field, Stream
from ..plan.array_plan import ArrayPlan
from ..plan.modes import ModalPlan
from ..plan.plan import Plan


def summary(engine: Engine, planned: ArrayPlan) -> str:
    """One line that says what the engine is."""
    what = " or ".join(mode.label for mode in planned.modes)
    lanes = "/".join(str(mode.lanes) for mode in planned.modes)
    shape = f"{planned.rows} rows × {planned.cols} columns × {lanes} lanes"
    most = "/".join(str(k) for k in dict.fromkeys(item.k_max for item in engine.modes))
    return f"{what}, {shape}, K up to {most}, latency {planned.latency} cycles"


def manual(engine: Engine, planned: ArrayPlan) -> tuple[str, ...]:
    """How to use the streams, a paragraph each."""
    rows, cols, step = planned.rows, planned.cols, _each(mode.step for mode in planned.modes)
    vectors = f"The weights are of {rows} rows of the result, the activations of {cols} columns."
    if planned.stationary:
        found = [
            "A beat of `weight` is used by the steps that follow until `activation`'s last; every "
            f"step is a beat of `activation` and a reduction over K = {step}. {vectors} The next "
            f"weights are taken while these are used; after {planned.shortest_set} steps or more "
            "they follow without a pause."
        ]
    else:
        k_max = _each(item.k_max for item in engine.modes)
        found = [
            f"A reduction over K takes K / {step} beats of `weight` and of `activation`, the last "
            f"one marked by `activation`'s last. {vectors} K is at most {k_max}; the next "
            "reduction may follow at once."
        ]
    if len(planned.modes) > 1:
        modes = ", ".join(f"{n} is {mode.label}" for n, mode in enumerate(planned.modes))
        found.append(
            f"Modes: {modes}. `activation` says the mode of every step, the same for a whole "
            "reduction; what stands above with a slash is for each mode in turn."
        )
    found.append(
        "Each stream has a source of its own, and the engine has no buffers for them. A beat is "
        "taken when the engine needs it: one of scales or biases only when the sums that it acts "
        "on are complete. An early beat waits with ready low, and the engine waits for a late one. "
        "A missing or additional beat shifts all that follow against each other, until a reset."
    )
    how = f"{_per_beat(planned)}; last marks the final one" if planned.serial else "in one beat"
    found.append(f"The {rows * cols} results of a reduction leave {how}.")
    found.append(
        f"{planned.latency} cycles from a reduction's last step to its first result, without "
        "stalls. The reset is synchronous; one cycle is enough. What is inside is lost, and so is "
        "a beat that is taken while it is active: hold valid low."
    )
    return tuple(found)


def _each(values: Iterable[int]) -> str:
    """What all modes have, or what each has in turn."""
    return "/".join(str(value) for value in dict.fromkeys(values))


def format_of(planned: ArrayPlan, field: Field) -> tuple[str, int | None]:
    """The format of a field's values, or ``integer`` and the exponent of its unit.

    Where modes differ, all of theirs, and no unit.
    """
    if field.kind == "mode":
        return "mode", None
    found = [_format_of(mode, field) for mode in planned.modes]
    name = "/".join(dict.fromkeys(name for name, _ in found))
    units = {unit for _, unit in found}
    return name, units.pop() if len(units) == 1 else None


def _format_of(planned: Plan, field: Field) -> tuple[str, int | None]:
    if field.kind == "words":
        return planned.sums[0].pairs[0].formats[field.side or 0].name, None
    arithmetic = planned.arithmetic
    operand = arithmetic.activation if field.side else arithmetic.weight
    if field.kind == "codes":
        return operand.codes[field.array].name, None
    if field.kind == "scales":
        return next(lv.format.name for lv in operand.levels if lv.name == field.array), None
    if field.kind in ("select", "index"):
        return {"select": "table", "index": "position"}[field.kind], None
    if field.kind == "bias":
        assert arithmetic.output.bias is not None
        return arithmetic.output.bias.name, None
    values = planned.initial if field.kind == "initial" else planned.result
    assert values is not None
    return ("integer", values.lsb) if isinstance(values, Range) else (values.name, None)


def holds(planned: ArrayPlan, field: Field) -> Format | Range:
    """What a field's values are, of an engine of one mode."""
    assert isinstance(planned, Plan)
    arithmetic, side = planned.arithmetic, field.side or 0
    operand = planned.operand(side)
    if field.kind == "codes":
        return operand.codes[field.array]
    if field.kind == "scales":
        return next(level.format for level in operand.levels if level.name == field.array)
    if field.kind == "bias":
        assert arithmetic.output.bias is not None
        return arithmetic.output.bias
    if field.kind == "initial":
        assert planned.initial is not None
        return planned.initial
    if field.kind == "value":
        return planned.result
    return Range(0, 0, (1 << field.bits) - 1)


#: An interface, or what streams are packed to -> where flags lie; in general above each value.
_FLAGS = {"axis": "in TUSER", "packets": "behind all values"}


def notes(planned: ArrayPlan, ports: Iterable[Stream], interface: str = "native") -> dict[str, str]:
    """What each stream carries, in one line."""
    return {stream.name: _note(planned, stream, interface) for stream in ports}


def _note(planned: ArrayPlan, stream: Stream, interface: str) -> str:
    group = (planned.group_steps or 0) * planned.modes[0].step
    often = {"step": "every step", "group": f"every group of {group}"}
    often["set"] = "once for all steps that use it"
    if planned.group_steps is None:
        often["group"] = "every reduction"
    head = often.get(stream.per, "every reduction")
    if stream.per == "result":
        many = "result" if planned.results == 1 else "results"
        head = _per_beat(planned).replace(" per", f" {many} per", 1)
    fields = [_field_note(planned, field) for field in stream.fields]
    ends = "tile" if stream.per == "result" else "reduction"
    if planned.stationary:
        ends = "use of the weights; every step is a reduction"
    last = f"; last ends the {ends}" if stream.last else ""
    names = stream.fields[0].flags
    where = _FLAGS.get(interface, "above each value")
    told = ", ".join({"positive": "positive (+infinity)", "negative": "negative (-infinity)"}
                     .get(name, name) for name in names)  # fmt: skip
    flags = f"; flags {where}, low bit first: {told}" if names else ""
    return f"{head}, from the low bits: {', '.join(fields)}{flags}{last}"


def _per_beat(planned: ArrayPlan) -> str:
    """How many results a beat has, where they leave one after the other."""
    return f"{'one' if planned.results == 1 else planned.results} per beat, row-major"


def _field_note(planned: ArrayPlan, field: Field) -> str:
    """A field's name, its format, and the order of its values."""
    form, unit = format_of(planned, field)
    form = form if unit is None else f"integers in units of 2^{unit}"
    whose = ("row", "column")[field.side or 0]
    if field.kind == "mode":
        which = ", ".join(f"{n}: {mode.label}" for n, mode in enumerate(planned.modes))
        return f"mode ({which}; the same for all steps of a reduction)"
    if field.kind == "words" and isinstance(planned, ModalPlan):
        names = [_format_of(mode, field)[0] for mode in planned.modes]
        held = ", ".join(f"{planned.count(n)} × {name}" for n, name in enumerate(names))
        return f"words of {field.bits} bits ({held}, from the low bits; {whose} by {whose})"
    if field.kind == "codes":
        return f"{field.array} ({form}; {whose} by {whose}, lane by lane)"
    if field.kind == "index":
        structure = planned.modes[0].structure
        return (
            f"{field.name} (position in its window of {structure}; ascending within a "
            f"window; {whose} by {whose}, lane by lane)"
        )
    if field.kind in ("scales", "bias", "select"):
        shared = field.vectors == 1 and _shared(planned, field)
        return f"{field.name} ({form}; {'one for all' if shared else f'one per {whose}'})"
    outputs = f", {field.lanes} outputs each" if field.lanes > 1 else ""
    order = "" if planned.serial and field.kind == "value" else "; row by row, column by column"
    return f"{field.name} ({form}{order}{outputs})"


def _shared(planned: ArrayPlan, field: Field) -> bool:
    if not isinstance(planned, Plan):
        return False
    sides = planned.arithmetic.weight, planned.arithmetic.activation
    return field.side is not None and any(
        level.name == field.array and level.span.rows is None for level in sides[field.side].levels
    )
