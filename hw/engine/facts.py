"""What programs may want to know of an engine: JSON values."""

from __future__ import annotations

from typing import Any

from ...golden.bounds import Range
from ...golden.description import Engine
from ..plan.array_plan import ArrayPlan


def facts(engine: Engine, plan: ArrayPlan) -> dict[str, Any]:
    """The shape, the modes, steps and groups."""
    return {
        "shape": {"rows": plan.rows, "cols": plan.cols, "lanes": engine.build.lanes},
        "modes": [_mode(engine, plan, number) for number in range(len(engine.modes))],
        "cycles_per_step": plan.cycles,
        "fewest_cycles_per_step": plan.fewest_cycles,
        "k_max": engine.modes[0].k_max,
        "group": (plan.group_steps or 0) * plan.modes[0].step or None,
    }


def _mode(engine: Engine, plan: ArrayPlan, number: int) -> dict[str, Any]:
    """A mode's lanes, and what its results count; where there is one mode, that of the engine.

    ``bits`` are those of the elements, which lie one after the other in their words.
    """
    mode = plan.modes[number]
    sides = ("weight", "activation")
    found: dict[str, Any] = {
        "mode": number,
        "pair": mode.label,
        "lanes": mode.lanes,
        "elements_per_step": mode.step,
        "cycles_per_step": plan.cycles_in(number),
        "bits": {
            side: {name: fmt.bits for name, fmt in mode.operand(index).codes.items()}
            for index, side in enumerate(sides)
        },
        "k_max": engine.modes[number].k_max,
        "macs_per_cycle": plan.rates[number],
    }
    if isinstance(mode.result, Range):
        found["unit_exponent"] = mode.result.lsb
    return found
