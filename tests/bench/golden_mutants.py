"""Prints which small changes of the golden model's source its tests find:
``make mutants-golden ARGS="--mutants 100 --seed 1"``.

Nothing is written but below ``build/mutants``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import tomllib
from math import inf
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from mutation import report  # noqa: E402
from mutation.changes import files, sampled  # noqa: E402
from mutation.sources import Subject  # noqa: E402
from mutation.trials import NO_FAULT, SURVIVED, UNREACHED, Verdict, court, judged  # noqa: E402

NO_FAULTS = ROOT / "tests" / "bench" / "golden_no_faults.toml"
GOLDEN = Subject(
    ROOT, "golden", "macsmith.golden", ("tests/golden",), ("tests/support", "macsmith", "hw", "sim")
)


def main(subject: Subject = GOLDEN, words: list[str] | None = None) -> int:
    sources = files(subject.root, subject.folder)
    arguments = _arguments(words, sources)
    chosen = {file: sources[file] for file in arguments.file or sources}
    mutants = sampled(chosen, arguments.mutants, arguments.seed)
    if arguments.again:
        alive = _alive(arguments.again)
        mutants = [m for m in mutants if (m.file, m.told(sources[m.file])) in alive]
    known = _no_faults(subject)
    harmless = [m for m in mutants if m.told(sources[m.file]) in known.get(m.file, ())]
    rest = [mutant for mutant in mutants if mutant not in harmless]
    build = subject.root / "build" / "mutants"
    limits = {"more": arguments.patience, "most": arguments.seconds}
    judge = court(subject, sources, build, _progress, arguments.tests, **limits)

    verdicts: list[Verdict] = []
    begun = time.monotonic()

    def hear(verdict: Verdict) -> None:
        verdicts.append(verdict)
        (line,) = report.alive([verdict], sources) or [f"{verdict.mutant.file} {verdict.outcome}"]
        _progress(f"{len(verdicts)} of {len(rest)}: {line}")

    judged(judge, rest, arguments.jobs, hear)
    took = time.monotonic() - begun
    verdicts += [Verdict(mutant, NO_FAULT, "", 0) for mutant in harmless]
    summary = report.summary(subject.folder, verdicts, arguments.seed, took)
    if arguments.json:
        print(json.dumps(report.as_json(verdicts, sources, arguments.seed), indent=2))
        _progress(summary)
        return 0
    _table(*report.rows(verdicts))
    for line in report.alive(verdicts, sources):
        print(line)
    print(summary)
    return 0


def _arguments(words: list[str] | None, sources: dict[str, str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    add = parser.add_argument
    add("--mutants", type=int, default=100, help="how many (default %(default)s)")
    add("--seed", type=int, default=1, help="of their choice; fewer are the first of more")
    add("--jobs", type=int, default=1, help="processes (default %(default)s)")
    add("--file", action="append", choices=sources, metavar="FILE", help="only of this file")
    text = "only by these tests, a file or a folder"
    add("--tests", action="append", default=[], metavar="PATH", help=text)
    text = "seconds that a test may compute beside 20 times what it takes (default %(default)s)"
    add("--patience", type=float, default=10, metavar="SECONDS", help=text)
    text = "seconds of tests, the quickest, that judge a mutant (default: all that may tell)"
    add("--seconds", type=float, default=inf, help=text)
    text = "only what was not killed in a run with --json, whose output this file is"
    add("--again", type=Path, metavar="FILE", help=text)
    add("--json", action="store_true", help="print JSON, with every mutant")
    return parser.parse_args(words)


def _alive(path: Path) -> set[tuple[str, str]]:
    """File and change of each mutant that a report in JSON says to be alive."""
    told = json.loads(path.read_text(encoding="utf-8"))["mutants"]
    return {(m["file"], m["change"]) for m in told if m["outcome"] in (SURVIVED, UNREACHED)}


def _no_faults(subject: Subject) -> dict[str, dict[str, str]]:
    """Changes that are known to change nothing that counts, and why, by file."""
    if subject is not GOLDEN:
        return {}
    return tomllib.loads(NO_FAULTS.read_text(encoding="utf-8"))


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
