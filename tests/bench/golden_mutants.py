"""Prints which small changes of the golden model's source its tests find:
``make mutants-golden ARGS="--mutants 100 --seed 1"``.

Nothing is written but below ``build/mutants``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from mutation import report  # noqa: E402
from mutation.changes import files, sampled  # noqa: E402
from mutation.sources import Subject  # noqa: E402
from mutation.trials import Verdict, court, judged  # noqa: E402

GOLDEN = Subject(
    ROOT, "golden", "macsmith.golden", ("tests/golden",), ("tests/support", "macsmith", "hw", "sim")
)


def main(subject: Subject = GOLDEN, words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--mutants", type=int, default=100, help="how many (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of their choice, of which fewer "
                        "are the first of more")  # fmt: skip
    parser.add_argument("--jobs", type=int, default=1, help="processes (default %(default)s)")
    parser.add_argument("--file", action="append", help="only of this file, again for more")
    parser.add_argument("--tests", action="append", default=[], help="only by these files of tests "
                        "or folders of them: the first run of each takes longer")  # fmt: skip
    parser.add_argument("--patience", type=float, default=10, help="seconds of computing that a "
                        "test has in addition to 20 times what it takes")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON, with every mutant")
    arguments = parser.parse_args(words)
    build = subject.root / "build" / "mutants"
    sources = files(subject.root, subject.folder)
    chosen = {file: sources[file] for file in arguments.file or sources}
    mutants = sampled(chosen, arguments.mutants, arguments.seed)
    court_of = court(subject, sources, build, _progress, arguments.tests, arguments.patience)
    verdicts: list[Verdict] = []
    begun = time.monotonic()

    def hear(number: int, verdict: Verdict) -> None:
        verdicts.append(verdict)
        _progress(f"{len(verdicts)} of {len(mutants)}: {verdict.mutant.file} {verdict.outcome}")

    judged(court_of, mutants, arguments.jobs, hear)
    took = time.monotonic() - begun
    if arguments.json:
        print(json.dumps(report.as_json(verdicts, sources, arguments.seed), indent=2))
        return 0
    _table(*report.rows(verdicts))
    for line in report.alive(verdicts, sources):
        print(line)
    print(report.summary(subject.folder, verdicts, arguments.seed, took))
    return 0


def _table(rows: list[list[str]], heads: list[str]) -> None:
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join(cells).rstrip())
    print()


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
