"""The outside of an engine: its streams, their fields, and how both wrappers lay them out."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.lib import data

from ..arith.product import flag_names
from .array_plan import ArrayPlan
from .plan import Plan
from .sparse import INDEX

#: How often a stream has a beat.
PER = ("step", "set", "group", "reduction", "result")


@dataclass(frozen=True)
class Field:
    """One array's share of a beat: ``vectors`` × ``lanes`` values of one width, dense.

    Parameters
    ----------
    name : unique in its stream.
    kind : what it carries: ``codes``, ``select``, ``scales`` of an operand, ``index``, the places
        of a sparse one's elements; ``mode``, ``bias``, ``initial``, ``value`` (results). ``words``
        are the codes of several modes: each holds one wide element or several narrow ones.
    side : 0 for the weight, 1 for the activation, None for what belongs to neither.
    array : name of the operand's array of codes, or of its level of scales.
    vectors, lanes : vector 0, lane 0 in the low bits, then the lanes.
    bits : width of one value.
    signed : whether it is two's complement.
    flags : names of the flags above each value, low bit first.
    """

    name: str
    kind: str
    side: int | None
    array: str
    vectors: int
    lanes: int
    bits: int
    signed: bool = False
    flags: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Values in a beat."""
        return self.vectors * self.lanes

    @property
    def lane_bits(self) -> int:
        """Bits of a value with its flags."""
        return self.bits + len(self.flags)

    @property
    def data_bits(self) -> int:
        return self.count * self.lane_bits


@dataclass(frozen=True)
class Stream:
    """One stream of the core.

    Parameters
    ----------
    name : ``weight``, ``activation``, ``scale``, ``initial``, ``end_scale`` or ``result``.
    output : whether the engine drives it.
    per : how often it has a beat: once a ``step``, ``group``, ``reduction`` or ``result`` (row
        by row, all outputs of a row and column together); or for a ``set`` of steps, those with
        the same weights, each of which is a reduction.
    fields : what a beat carries, the first in the low bits. Results have one field.
    last : whether the payload ends with the mark of the end of a reduction, or of a set.
    """

    name: str
    output: bool
    per: str
    fields: tuple[Field, ...]
    last: bool = False

    @property
    def data_bits(self) -> int:
        """Width of the native data port."""
        return sum(field.data_bits for field in self.fields)

    @property
    def payload_bits(self) -> int:
        """Width of the core's payload: the data, then ``last``."""
        return self.data_bits + self.last

    @property
    def padded(self) -> bool:
        """Whether AXI-Stream extends every value to whole bytes; elements and scales stay dense."""
        return self.output or self.name == "initial"

    def axis_lane_bits(self, field: Field) -> int:
        """Bits from one value of ``field`` to the next on AXI-Stream."""
        return -(-field.bits // 8) * 8 if self.padded else field.bits

    @property
    def axis_bits(self) -> int:
        """Width of TDATA: whole bytes."""
        bits = sum(field.count * self.axis_lane_bits(field) for field in self.fields)
        return -(-bits // 8) * 8

    @property
    def flag_bits(self) -> int:
        """Width of TUSER: the flags of all values."""
        return sum(field.count * len(field.flags) for field in self.fields)


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
        1 if plan.serial else results,
        plan.outputs,
        plan.result_bits,
        plan.result_signed,
        flag_names(plan.result_flags),
    )
    per = "result" if plan.serial else "reduction"
    found.append(Stream("result", True, per, (value,), last=plan.serial))
    return tuple(found)


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
