"""Prints what each scale rule leaves of OCP MX blocks: SQNR in dB, Markdown tables.

Run ``make scales`` (half a minute). A block is 32 neighbours along K with an E8M0 scale. The data:
Gaussian, Student's t with three degrees of freedom (outliers, as in activations), and the weights
of the digits demo's network. The best of floor, even, ceil and rceil is bold; ``mse`` searches.
"""

from __future__ import annotations

import sys
from pathlib import Path
from runpy import run_path

import numpy as np
import numpy.typing as npt
from macsmith.golden.errors import ToolMissing

from macsmith import Level, Operand, Plane, group, lookup, quantize
from macsmith.cli import guarded

ELEMENTS = ("e4m3", "e5m2", "e2m3", "e3m2", "e2m1", "mxint8")
POWERS = ("floor", "even", "ceil", "rceil")
DIGITS = Path(__file__).parent.parent / "examples" / "digits.py"
Values = npt.NDArray[np.float64]


def data() -> dict[str, Values]:
    """Title -> values, rows × K."""
    rng = np.random.default_rng(1)
    return {
        "Gaussian": rng.normal(size=(256, 1024)),
        "Student t, 3 degrees of freedom": rng.standard_t(3, size=(256, 1024)),
        "weights of the digits network": weights(),
    }


def weights() -> Values:
    """The two layers whose rows are blocks of 32, one below the other."""
    try:
        layers, _, _ = run_path(str(DIGITS))["train"]()
    except ImportError as error:
        raise ToolMissing(f"{error}; run make scales, or pip install scikit-learn") from None
    return np.concatenate([layer.weight.reshape(-1, 32) for layer in layers])


def sqnr(x: Values, element: str, rule: str) -> float:
    """Signal to quantization noise, in dB."""
    level = Level(lookup("e8m0"), group(32))
    held = quantize(x, Operand((Plane(lookup(element), (level,)),)), scale_rule=rule)
    noise = np.square(held.dequantize() - x).sum()
    return float(10 * np.log10(np.square(x).sum() / noise))


def table(x: Values) -> str:
    """Elements down, rules across."""
    lines = [f"| element | {' | '.join(POWERS)} | mse |", "|---" * (len(POWERS) + 2) + "|"]
    for element in ELEMENTS:
        found = [f"{sqnr(x, element, rule):.1f}" for rule in POWERS]
        most = max(found, key=float)
        cells = [f"**{cell}**" if cell == most else cell for cell in found]
        cells.append(f"{sqnr(x, element, 'mse'):.1f}")
        lines.append(f"| `{element}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    for title, x in data().items():
        print(f"\nSQNR in dB, {title}\n\n{table(x)}")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
