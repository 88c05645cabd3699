"""An exploration as one page: nothing is loaded from anywhere, and it reads without scripts."""

from __future__ import annotations

import json

from markupsafe import Markup

from ..accuracy import Data
from ..columns import spelled
from ..figure import Figure, style, ticks
from ..page import Cell, Heading, Sheet, template
from .explore import Explored, Found
from .splits import splits
from .tables import notes, title, to_dict

#: Designs of the table of all: the rest are in the page's data.
MOST = 300


def page(found: Found) -> str:
    """The HTML of an exploration."""
    text = json.dumps(to_dict(found), ensure_ascii=False)
    for letter in "&<>":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return template("explore.html.j2").render(
        title=title(found),
        plots={data.title: Markup(cost_error(found, data).svg()) for data in found.data},
        sheets=sheets(found),
        notes=notes(found),
        style=Markup(style(".chart")),
        data=Markup(text),
    )


def cost_error(found: Found, data: Data) -> Figure:
    """All designs: cost to the right, accuracy up; integers, floats and pairs of both."""
    front = found.fronts[data.name]
    # What costs far more than all of a front has no room.
    most = 1.4 * max(item.cost for item in front)
    shown = [item for item in found.every if item.cost <= most]
    figure = Figure(f"Cost against error on {data.title}", 1080, 520, top=40)
    low, high = (pick(item.lost[data.name] for item in shown) for pick in (min, max))
    figure.axes(
        ticks(0, most, 8),
        ticks(min(low, 0), high + 2, 8),
        f"cost: sites + {found.space.exchange:g} × DSP at {found.space.macs:,} MACs a cycle "
        "(less is better)",
        f"SQNR of results in dB, {data.title} (more is better)",
    )
    path: list[tuple[float, float]] = []
    for item in front:
        place = figure.x(item.cost)
        if path:
            path.append((place, path[-1][1]))
        path.append((place, figure.y(item.lost[data.name])))
    figure.line([*path, (figure.right, path[-1][1])], "axis dashed")
    for item in shown:
        kind, square = _kind(item), item.report is not None
        words = f"{item.candidate.words}: cost {item.cost:,.0f}, {item.lost[data.name]:.1f} dB"
        marks = f"f{kind} s{kind}" + " open" * (not any(item is best for best in front))
        figure.mark(item.cost, item.lost[data.name], marks, words, square=square)
    for item in front[:: max(1, len(front) // 12)]:
        figure.label(item.cost, item.lost[data.name], item.choice.name)
    words = "● integers    ● floats    ● one of each    □ counted    ┄ Pareto front"
    figure.text(
        figure.right, figure.top - 10, words.replace(" ", "\u00a0"), kind="muted", anchor="end"
    )
    return figure


def _kind(item: Explored) -> int:
    """The colour: integers, floats, or one of each."""
    many = sum(n.startswith("int") for n in (item.choice.weight, item.choice.activation))
    return {2: 0, 0: 1, 1: 2}[many]


def sheets(found: Found) -> list[Sheet]:
    """The fronts, the best splits, and all designs."""
    made = [
        _sheet(f"Pareto front, {data.title}", found, found.fronts[data.name]) for data in found.data
    ]
    if split := _splits(found):
        made.append(split)
    every = sorted(found.every, key=lambda item: item.cost)[:MOST]
    some = "" if len(every) == len(found.every) else f", the {len(every)} cheapest"
    return [*made, _sheet(f"All designs{some}", found, every)]


def _sheet(caption: str, found: Found, items: list[Explored]) -> Sheet:
    header = [
        *(Heading(name, words=True) for name in ("weight", "activation", "scales")),
        Heading("cost"),
        Heading("per MAC"),
        Heading("scale path", "sites of it, foreseen"),
        *(Heading(f"{data.name} dB") for data in found.data),
        Heading("cost is", words=True),
    ]
    return Sheet(caption, header, [_cells(found, item) for item in items])


def _cells(found: Found, item: Explored) -> list[Cell]:
    choice, command = item.choice, _command(found, item)
    numbers = [(item.cost, 0), (item.per_mac, 1), (item.foreseen.scale_sites, 0)]
    numbers += [(item.lost[data.name], 1) for data in found.data]
    return [
        *(Cell(name, name) for name in (choice.weight, choice.activation, choice.scheme)),
        *(Cell(spelled(value, digits), round(value, 3), command) for value, digits in numbers),
        Cell("foreseen", "foreseen") if item.report is None else Cell("counted", "counted"),
    ]


def _command(found: Found, item: Explored) -> str:
    """What makes an engine's numbers."""
    verb = "predict" if item.report is None else "synth"
    return f"macsmith {verb} {item.candidate.words} --board {found.space.board.name}"


def _splits(found: Found) -> Sheet | None:
    rows = []
    for one in splits(found):
        row = [Cell(str(one.bits), one.bits), Cell(one.data, one.data)]
        for item in (one.best, one.integer):
            command = _command(found, item)
            row += [Cell(item.choice.weight, item.choice.weight)]
            row += [Cell(item.choice.scheme, item.choice.scheme)]
            for value in (item.lost[one.data], item.per_mac):
                row.append(Cell(spelled(value, 1), round(value, 3), command))
        rows.append(row)
    names = ("best", "scales", "dB", "per MAC", "integer", "scales", "dB", "per MAC")
    words = ("best", "scales", "integer")
    header = [Heading("bits"), Heading("data", words=True)]
    header += [Heading(name, words=name in words) for name in names]
    return Sheet("Both operands of one format: the best split", header, rows) if rows else None
