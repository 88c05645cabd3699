"""Bins: what stimuli must meet, what they met, and what cannot be met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

#: A part of a design, such as ``rounding of scale 0``, and something that it can meet.
Bin = tuple[str, str]


@dataclass
class Bins:
    """Bins of a design, filled as trials are looked at.

    Attributes
    ----------
    declared : all bins, in the order of parts.
    met : how often each was met.
    unreachable : bins that widths and bounds rule out: why.
    """

    declared: dict[Bin, None] = field(default_factory=dict)
    met: Counter[Bin] = field(default_factory=Counter)
    unreachable: dict[Bin, str] = field(default_factory=dict)

    def declare(self, part: str, names: Iterable[str]) -> None:
        self.declared.update(dict.fromkeys((part, name) for name in names))

    def rule_out(self, part: str, reasons: Mapping[str, str]) -> None:
        self.unreachable.update({(part, name): why for name, why in reasons.items()})

    def meet(self, part: str, name: str, count: int = 1) -> None:
        if count:
            self.met[part, name] += count

    def add(self, other: Bins, prefix: str = "") -> None:
        """Take in another's bins, their parts under names with a prefix."""
        for part, name in other.declared:
            self.declare(prefix + part, [name])
            self.meet(prefix + part, name, other.met[part, name])
        for (part, name), why in other.unreachable.items():
            self.rule_out(prefix + part, {name: why})

    @property
    def missing(self) -> list[Bin]:
        """Bins that can be met, as far as is known, and were not."""
        return [bin for bin in self.declared if bin not in self.unreachable and not self.met[bin]]

    @property
    def wrong(self) -> list[Bin]:
        """Bins that were met although they cannot be: the declaration is wrong."""
        return [bin for bin in self.unreachable if self.met[bin]]

    def parts(self) -> dict[str, tuple[int, int, int]]:
        """For each part, its bins, those met, and those that cannot be."""
        found: dict[str, tuple[int, int, int]] = {}
        for part, name in self.declared:
            bins, met, not_there = found.get(part, (0, 0, 0))
            out = (part, name) in self.unreachable
            found[part] = bins + 1, met + (not out and self.met[part, name] > 0), not_there + out
        return found

    @property
    def share(self) -> float:
        """The share of the bins that can be met which were."""
        reachable = len(self.declared) - sum(bin in self.unreachable for bin in self.declared)
        return 1 - len(self.missing) / reachable if reachable else 1.0

    def to_dict(self) -> dict[str, Any]:
        return {
            "share": round(self.share, 6),
            "parts": {
                part: {"bins": bins, "met": met, "unreachable": out}
                for part, (bins, met, out) in self.parts().items()
            },
            "missing": [list(bin) for bin in self.missing],
            "unreachable": [[*bin, why] for bin, why in self.unreachable.items()],
        }
