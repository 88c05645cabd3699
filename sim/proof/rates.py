"""How many beats of results come for what is taken."""

from __future__ import annotations

from math import gcd

from ...hw.design import Hardware
from ...hw.engine.hardware import EngineHardware
from ...hw.plan.plan import Plan
from ..harness import harness
from .monitor import Counting


def counting_of(hardware: Hardware) -> Counting:
    """What is counted in a design: ends of reductions where steps have them, else beats."""
    tried = harness(hardware)
    result = tried.result
    trials = tried.stimuli(2, 1)[:4]
    leader = next((s for s in hardware.sources if s.last), hardware.sources[0])
    sets = any(stream.per == "set" for stream in hardware.sources)
    ends = leader.last and not sets and result.per in ("reduction", "result")
    sent = tried.sent(leader, trials)
    each = len(tried.sent(result, trials))
    given = int(sent.last.sum()) if ends else len(sent)
    share = gcd(each, given)
    partners = tuple(
        s.name
        for s in hardware.sources
        if s is not leader and (s.per in ("step", "set") and leader.per == s.per)
    )
    return Counting(leader, result, ends, each // share, given // share, partners)


def resting(hardware: Hardware) -> int:
    """Quiet cycles after which nothing is due, whatever was taken before.

    Reductions may be shorter than they should: each stage of an array may hold the end of one, and
    all of them leave at the pace of what comes behind.
    """
    engine = hardware.alone
    if not isinstance(engine, EngineHardware) or not isinstance(engine.plan, Plan):
        return 2 * hardware.drain + 16
    plan = engine.plan
    each = plan.reduction_cycles
    if plan.path is not None:
        each = max(each, plan.path.shared.busy(1), plan.path.results * plan.path.shared.interval)
    return hardware.drain + 8 + plan.array_latency * (each - 1)
