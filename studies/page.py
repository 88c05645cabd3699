"""A comparison as one page: nothing is loaded from anywhere, and it reads without scripts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from .columns import Column, columns, commands, point_command, spelled
from .entries import Comparison, Entry
from .figure import Figure, style
from .plots import plots
from .tables import SECOND, costs, front_lines, notes, title, to_dict, tools


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Parameters
    ----------
    text : as it is read.
    value : what it is sorted by.
    command : what makes it; empty for names.
    """

    text: str
    value: object
    command: str = ""


@dataclass(frozen=True)
class Heading:
    """What stands over a column, a sentence about it, and whether it has words, no numbers."""

    text: str
    about: str = ""
    words: bool = False


@dataclass(frozen=True)
class Sheet:
    """A table: its caption, headings, and rows of cells."""

    caption: str
    header: list[Heading]
    rows: list[list[Cell]]


def page(found: Comparison) -> str:
    """The HTML of a comparison."""
    figures = plots(found)
    return template("compare.html.j2").render(
        title=title(found),
        asked=found.asked,
        names=found.asked.names,
        fronts=front_lines(found) if found.asked.costs else {},
        warnings=found.warnings,
        errors={data.title: _drawn(figures, f"cost-error-{data.name}") for data in found.data},
        parts=_drawn(figures, "parts"),
        lanes=_drawn(figures, "lanes"),
        vivado=_drawn(figures, "vivado"),
        sheets=sheets(found),
        notes=notes(found),
        tools=tools(found),
        commands=_all_commands(found),
        style=Markup(style(".chart")),
        data=Markup(_json(to_dict(found))),
    )


def template(name: str) -> jinja2.Template:
    """A template of a page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def sheets(found: Comparison) -> list[Sheet]:
    """The tables of the page, each number with what makes it."""
    cells = {cell.key: cell for cell in columns(found)}
    lost = [key for key in cells if key.startswith("sqnr_")]
    once = {entry.name: entry for entry in reversed(found.entries)}
    made = []
    if found.asked.costs:
        chosen = [cells[key] for key in costs(found)]
        made.append(_sheet("What each costs", found, chosen, found.entries))
    moved = ("design", *SECOND)
    entries = tuple(once[name] for name in found.asked.names)
    made.append(_sheet("What each moves", found, [cells[key] for key in moved], entries))
    chosen = [cells[key] for key in ("design", *lost)]
    made.append(_sheet("What each loses: signal to noise in dB", found, chosen, entries))
    if found.points:
        made.append(_scaling(found))
    return made


def _sheet(
    caption: str, found: Comparison, chosen: list[Column], entries: tuple[Entry, ...]
) -> Sheet:
    rows = []
    for entry in entries:
        made = commands(found, entry)
        rows.append([Cell(c.text(entry), c.value(entry), made.get(c.made, "")) for c in chosen])
    return Sheet(caption, [Heading(c.title, c.about, not c.made) for c in chosen], rows)


def _scaling(found: Comparison) -> Sheet:
    """Cost a MAC, designs down and lanes across."""
    lanes = sorted({point.lanes for point in found.points})
    rows: dict[str, dict[int, Cell]] = {}
    unknown = Cell("–", None)
    for point in found.points:
        text = spelled(point.per_mac, 1)
        cell = Cell(text, round(point.per_mac, 3), point_command(found, point))
        rows.setdefault(point.name, {})[point.lanes] = cell
    return Sheet(
        "Cost per MAC by lanes",
        [
            Heading("design", words=True),
            *(Heading(f"{many} lane{'s' * (many > 1)}") for many in lanes),
        ],
        [[Cell(n, n), *(row.get(many, unknown) for many in lanes)] for n, row in rows.items()],
    )


def _drawn(figures: Mapping[str, Figure], name: str) -> Markup | None:
    figure = figures.get(name)
    return None if figure is None else Markup(figure.svg())


def _all_commands(found: Comparison) -> list[str]:
    """Each command once."""
    lines = [line for entry in found.entries for line in commands(found, entry).values()]
    lines += [point_command(found, point) for point in found.points]
    return list(dict.fromkeys(lines))


def _json(item: Any) -> str:
    """JSON inside of a page: no word of it ends the script."""
    text = json.dumps(item, ensure_ascii=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
