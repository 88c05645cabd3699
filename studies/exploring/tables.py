"""An exploration as tables for people, and as JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from ..columns import spelled
from .explore import Explored, Found
from .judges import Judge
from .outer import scaled
from .space import SCHEMES
from .splits import splits

#: Rows of a front that are shown on a screen.
SHOWN = 20

Row = dict[str, Any]


def title(found: Found) -> str:
    """What was explored."""
    space = found.space
    return (
        f"{len(found.every)} designs on {space.board.title} ({space.board.part}), policy "
        f"{space.policy}, {space.macs:,} MACs a cycle, K = {space.k:,}"
    )


def rows(found: Found, items: Sequence[Explored]) -> list[Row]:
    """Of designs, as JSON and CSV have them."""
    return [_row(found, item) for item in items]


def _row(found: Found, item: Explored) -> Row:
    choice, report = item.choice, item.report
    made: Row = {
        "weight": choice.weight,
        "activation": choice.activation,
        "scheme": choice.scheme,
        "cost": round(item.cost, 1),
        "cost_per_mac": round(item.per_mac, 3),
        "counted": report is not None,
        "foreseen_sites": round(item.foreseen.sites, 1),
        "foreseen_scale_sites": round(item.foreseen.scale_sites, 1),
        "foreseen_error": None if item.error is None else round(item.error, 4),
        "dsp": item.foreseen.dsp if report is None else report.cost.resources.get("dsp", 0),
        "sites": None if report is None else report.cost.resources["sites"],
    }
    made |= {f"sqnr_{name}": round(db, 2) for name, db in item.lost.items()}
    made |= {judge.name: _score(item, judge) for judge in found.judges}
    made["front"] = " ".join(found.on(item))
    made["words"] = item.candidate.words
    return made


def _score(item: Explored, judge: Judge) -> float | None:
    score = item.scores.get(judge.name)
    return None if score is None else round(score, 4)


def told(item: Explored, judge: Judge) -> str:
    """What a network tells of a design, as people read it."""
    score = item.scores.get(judge.name)
    return spelled(None, 0) if score is None else judge.spelled(score)


def tables(found: Found) -> list[tuple[str, list[str], list[list[str]]]]:
    """Title, header and rows: the front of each data, and the best splits."""
    made = []
    for data in found.data:
        front = found.fronts[data.name]
        # Of a long one some, from end to end.
        many = min(len(front), SHOWN)
        shown = [front[place * (len(front) - 1) // max(many - 1, 1)] for place in range(many)]
        header = ["weight", "activation", "scales", "cost", "per MAC", f"{data.name} dB"]
        header += [*(judge.title for judge in found.judges), "cost is"]
        lines = [_line(found, item, data.name) for item in shown]
        some = f", {many} of {len(front)}" if many < len(front) else ""
        made.append((f"Pareto front, {data.title}{some}", header, lines))
    header = [
        "bits",
        "data",
        "best",
        "scales",
        "dB",
        "per MAC",
        "integer",
        "scales",
        "dB",
        "per MAC",
    ]
    lines = []
    for one in splits(found):
        line = [str(one.bits), one.data]
        for item in (one.best, one.integer):
            line += [item.choice.weight, item.choice.scheme]
            line += [spelled(item.lost[one.data], 1), spelled(item.per_mac, 1)]
        lines.append(line)
    if lines:
        made.append(("Both operands of one format: the best split", header, lines))
    return made


def _line(found: Found, item: Explored, data: str) -> list[str]:
    choice = item.choice
    return [
        *(choice.weight, choice.activation, choice.scheme),
        *(spelled(item.cost, 0), spelled(item.per_mac, 1), spelled(item.lost[data], 1)),
        *(told(item, judge) for judge in found.judges),
        "foreseen" if item.report is None else f"counted ({100 * (item.error or 0):+.0f} %)",
    ]


def notes(found: Found) -> list[str]:
    """What holds of all figures, a line each."""
    space, counted = found.space, [item for item in found.every if item.report is not None]
    shape = "x".join(map(str, space.shape))
    lines = [
        f"All are arrays of {shape}, scale logic included; cost is sites + {space.exchange:g} × "
        "DSP.",
    ]
    for data in found.data:
        front = found.fronts[data.name]
        many = sum(item.choice.integers for item in front)
        lines.append(
            f"{data.title}: {len(front)} designs are on the front, {many} of them with integers on "
            "both sides."
        )
    lines += [_about(found, judge) for judge in found.judges]
    if counted:
        off = ", ".join(f"{100 * (item.error or 0):+.0f} %" for item in counted)
        lines.append(f"{len(counted)} were synthesized; their costs were foreseen off by {off}.")
    if found.over:
        lines.append(f"{found.over} designs are over the budget of {space.budget:,.0f}.")
    if found.refused:
        many = sum(found.refused.values())
        reason = max(found.refused, key=lambda name: found.refused[name])
        lines.append(f"{many} designs cannot be built; most often: {reason}.")
    lines.append(
        "dB are those of the golden model for what is on a front, and of quantization alone for "
        "the rest."
    )
    if any(scaled(item.candidate.engine) != item.candidate.engine for item in found.best):
        lines.append(
            "Scales in FP16 and UE4M3: for the error a power of two for each tensor acts outside."
        )
    used = dict.fromkeys(item.choice.scheme for item in found.best)
    lines += [f"{name}: {SCHEMES[name].about}." for name in SCHEMES if name in used]
    return lines


def _about(found: Found, judge: Judge) -> str:
    """What a network tells, and which designs of the fronts do as well as real numbers."""
    known = [item for item in found.best if judge.name in item.scores]
    near = next((item for item in known if judge.near(item.scores[judge.name])), None)
    line = f"{judge.title}: {judge.about}; {judge.spelled(judge.exact)} with products in floats"
    if near is None:
        return f"{line}. No design of those that were judged comes within 1 % of that."
    cost, score = spelled(near.cost, 0), told(near, judge)
    return f"{line}. Within 1 % of that the cheapest is {near.choice.words}: cost {cost}, {score}."


def to_dict(found: Found) -> dict[str, Any]:
    """Ready for JSON."""
    space = found.space
    return {
        "board": space.board.name,
        "policy": space.policy,
        "macs_per_cycle": space.macs,
        "k": space.k,
        "dsp_sites": space.exchange,
        "budget": space.budget,
        "designs": rows(found, found.every),
        "fronts": {
            name: [item.candidate.words for item in items] for name, items in found.fronts.items()
        },
        "splits": [
            {
                "bits": one.bits,
                "data": one.data,
                "best": _row(found, one.best),
                "integer": _row(found, one.integer),
            }
            for one in splits(found)
        ],
        "judges": {
            judge.name: {"about": judge.about, "exact": round(judge.exact, 4)}
            for judge in found.judges
        },
        "refused": dict(found.refused),
        "over_budget": found.over,
        "notes": notes(found),
    }


def as_csv(found: Found) -> str:
    """A row a design, the cheapest first."""
    made = rows(found, sorted(found.every, key=lambda item: item.cost))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(made[0]) if made else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(made)
    return text.getvalue()
