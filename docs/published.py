"""Writes what rooflines say of language models that others run on boards, beside what they report.

Run ``make published`` (seconds): the table goes into docs/site/roofline.md, the picture into
docs/site/pictures/published.svg. The systems are those of docs/published.toml.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from macsmith.boards import lookup
from macsmith.studies.figure import Figure, ticks
from macsmith.studies.roofline import Work, machine, times
from parts import with_part

HERE = Path(__file__).parent
PAGE, PICTURE = HERE / "site" / "roofline.md", HERE / "site" / "pictures" / "published.svg"
BEGIN, END = "<!-- published: written by docs/published.py -->", "<!-- published end -->"

#: Positions before the token, whose keys and values are read.
CONTEXT = 512
#: Enough that memory binds, on all of these boards.
SHAPE = {"rows": 64, "cols": 1, "lanes": 16, "megahertz": 200.0}


@dataclass(frozen=True)
class System:
    """A published system: as published.toml has it, and ``bound``, tokens a second at most."""

    name: str
    source: str
    board: str
    told: str
    speed: float
    bound: float
    limit: str

    @property
    def share(self) -> float:
        """Of the bound that it reaches."""
        return self.speed / self.bound


def system(row: dict[str, Any]) -> System:
    """The bound of one row."""
    layers = [tuple(pair) for pair in row["block"]] * row["blocks"] + [tuple(row["last"])]
    work = Work(row["name"], tuple(layers), row["cache"])
    longest = max(k for _, k in layers)
    shape = {**SHAPE, "cache_bits": row["cache_bits"]}
    on = machine(row["design"], lookup(row["board"]), longest, **shape)
    found = times(work, on, 1, CONTEXT)
    kept = {key: row[key] for key in ("name", "source", "board", "told", "speed")}
    return System(**kept, bound=found.rate, limit=found.bound)


def systems() -> list[System]:
    """All of them, in the file's order."""
    data = tomllib.loads((HERE / "published.toml").read_text(encoding="utf-8"))
    return [system(row) for row in data["systems"]]


def table(found: list[System]) -> str:
    """Markdown."""
    lines = [
        "| model | board | they say | bound | share | source |",
        "|---|---|---|---|---|---|",
    ]
    for item in found:
        lines.append(
            f"| {item.name} | {lookup(item.board).title} | {item.told} "
            f"| {item.bound:.1f} a second, by {item.limit} | {item.share:.0%} | {item.source} |"
        )
    return "\n".join(lines)


def picture(found: list[System]) -> str:
    """Bars of what is reached inside bars of what the roofline allows."""
    figure = Figure(
        "Tokens a second: reached, and the roofline's bound", 720, 60 * len(found) + 110,
        left=230, top=56, right=60,
    )  # fmt: skip
    figure.bars(ticks(0, max(max(item.bound, item.speed) for item in found)), "tokens a second")
    for place, item in enumerate(found):
        top = figure.top + 10 + 60 * place
        figure.text(20, top + 18, item.name, size=13)
        figure.text(20, top + 34, item.board, kind="muted")
        start = figure.x(0)
        for kind, value, high in (("grid", item.bound, 34), ("array", item.speed, 18)):
            told = f"{item.name}: {value:.1f} tokens a second"
            figure.bar(start, top + (34 - high) / 2, figure.x(value) - start, high, kind, told)
        end = figure.x(max(item.bound, item.speed))
        figure.text(end + 8, top + 22, f"{item.share:.0%}", bold=True)
    figure.text(20, 22, figure.title, bold=True, size=14)
    return figure.svg(alone=True)


def main() -> int:
    found = systems()
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_part(text, BEGIN, f"\n{table(found)}\n", END), encoding="utf-8")
    PICTURE.write_text(picture(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
