"""Claims, what became of them, and the certificate that holds them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ...tools import solvers, yosys

PROVEN, BOUNDED, REFUTED, OPEN = "proven", "bounded", "refuted", "not decided"


@dataclass(frozen=True)
class Claim:
    """One claim and what became of it.

    Parameters
    ----------
    name : of the claim; its script is called so.
    what : in words.
    state : ``proven`` for all cycles, ``bounded``: no counterexample within ``cycles`` of reset,
        ``refuted`` by a run of ``cycles``, or ``not decided``.
    method : how.
    cycles : a bound that belongs to the claim or its state; 0 for none.
    seconds : of the solver, and of what prepares for it.
    instead : the vectors that it got where nothing is proven.
    """

    name: str
    what: str
    state: str
    method: str
    cycles: int
    seconds: float
    instead: str = ""


@dataclass
class Certificate:
    """The claims of a design, and the files that check them again.

    Parameters
    ----------
    files : by name.
    checks : for each claim about values that is proven, the scripts that do it.
    asserting : claims that are proven by a script of their own which asserts them.
    """

    design: str
    claims: list[Claim] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    checks: dict[str, list[str]] = field(default_factory=dict)
    asserting: list[str] = field(default_factory=list)

    @property
    def refuted(self) -> list[Claim]:
        return [claim for claim in self.claims if claim.state == REFUTED]

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "design": self.design,
            "tools": {"yosys": yosys.version()},
            "claims": [asdict(claim) for claim in self.claims],
        }


#: The claims that abc answers.
PLAIN = {
    "valid": "a result that is offered stays offered until it is taken",
    "payload": "a result that is offered keeps all its bits until it is taken",
    "last": "last is set in the final beat of a tile's results, and in no other",
    "progress": "where every source offers and results are taken, a step is taken in time",
}

#: What follows results that are marked by their data.
ORDER = "no result overtakes another: where sums are marked from some reduction on, so are results"


def state_of(found: solvers.Answer) -> str:
    """The state of a claim that abc answered."""
    if found.proven:
        return PROVEN
    if found.refuted:
        return REFUTED
    return BOUNDED if found.cycles else OPEN
