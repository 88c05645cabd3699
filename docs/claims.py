"""Writes the site's page of claims from docs/claims.toml and docs/quality.csv: what the literature
says about the cost of formats and datapaths, and what our counts say.

``make claims`` counts first what the table lacks or what has changed since; ``--check`` only
compares the page.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from macsmith.hw.engine.hardware import EngineHardware
from macsmith.studies.exchange import exchange
from parts import with_part
from quality import engine
from quality_table import BOARD, CUBE, POLICIES, Key, Table, read

from macsmith import DesignError, boards, explain
from macsmith.cli import guarded

DOCS = Path(__file__).parent
CLAIMS, PAGE = DOCS / "claims.toml", DOCS / "site" / "claims.md"
BEGIN, END = "<!-- claims: written by docs/claims.py -->", "<!-- claims end -->"

#: What a claim may have.
FIELDS = {"title", "source", "theirs", "low", "high", "over", "under", "part", "why"}

Terms = tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Claim:
    """A claim, as docs/claims.toml explains its fields.

    Parameters
    ----------
    over, under : costs that are compared, each a sum of designs with how often each is there.
    """

    title: str
    source: str
    theirs: str
    why: str
    over: tuple[Terms, ...]
    under: Terms
    part: str = "all"
    low: float | None = None
    high: float | None = None

    @property
    def designs(self) -> set[str]:
        return {name for terms in (*self.over, self.under) for _, name in terms}

    def holds(self, ratio: float) -> bool:
        """Whether a ratio of ours is what theirs says."""
        return (self.low is None or ratio >= self.low) and (self.high is None or ratio <= self.high)


def claims() -> list[Claim]:
    """All of the file. DesignError for fields that are missing or unknown."""
    found = []
    for item in tomllib.loads(CLAIMS.read_text(encoding="utf-8"))["claim"]:
        title = item.get("title", "a claim")
        if unknown := sorted(set(item) - FIELDS):
            raise DesignError(f"{title}: unknown field {unknown[0]}")
        if missing := sorted(FIELDS - {"part", "low", "high"} - set(item)):
            raise DesignError(f"{title}: {missing[0]} is missing")
        if item.get("low") is None and item.get("high") is None:
            raise DesignError(f"{title}: low or high is missing: what would it be if it held?")
        found.append(
            Claim(
                **{**item, "over": tuple(map(_terms, item["over"])), "under": _terms(item["under"])}
            )
        )
    return found


def _terms(given: str | list[Any]) -> Terms:
    """``"design"``, or ``[[times, "design"], …]``."""
    if isinstance(given, str):
        return ((1.0, given),)
    return tuple((float(times), name) for times, name in given)


def cost(terms: Terms, policy: str, part: str, table: Table) -> float | None:
    """Sites for each MAC a cycle, DSP blocks at the board's exchange rate; None without counts."""
    total = 0.0
    for times, name in terms:
        row = table.get(Key(name, policy, CUBE))
        if row is None:
            raise DesignError(f"the table lacks {name}: make claims counts it")
        if not row.sites and not row.dsp:
            return None
        sites = row.sites - (row.scale_sites if part == "array" else 0)
        total += times * (sites + exchange(boards.lookup(BOARD)) * row.dsp) / rate(name)
    return total


@cache
def rate(name: str) -> float:
    """MACs a cycle at the shape of the claims, in the first mode."""
    hardware = explain(engine(Key(name, "lut", CUBE))[1])
    assert isinstance(hardware, EngineHardware)
    return float(next(iter(hardware.rates.values())))


def ratios(claim: Claim, policy: str, table: Table) -> list[float | None]:
    """Ours, one for each of ``over``."""
    under = cost(claim.under, policy, claim.part, table)
    found = []
    for terms in claim.over:
        over = cost(terms, policy, claim.part, table)
        found.append(None if over is None or under is None else over / under)
    return found


def page(table: Table) -> str:
    """Markdown: a section a claim."""
    given = claims()
    held = sum(claim.holds(r) for claim in given for r in ratios(claim, "lut", table) if r)
    every = sum(1 for claim in given for r in ratios(claim, "lut", table) if r)
    lines = [f"{len(given)} claims, {every} comparisons without DSP blocks: {held} are what the "
             f"claim says, {every - held} are not.", "", *_overview(given, table)]  # fmt: skip
    for claim in given:
        lines += ["", f"## {claim.title}", "", *_section(claim, table)]
    return "\n".join(lines)


def _overview(given: list[Claim], table: Table) -> list[str]:
    lines = [
        "| claim | theirs | ours, `lut` | ours, `dsp` | holds in LUTs |",
        "|---|---|---|---|---|",
    ]
    for claim in given:
        found = {policy: ratios(claim, policy, table) for policy in POLICIES}
        words = [claim.title, _range(claim), *(_words(found[policy]) for policy in POLICIES)]
        words.append(", ".join("–" if r is None else "yes" if claim.holds(r) else "no"
                               for r in found["lut"]))  # fmt: skip
        lines.append("| " + " | ".join(words) + " |")
    return lines


def _section(claim: Claim, table: Table) -> list[str]:
    what = "array, without the scale path" if claim.part == "array" else "whole engine"
    lines = [f"Source: {claim.source}. Theirs: {claim.theirs}.", ""]
    for place, terms in enumerate(claim.over):
        told = [
            f"`{policy}` {_words([ratios(claim, policy, table)[place]])}" for policy in POLICIES
        ]
        lines.append(f"- {_sum(terms)} over {_sum(claim.under)}, {what}: {', '.join(told)}")
    return [*lines, "", claim.why]


def _sum(terms: Terms) -> str:
    return " + ".join(
        f"`{name}`" if times == 1 else f"{times:g} × `{name}`" for times, name in terms
    )


def _words(found: list[float | None]) -> str:
    return ", ".join("–" if ratio is None else f"{ratio:.2f}" for ratio in found)


def _range(claim: Claim) -> str:
    if claim.low is None:
        return f"at most {claim.high:g}"
    return f"at least {claim.low:g}" if claim.high is None else f"{claim.low:g} to {claim.high:g}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--check", action="store_true", help="fail where the page is another")
    parser.add_argument(
        "--designs", action="store_true", help="print the designs that are compared"
    )
    arguments = parser.parse_args()
    if arguments.designs:
        print(*sorted(set().union(*(claim.designs for claim in claims()))), sep="\n")
        return 0
    text = PAGE.read_text(encoding="utf-8")
    new = with_part(text, BEGIN, f"\n\n{page(read())}\n\n", END)
    if arguments.check:
        if new != text:
            print(f"{PAGE.relative_to(DOCS.parent)} is not what docs/claims.py writes: make claims")
        return int(new != text)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
