"""How elements, codes and sums lie side by side between the parts of an engine."""

from __future__ import annotations

from collections.abc import Iterable

from amaranth.lib import data

from ..arith.product import FlaggedLayout
from ..arith.sums import Sum
from .array_plan import ArrayPlan

SIDES = ("weight", "activation")


def vector_layout(
    plan: ArrayPlan, side: int, items: Iterable[Sum] | None = None
) -> data.StructLayout:
    """What sums read of a step's elements of a row or column: a member a plane and form."""
    inputs = plan.inputs(side, items)
    return data.StructLayout({name: item.form.layouts for name, item in inputs.items()})


def codes_layout(plan: ArrayPlan, side: int) -> data.StructLayout:
    """A step's codes: a member for each array of codes, vector 0 and lane 0 in the low bits.

    Above them, where the element formats have several tables, what each vector selects.
    """
    return of_all(plan, side, plan.vector_codes(side))


def of_all(plan: ArrayPlan, side: int, vector: data.StructLayout) -> data.StructLayout:
    """The layout of all rows' or columns' members."""
    count = plan.cols if side else plan.rows
    return data.StructLayout(
        {name: data.ArrayLayout(shape, count) for name, shape in vector.members.items()}
    )


def sums_layout(plan: ArrayPlan) -> data.StructLayout:
    """All sums of a group, by number; before a scale path also if it ends the reduction."""
    members = {
        str(number): data.ArrayLayout(
            FlaggedLayout(item.total, item.flags), item.instances(plan.rows, plan.cols)
        )
        for number, item in enumerate(plan.sums)
    }
    return data.StructLayout({**members, "last": 1} if plan.serial else members)
