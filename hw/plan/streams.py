"""The streams of an engine, and their fields."""

from __future__ import annotations

from amaranth.lib import data

from ...golden.streams import Field, Stream
from ..arith.product import flag_names
from .array_plan import ArrayPlan
from .plan import Plan
from .sparse import INDEX


def streams(plan: ArrayPlan) -> tuple[Stream, ...]:
    """The streams of an engine, in the order of its ports."""
    mode = (Field("mode", "mode", None, "mode", 1, 1, plan.mode_bits),) * (plan.mode_bits > 0)
    found = [
        Stream("weight", False, "set" if plan.stationary else "step", _codes(plan, 0)),
        Stream("activation", False, "step", _codes(plan, 1) + mode, last=True),
    ]
    if isinstance(plan, Plan):
        found += _scaling(plan)
    results = plan.rows * plan.cols
    if plan.initial is not None:
        width = plan.initial.width
        field = Field("initial", "initial", None, "initial", results, 1, width, signed=True)
        found.append(Stream("initial", False, "reduction", (field,)))
    value = Field(
        "value",
        "value",
        None,
        "value",
        plan.results if plan.serial else results,
        plan.outputs,
        plan.result_bits,
        plan.result_signed,
        flag_names(plan.result_flags),
    )
    per = "result" if plan.serial else "reduction"
    found.append(Stream("result", True, per, (value,), last=plan.serial))
    return tuple(found)


def payload_layout(found: Stream) -> data.StructLayout:
    """A beat of a stream, a member a field."""
    return data.StructLayout({f.name: data.ArrayLayout(f.bits, f.count) for f in found.fields})


def stream_called(plan: Plan, name: str) -> Stream | None:
    """The stream of an engine, if it has it."""
    return next((found for found in streams(plan) if found.name == name), None)


def _codes(plan: ArrayPlan, side: int) -> tuple[Field, ...]:
    vectors, found = plan.cols if side else plan.rows, []
    for name, shape in plan.vector_codes(side).members.items():
        if isinstance(shape, data.ArrayLayout):
            many = vectors, shape.length, shape.elem_shape
            kind = "words" if plan.mode_bits else "index" if name == INDEX else "codes"
            found.append(Field(name, kind, side, name, *many))
        else:
            found.append(Field("select", "select", side, "select", vectors, 1, shape))
    return tuple(found)


def _scaling(plan: Plan) -> list[Stream]:
    """The streams of scales and biases."""
    found = []
    if scales := _scales(plan, "group"):
        found.append(Stream("scale", False, "group", scales))
    late = _scales(plan, "end")
    if (bias := plan.arithmetic.output.bias) is not None:
        late += (Field("bias", "bias", None, "bias", plan.rows, 1, bias.bits),)
    if late:
        found.append(Stream("end_scale", False, "reduction", late))
    return found


def _scales(plan: Plan, when: str) -> tuple[Field, ...]:
    """Scales that act at a group's end (or before it), or at the end; rows first, then columns.

    What all rows share comes once.
    """
    found = []
    for side, operand in enumerate((plan.arithmetic.weight, plan.arithmetic.activation)):
        vectors = plan.cols if side else plan.rows
        for level in operand.levels:
            if (level.when == "end") == (when == "end"):
                name = f"{('weight', 'activation')[side]}_{level.name}"
                count = vectors if level.span.rows is not None else 1
                found.append(Field(name, "scales", side, level.name, count, 1, level.format.bits))
    return tuple(found)
