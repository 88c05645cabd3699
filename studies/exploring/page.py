"""An exploration as one page: nothing is loaded from anywhere, and it reads without scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence

from markupsafe import Markup

from ..accuracy import Data
from ..columns import spelled
from ..figure import Figure, style, ticks
from ..front import front
from ..page import Cell, Heading, Sheet, template
from .explore import Explored, Found
from .judges import Judge
from .splits import splits
from .tables import notes, title, to_dict, told

#: Designs of the table of all: the rest are in the page's data.
MOST = 300

#: Scores of which less is better that are so many times the exact one are not drawn.
RUINED = 4


def page(found: Found) -> str:
    """The HTML of an exploration."""
    text = json.dumps(to_dict(found), ensure_ascii=False)
    for letter in "&<>":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return template("explore.html.j2").render(
        title=title(found),
        plots={name: Markup(figure.svg()) for name, figure in plots(found).items()},
        sheets=sheets(found),
        notes=notes(found),
        style=Markup(style(".chart")),
        data=Markup(text),
    )


def plots(found: Found) -> dict[str, Figure]:
    """Cost against error on each data, and against what each network tells."""
    figures = {data.title: cost_error(found, data) for data in found.data}
    for judge in found.judges:
        if any(_sane(item, judge) for item in found.every):
            figures[judge.title] = cost_score(found, judge)
    return figures


def _sane(item: Explored, judge: Judge) -> bool:
    """Whether a design's score is known and has room beside the exact one: where less is better, a
    ruined one may be millions."""
    score = item.scores.get(judge.name)
    return score is not None and not (judge.less and score > RUINED * judge.exact)


def cost_error(found: Found, data: Data) -> Figure:
    """All designs: cost to the right, accuracy up; integers, floats and pairs of both."""
    best = found.fronts[data.name]
    # What costs far more than all of a front has no room.
    most = 1.4 * max(item.cost for item in best)
    shown = [item for item in found.every if item.cost <= most]
    low, high = (pick(item.lost[data.name] for item in shown) for pick in (min, max))
    return _drawn(
        found,
        [(item, item.lost[data.name], f"{item.lost[data.name]:.1f} dB") for item in shown],
        best,
        f"Cost against error on {data.title}",
        ticks(min(low, 0), high + 2, 8),
        f"SQNR of results in dB, {data.title} (more is better)",
    )


def cost_score(found: Found, judge: Judge) -> Figure:
    """The designs that a network was asked about: cost to the right, what it tells up."""
    shown = [item for item in found.every if _sane(item, judge)]
    scores = [item.scores[judge.name] for item in shown]
    marks = front([(i.cost, -s if judge.less else s) for i, s in zip(shown, scores, strict=True)])
    best = [item for item, mark in zip(shown, marks, strict=True) if mark]
    low, high = min(*scores, judge.exact), max(*scores, judge.exact)
    return _drawn(
        found,
        [(i, s, judge.spelled(s)) for i, s in zip(shown, scores, strict=True)],
        sorted(best, key=lambda item: item.cost),
        f"Cost against {judge.title}",
        ticks(low, high, 8),
        f"{judge.title} ({'less' if judge.less else 'more'} is better); "
        f"{judge.spelled(judge.exact)} with products in floats",
    )


def _drawn(
    found: Found,
    points: Sequence[tuple[Explored, float, str]],
    best: Sequence[Explored],
    title: str,
    up: Sequence[float],
    up_title: str,
) -> Figure:
    """Designs, how high each stands and in words; the front, the cheapest first; the axis up."""
    figure = Figure(title, 1080, 520, top=40)
    figure.axes(
        ticks(0, max(item.cost for item, _, _ in points), 8),
        up,
        f"cost: sites + {found.space.exchange:g} × DSP at {found.space.macs:,} MACs a cycle "
        "(less is better)",
        up_title,
    )
    heights = {id(item): height for item, height, _ in points}
    path: list[tuple[float, float]] = []
    for item in best:
        place = figure.x(item.cost)
        if path:
            path.append((place, path[-1][1]))
        path.append((place, figure.y(heights[id(item)])))
    figure.line([*path, (figure.right, path[-1][1])], "axis dashed")
    for item, height, reading in points:
        kind, square = _kind(item), item.report is not None
        words = f"{item.candidate.words}: cost {item.cost:,.0f}, {reading}"
        marks = f"f{kind} s{kind}" + " open" * (not any(item is one for one in best))
        figure.mark(item.cost, height, marks, words, square=square)
    for item in best[:: max(1, len(best) // 12)]:
        figure.label(item.cost, heights[id(item)], item.choice.name)
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
        *(Heading(judge.title, judge.about) for judge in found.judges),
        Heading("cost is", words=True),
    ]
    return Sheet(caption, header, [_cells(found, item) for item in items])


def _cells(found: Found, item: Explored) -> list[Cell]:
    choice, command, whole = item.choice, _command(found, item), _whole(found)
    numbers = [(item.cost, 0), (item.per_mac, 1), (item.foreseen.scale_sites, 0)]
    lost = [item.lost[data.name] for data in found.data]
    scores = [(told(item, judge), item.scores.get(judge.name)) for judge in found.judges]
    return [
        *(Cell(name, name) for name in (choice.weight, choice.activation, choice.scheme)),
        *(Cell(spelled(value, digits), round(value, 3), command) for value, digits in numbers),
        *(Cell(spelled(value, 1), round(value, 3), whole) for value in lost),
        *(Cell(text, score, whole) for text, score in scores),
        Cell("foreseen", "foreseen") if item.report is None else Cell("counted", "counted"),
    ]


def _command(found: Found, item: Explored) -> str:
    """What makes an engine's numbers."""
    verb = "predict" if item.report is None else "synth"
    return f"macsmith {verb} {item.candidate.words} --board {found.space.board.name}"


def _whole(found: Found) -> str:
    """What makes the exploration."""
    space = found.space
    options = [f"--board {space.board.name} --macs {space.macs} --k {space.k}"]
    options += [f"--policy {space.policy} --seed {space.seed}"]
    if space.budget is not None:
        options.append(f"--budget {space.budget:g}")
    if space.dsp_sites is not None:
        options.append(f"--dsp-sites {space.dsp_sites:g}")
    options += [f"--bits {bits}" for bits in space.bits]
    options += [f"--activation {name}" for name in space.activations]
    options += [f"--scheme {name}" for name in space.schemes]
    words = [*(data.words for data in found.data), *(judge.words for judge in found.judges)]
    return f"macsmith explore {' '.join(options)}{''.join(words)}"


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
