"""The arrays, by flow."""

from __future__ import annotations

from ..plan.array_plan import ArrayPlan
from .broadcast import BroadcastArray
from .stationary import StationaryArray
from .steps import StepArray
from .systolic import SystolicArray

#: One for each of the description's FLOWS.
ARRAYS: dict[str, type[StepArray]] = {
    "broadcast": BroadcastArray,
    "systolic_os": SystolicArray,
    "weight_stationary": StationaryArray,
}


def array(plan: ArrayPlan) -> StepArray:
    """The array of a plan, by its flow."""
    return ARRAYS[plan.flow](plan)
