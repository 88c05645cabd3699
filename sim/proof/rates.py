"""How many beats of results come for what is taken."""

from __future__ import annotations

from math import gcd

from ...hw.design import Hardware
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
