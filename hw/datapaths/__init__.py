"""How the products of a step are made and summed: one class a way, chosen for each pair of formats.

``auto`` takes the one of the least estimate; of several, the first of :data:`KINDS`.
"""

from __future__ import annotations

from ...golden.errors import DesignError
from ...golden.formats import Format
from .base import Codes, Datapath, Decoded, Form
from .booth import Booth
from .lmul import LMul
from .minifloat import MinifloatTable
from .multiply import Multiply
from .select import Select
from .split_shift import SplitShift

__all__ = ["KINDS", "Codes", "Datapath", "Decoded", "Form", "choose"]

#: name -> datapath.
KINDS: dict[str, type[Datapath]] = {
    kind.name: kind for kind in (MinifloatTable, Select, Booth, SplitShift, Multiply)
}

#: product rule -> datapath, where it is not the exact one.
RULES: dict[str, type[Datapath]] = {"lmul": LMul}


def choose(
    name: str, weight: Format, activation: Format, rule: str = "exact", policy: str = "lut"
) -> type[Datapath]:
    """The datapath called ``name`` (or ``auto``) for a pair; DesignError if it does not serve it.

    The constant one of a zero point is served by every name. A product rule other than ``exact``
    has one datapath of its own. ``auto`` leaves products to DSP blocks where the ``policy`` has
    them and that spares sites.
    """
    if rule in RULES:
        if name != "auto":
            raise DesignError(f"product {rule} has its own datapath: auto, got {name}")
        return RULES[rule]
    serving = [kind for kind in KINDS.values() if kind.serves(weight, activation)]
    if name == "auto" or not (weight.bits and activation.bits):
        return min(serving, key=lambda kind: kind.estimate(weight, activation, policy))
    if KINDS[name] not in serving:
        raise DesignError(
            f"datapath {name} does not serve {weight.name} × {activation.name}; these do: "
            + ", ".join(["auto", *(kind.name for kind in serving)])
        )
    return KINDS[name]
