"""Writes studies/prediction/models.npz, what foresees costs, of studies/prediction/costs.parquet.

Prints what the models err by on engines that they did not see: any; of a pair of element formats,
of a weight's format, of a datapath that no engine had; and writes that into the page, with what the
data set holds. Takes some minutes; ``--quick`` keeps the errors that are known.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from macsmith.studies.prediction.data import FILE, Sample, read, samples
from macsmith.studies.prediction.foresee import Models, save
from macsmith.studies.prediction.training import families, held_out, train
from parts import with_part

from macsmith.cli import guarded
from macsmith.commands.common import progress

Key = Callable[[Sample], Hashable]

#: What is held out together, and into how many parts that is dealt.
WAYS: dict[str, tuple[Key, int]] = {
    "engine": (lambda s: (s.design, s.board, sorted(s.options.items())), 5),
    "pair": (lambda s: sorted(s.formats), 5),
    "format": (lambda s: s.formats[0], 5),
    "datapath": (lambda s: s.datapath, 12),
}

#: As the page calls them.
WORDS = {
    "engine": "engines",
    "pair": "pairs of formats",
    "format": "formats of weights",
    "datapath": "datapaths",
}
TITLES = {"sites": "sites", "lut": "LUT", "ff": "FF"}

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "site" / "predict.md"

#: What stands around the table of errors, and around what the data set holds.
ERRORS = "% errors\n\n", "\n% end of errors\n"
DATA = "| file | ", " |\n| licence |"


def told(errors: npt.NDArray[Any]) -> dict[str, float]:
    """What a table says of relative errors."""
    size = np.abs(errors)
    return {
        "median": round(float(np.median(size)), 4),
        "within": round(float(np.mean(size <= 0.15)), 4),
        "nine": round(float(np.quantile(size, 0.9)), 4),
        "engines": len(size),
    }


def page(held_out: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """The table of errors of the documentation."""
    lines = [
        "| held out | figure | engines | median error | within 15 % | nine of ten within |",
        "|---|---|---|---|---|---|",
    ]
    for way, by_figure in held_out.items():
        for figure, one in by_figure.items():
            lines.append(
                f"| {WORDS[way]} | {TITLES[figure]} | {one['engines']:,} | "
                f"{100 * one['median']:.1f} % | {100 * one['within']:.0f} % | "
                f"{100 * one['nine']:.0f} % |"
            )
    return "\n".join(lines)


def holds(rows: int, known: Sequence[Sample]) -> str:
    """The lines of the documentation that say what the data set holds."""
    counts = Counter(s.family for s in known)
    on = ", ".join(f"{counts[name]:,} on {name}" for name in families(known))
    return (
        f"`{FILE.relative_to(ROOT)}`, {round(FILE.stat().st_size / 1000)} kB |\n"
        f"| rows | {rows:,}; engines as the hardware is now: {len(known):,}, {on}"
    )


def _write(held: str, errors: str) -> None:
    """Put both where the page has them."""
    whole = with_part(PAGE.read_text(encoding="utf-8"), ERRORS[0], f"{errors}\n", ERRORS[1])
    PAGE.write_text(with_part(whole, DATA[0], held, DATA[1]), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="hold out nothing")
    parser.add_argument("--dry", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    rows = read()
    known = samples(rows)
    progress(f"{len(known)} engines")
    found: dict[str, dict[str, dict[str, float]]] = {}
    if arguments.quick:
        from macsmith.studies.prediction.foresee import load

        found = load().about["held_out"]
    else:
        for way, (key, folds) in WAYS.items():
            errors = held_out(known, key, folds)
            found[way] = {figure: told(values) for figure, values in errors.items()}
            progress(f"held out by {way}: {found[way]}")
    made = train(known)
    about = {"engines": len(known), "held_out": found}
    models = Models(made.models, made.families, about)
    if not arguments.dry:
        save(models)
        _write(holds(len(rows), known), page(found))
    print(page(found))
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
