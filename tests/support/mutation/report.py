"""Tells what became of mutants."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .trials import KILLED, NO_FAULT, SURVIVED, TIMED_OUT, UNREACHED, Verdict

_COLUMNS = (KILLED, TIMED_OUT, SURVIVED, UNREACHED, NO_FAULT)


def rows(verdicts: list[Verdict]) -> tuple[list[list[str]], list[str]]:
    """A table: how many mutants of each file were killed and were not; and its heads."""
    counts: dict[str, Counter[str]] = {}
    for verdict in verdicts:
        counts.setdefault(verdict.mutant.file, Counter())[verdict.outcome] += 1
    body = [
        [file, str(sum(count.values())), *(str(count[name] or "") for name in _COLUMNS)]
        for file, count in sorted(counts.items())
    ]
    return body, ["file", "mutants", *_COLUMNS]


def alive(verdicts: list[Verdict], sources: dict[str, str]) -> list[str]:
    """A line for each mutant that no test has killed: where it is, and the changed line."""
    return [
        f"{mutant.file}:{mutant.line}: {mutant.told(sources[mutant.file])}"
        + (f"  ({outcome})" if outcome == UNREACHED else f"  ({tests} tests)")
        for mutant, outcome, _, tests in sorted(verdicts, key=_order)
        if outcome in (SURVIVED, UNREACHED)
    ]


def summary(name: str, verdicts: list[Verdict], seed: int, seconds: float) -> str:
    """One line with the share that was killed, of all mutants and of those that may be faults."""
    counts = Counter(verdict.outcome for verdict in verdicts)
    killed, all = counts[KILLED] + counts[TIMED_OUT], len(verdicts)
    return (
        f"{name}: tests kill {killed} of {all} mutants ({_share(killed, all)}), "
        f"{counts[TIMED_OUT]} of them by time-out; {counts[SURVIVED]} survive, {counts[UNREACHED]} "
        f"are not reached, {counts[NO_FAULT]} are known to be no faults "
        f"({_share(killed, all - counts[NO_FAULT])} of the others are killed; seed {seed}, "
        f"{seconds:.0f} s, {60 * all / max(seconds, 1):.0f} a minute)"
    )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "none"


def as_json(verdicts: list[Verdict], sources: dict[str, str], seed: int) -> dict[str, Any]:
    """All verdicts."""
    return {
        "seed": seed,
        "counts": Counter(verdict.outcome for verdict in verdicts),
        "mutants": [
            {
                "file": mutant.file, "line": mutant.line, "kind": mutant.kind,
                "change": mutant.told(sources[mutant.file]), "outcome": outcome, "by": test,
                "tests": tests,
            }
            for mutant, outcome, test, tests in sorted(verdicts, key=_order)
        ],
    }  # fmt: skip


def _order(verdict: Verdict) -> tuple[str, int]:
    return verdict.mutant.file, verdict.mutant.begin
