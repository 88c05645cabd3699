"""From a step's codes to what sums read of them, at the edge of the array."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amaranth.hdl import Module, Signal, Value

from ..arith.timing import delay_line, delayed
from ..datapaths import Making
from ..plan.array_plan import ArrayPlan
from ..plan.inputs import seen
from ..plan.layouts import SIDES


def prepare(
    m: Module,
    plan: ArrayPlan,
    side: int,
    vector: int,
    codes: Any,
    enable: Value,
    told: Mapping[str, Value],
) -> dict[str, Any]:
    """A step's elements of one row or column as its sums want them; ``codes`` by array.

    ``told`` is what is known of the step: which ``part`` of it this is, and its ``mode``.
    """
    name = SIDES[side]
    table = codes["select"] if "select" in plan.vector_codes(side).members else None
    found = {}
    for key, item in plan.made(side).items():
        form, looked = item.form, seen(key) if seen(key) in plan.fed(side).members else None
        found[key] = Signal(form.layouts, name=f"{name}_{key}_{vector}")
        latest, label = max(form.delays), f"{name}_{key}"
        lines = {
            what: delay_line(m, enable, told[what], latest, f"{label}_{what}_{vector}")
            for what in form.told
        }
        first = {what: line[min(form.delays)] for what, line in lines.items()}
        more = form.beside(m, first, f"{label}_{vector}")
        m.d.comb += [found[key][what].eq(value) for what, value in more.items()]
        slots = found[key].slots if lines else found[key]
        known = {
            cycles: {what: line[cycles] for what, line in lines.items()} for cycles in form.delays
        }
        common = {
            cycles: form.common(m, told, f"{label}_{vector}_{cycles}")
            for cycles, told in known.items()
        }
        tables = delay_line(m, enable, table, latest, f"{label}_table_{vector}")
        for slot, cycles in enumerate(form.delays):
            late = []
            for lane in range(slot * form.span, min((slot + 1) * form.span, item.lanes)):
                # With a reset, or tools would spend a LUT on a few flip-flops.
                line = f"{label}_{vector}_{lane}_late"
                code = item.code(codes, lane) if looked is None else codes[looked][lane]
                late.append(delayed(m, enable, Value.cast(code), cycles, line, reset=True))
            at = f"{item.label}_{vector}_{slot}"
            making = Making(
                enable, name, at, tables[cycles], **known[cycles], common=common[cycles]
            )
            m.d.comb += slots[slot].eq(form.made(m, late, making))
    return found
