"""How the products of a step are made and summed: one class a way, chosen for each pair of formats.

``auto`` takes the first of :data:`KINDS` that serves the pair.
"""

from __future__ import annotations

from ...golden.errors import DesignError
from ...golden.formats import Format
from .base import Codes, Datapath, Decoded, Form
from .lmul import LMul
from .minifloat import MinifloatTable
from .multiply import Multiply

__all__ = ["KINDS", "Codes", "Datapath", "Decoded", "Form", "choose"]

#: name -> datapath, the cheapest first.
KINDS: dict[str, type[Datapath]] = {kind.name: kind for kind in (MinifloatTable, Multiply)}

#: product rule -> datapath, where it is not the exact one.
RULES: dict[str, type[Datapath]] = {"lmul": LMul}


def choose(name: str, weight: Format, activation: Format, rule: str = "exact") -> type[Datapath]:
    """The datapath called ``name`` (or ``auto``) for a pair; DesignError if it does not serve it.

    The constant one of a zero point is served by every name. A product rule other than ``exact``
    has one datapath of its own.
    """
    if rule in RULES:
        if name != "auto":
            raise DesignError(f"product {rule} has its own datapath: auto, got {name}")
        return RULES[rule]
    serving = [kind for kind in KINDS.values() if kind.serves(weight, activation)]
    if name == "auto" or not (weight.bits and activation.bits):
        return serving[0]
    if KINDS[name] not in serving:
        raise DesignError(
            f"datapath {name} does not serve {weight.name} × {activation.name}; these do: "
            + ", ".join(["auto", *(kind.name for kind in serving)])
        )
    return KINDS[name]
