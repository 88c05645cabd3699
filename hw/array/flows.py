"""The arrays, by flow."""

from __future__ import annotations

from ...golden.description.build import FLOWS
from ..plan.array_plan import ArrayPlan
from .broadcast import BroadcastArray
from .stationary import StationaryArray
from .steps import StepArray
from .systolic import SystolicArray

#: name -> array.
ARRAYS: dict[str, type[StepArray]] = FLOWS.things
FLOWS.register("broadcast", BroadcastArray)
FLOWS.register("systolic_os", SystolicArray)
FLOWS.register("weight_stationary", StationaryArray)


def array(plan: ArrayPlan) -> StepArray:
    """The array of a plan, by its flow."""
    return ARRAYS[plan.flow](plan)
