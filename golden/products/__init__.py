"""How two elements multiply: exactly, or by a rule that the user asks for by name."""

from __future__ import annotations

from .lmul import LMul
from .overpacked import Overpacked
from .rule import Exact, Factors

__all__ = ["RULES", "Exact", "Factors", "LMul", "Overpacked"]

#: name -> rule. A datapath never changes what a rule says.
RULES: dict[str, Exact] = {
    rule.name: rule for rule in (Exact(), LMul(), Overpacked(False), Overpacked(True))
}
