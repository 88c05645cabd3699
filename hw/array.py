"""The arrays, by flow."""

from __future__ import annotations

from .broadcast import BroadcastArray
from .plan import Plan
from .steps import StepArray
from .systolic import SystolicArray

#: One for each of the description's FLOWS.
ARRAYS: dict[str, type[StepArray]] = {
    "broadcast": BroadcastArray,
    "systolic_os": SystolicArray,
}


def array(plan: Plan) -> StepArray:
    """The array of a plan, by its flow."""
    return ARRAYS[plan.flow](plan)
