"""What a design really does for a product of matrices, for people and programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .boards import Cost
from .golden.errors import DesignError
from .hw.design import Hardware
from .hw.engine.hardware import EngineHardware
from .hw.engine.shape import MatrixProduct, parse_shape, product

#: Resources whose cost per effective MAC is told.
_COSTS = ("sites", "lut", "ff", "dsp")


@dataclass(frozen=True)
class Shaped:
    """A product on a design."""

    product: MatrixProduct

    def lines(self, cost: Cost | None = None) -> list[str]:
        """What to print: how fast, what limits, and the cost per effective MAC."""
        found = self.product
        n, k, m = found.shape
        lines = [
            f"{n} × {k} times {k} × {m}: {found.cycles:,} cycles, {found.effective:,.4g} effective "
            f"MACs per cycle, {found.share:.0%} of {found.peak:,g}",
            f"a reduction every {found.interval:,} cycles, set by: {found.limit}",
            "cycles that each part needs for a reduction: "
            + "; ".join(f"{what}, {count:,}" for what, count in found.parts.items()),
            *found.remarks,
        ]
        if cost is not None:
            per = self._per(cost)
            words = ", ".join(f"{value:,g} {name}" for name, value in per.items() if value)
            lines.append(f"per effective MAC: {words}")
        return lines

    def _per(self, cost: Cost) -> dict[str, float]:
        used = {name: cost.resources.get(name, 0) for name in _COSTS}
        return {name: round(count / self.product.effective, 2) for name, count in used.items()}

    def to_dict(self, cost: Cost | None = None) -> dict[str, Any]:
        """Ready for JSON."""
        found = self.product
        told: dict[str, Any] = {
            "shape": list(found.shape),
            "cycles": found.cycles,
            "effective_macs_per_cycle": round(found.effective, 4),
            "share_of_peak": round(found.share, 4),
            "cycles_per_reduction": dict(found.parts),
            "limit": found.limit,
            "idle": list(found.remarks),
        }
        return told | ({"per_effective_mac": self._per(cost)} if cost is not None else {})


def shaped(hardware: Hardware, text: str | None) -> Shaped | None:
    """The product of the shape ``text`` on an engine; None without a shape."""
    if text is None:
        return None
    if not isinstance(hardware.alone, EngineHardware):
        what = hardware.kind if hardware.kind != hardware.name else "unit"
        raise DesignError(f"--shape is of an engine's product; {hardware.name} is a {what}")
    own = hardware.alone
    return Shaped(product(own.engine, own.plan, parse_shape(text), hardware.beat_cycles))
