"""Draws sites per MAC of all integer pairs against the product of their widths: out/curve.png.

Run ``make curve``. The figures are those of hw/datapaths/measured_tables/xcup.toml; the line is the
best fit through the origin, and pairs far above it are printed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from macsmith.hw.datapaths import measured

from macsmith.cli import guarded

WIDTHS = range(2, 9)
FAR = 1.25  # so many times the line
#: Named so that they keep their colours whatever was measured.
COLOURS = {"booth": "#4477aa", "table": "#228833", "bit_plane": "#ccbb44", "select": "#ee6677"}


def smallest() -> dict[tuple[int, int], tuple[float, str]]:
    """(weight bits, activation bits) -> (sites, datapath), where it was measured."""
    found = {}
    for w in WIDTHS:
        for a in WIDTHS:
            row = measured.sites("xcup").get(f"int{w}xint{a}", {})
            if row:
                found[w, a] = min((cost, name) for name, cost in row.items())
    return found


def main() -> int:
    points = smallest()
    if not points:
        print("no integer pair was measured: run docs/datapath_costs.py", file=sys.stderr)
        return 1
    products = np.array([w * a for w, a in points])
    costs = np.array([cost for cost, _ in points.values()])
    slope = float(products @ costs / (products @ products))
    for (w, a), (cost, name) in points.items():
        if cost > FAR * slope * w * a:
            print(f"int{w} × int{a}: {cost} sites by {name}, the line has {slope * w * a:.1f}")

    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    for name, colour in COLOURS.items():
        chosen = [(w * a, cost) for (w, a), (cost, best) in points.items() if best == name]
        if chosen:
            axes.scatter(*zip(*chosen, strict=True), s=24, color=colour, label=name)
    ends = np.array([0, max(products)])
    axes.plot(ends, slope * ends, color="0.6", linewidth=1, zorder=0)
    axes.annotate(
        f"{slope:.2f} sites a bit product", (ends[1], slope * ends[1]), ha="right", va="top",
        xytext=(-8, -12), textcoords="offset points", color="0.4",
    )  # fmt: skip
    for (w, a), (cost, _) in points.items():
        if w == a:
            axes.annotate(f"int{w}²", (w * a, cost), xytext=(4, -10), textcoords="offset points",
                          fontsize=8)  # fmt: skip
    held = measured.conditions("xcup")
    shape = " × ".join(str(held[side]) for side in ("rows", "cols", "lanes"))
    where = f"policy {held['policy']}, {held['board']} (estimate after synthesis)"
    axes.set(
        xlabel="weight bits × activation bits", xlim=(0, None), ylim=(0, None),
        ylabel="sites per MAC",
        title=f"Integer pairs at {shape}, exact, {where}",
    )  # fmt: skip
    axes.legend(title="smallest datapath", frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    path = Path("out") / "curve.png"
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=120)
    print(f"{path}: {len(points)} pairs, {slope:.2f} sites per bit product")
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
