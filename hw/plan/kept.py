"""What keeps carries, or the sums of digits, apart until a reduction ends; and what cannot."""

from __future__ import annotations

from ...golden.errors import DesignError
from ..arith.rows import LONGEST
from .plan import Plan

_JOINED = {"digit_sums": "joined"}


def check(name: str, plan: Plan) -> None:
    """Raise DesignError unless the sums of the engine ``name`` can be kept as its build says."""
    if plan.carry_save and (plan.aligned or any(item.stage.saturates for item in plan.sums)):
        raise DesignError(
            f"{name} saturates or rounds every step, which needs the carries", {"carries": "added"}
        )
    if plan.apart:
        _check_apart(name, plan)


def _check_apart(name: str, plan: Plan) -> None:
    sums, build = plan.sums, plan.build
    if not all(item.plain and not item.initial and not item.aligned for item in sums) or any(
        item.stage.saturates for item in sums
    ):
        raise DesignError(
            f"{name} adds several products, starts from a number, aligns or saturates in its sums; "
            "sums of digits are kept apart of single exact products",
            _JOINED,
        )
    dots = [(plan.dot(item.pairs[0]), -(-item.count // plan.lanes)) for item in sums]
    longest = max(total.times(count).width for dot, count in dots for total in dot.sums)
    if plan.segment or longest > LONGEST:
        raise DesignError(
            f"a sum of {name} has more than {LONGEST} bits, whose digits are not kept apart",
            _JOINED,
            otherwise="a smaller --k-max",
        )
    counts = {len(plan.dot(item.pairs[0]).sums) for item in sums}
    if counts == {1}:
        raise DesignError(
            f"the products of {name} are not made of several digits with datapath "
            f"{build.datapath}, whose sums could be kept apart",
            {"datapath": "booth"},
            _JOINED,
        )
    if len(counts) > 1:
        raise DesignError(
            f"the products of {name} have {' or '.join(map(str, sorted(counts)))} digits; only as "
            "many in each sum are kept apart",
            _JOINED,
        )
