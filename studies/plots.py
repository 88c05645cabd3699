"""The charts of a comparison: cost against error, cost by parts, cost over lanes."""

from __future__ import annotations

from collections.abc import Sequence

from ..drawing.svg import width_of
from .accuracy import Data
from .entries import Comparison, Entry, Point
from .figure import LIGHT, Figure, ticks

#: Height of a bar with the room around it, and of itself.
_STEP, _BAR = 30, 18


def plots(found: Comparison) -> dict[str, Figure]:
    """Every chart that a comparison has the figures for, by name."""
    if not found.asked.costs:
        return {}
    made = {f"cost-error-{data.name}": cost_error(found, data) for data in found.data}
    made = {name: figure for name, figure in made.items() if figure is not None}
    made["parts"] = parts(found)
    made["vivado"] = vivado(found)
    if len({point.lanes for point in found.points}) > 1:
        made["lanes"] = lanes(found)
    return {name: figure for name, figure in made.items() if figure is not None}


def colour(found: Comparison, name: str) -> int:
    """The number of a design's colour: the same in every chart."""
    return found.asked.names.index(name) % len(LIGHT)


def cost_error(found: Comparison, data: Data) -> Figure | None:
    """Cost to the right, accuracy up, and the front as a line; None where nothing is known."""
    points = [
        (entry, entry.cost, lost.product)
        for entry in found.entries
        if entry.cost is not None and (lost := entry.lost[data.name]) is not None
        if lost.product != float("inf")
    ]
    if not points:
        return None
    figure = Figure(f"Cost against error on {data.title}", 1080, 430, top=40)
    highest = max(cost for _, cost, _ in points)
    low, high = min(db for *_, db in points), max(db for *_, db in points)
    figure.axes(
        ticks(0, highest * 1.12, 6),
        ticks(min(low, 0) if low < 8 else low - 3, high + 2, 6),
        f"cost: sites + {found.asked.exchange:g} × DSP at {found.asked.macs:,} MACs a cycle "
        "(less is better)",
        f"SQNR of results in dB, {data.title} (more is better)",
    )
    _front(figure, found, points, data)
    for entry, cost, db in points:
        number, square = colour(found, entry.name), entry.policy == "dsp"
        kind = f"f{number} s{number}" + " open" * square
        told = f"{entry.name}, policy {entry.policy}: cost {cost:,.0f}, {db:.1f} dB"
        figure.mark(cost, db, kind, told, square=square)
    for entry, cost, db in points:
        figure.label(cost, db, entry.name if entry.policy == "lut" else f"{entry.name} · dsp")
    _policies(figure, [entry.policy for entry, *_ in points])
    return figure


def _front(
    figure: Figure, found: Comparison, points: Sequence[tuple[Entry, float, float]], data: Data
) -> None:
    """What nothing beats, as steps: so much accuracy is had for the cost to its left."""
    best = sorted((cost, db) for entry, cost, db in points if data.name in found.fronts(entry))
    path: list[tuple[float, float]] = []
    for cost, db in best:
        if path:
            path.append((figure.x(cost), path[-1][1]))
        path.append((figure.x(cost), figure.y(db)))
    if path:
        path.append((figure.right, path[-1][1]))
        figure.line(path, "axis dashed")
        figure.keep_away(path)


def _policies(figure: Figure, policies: Sequence[str]) -> None:
    """What discs, squares and the line are, in the upper right."""
    told = [("●", "lut"), ("□", "dsp")]
    words = [f"{sign} policy {name}" for sign, name in told if name in policies]
    text = "    ".join([*words, "┄ Pareto front"]).replace(" ", "\u00a0")
    figure.text(figure.right, figure.top - 10, text, kind="muted", anchor="end")


def parts(found: Comparison) -> Figure:
    """Bars: the array, the scale path, and DSP blocks at their rate."""
    rows = list(found.entries)
    longest = max(width_of(_named(entry), 12) for entry in rows)
    height = _height(found)
    figure = Figure("Cost by parts", 560, height, left=longest + 20, top=40, right=70)
    rate = found.asked.exchange
    values = [entry.cost or 0.0 for entry in rows]
    figure.bars(
        ticks(0, max(values), 6),
        f"cost at {found.asked.macs:,} MACs a cycle: sites + {rate:g} × DSP",
    )
    for number, entry in enumerate(rows):
        y = figure.top + _STEP * number + (_STEP - _BAR) / 2
        x = 0.0
        for kind, title, value in _segments(entry, rate):
            told = f"{_named(entry)}: {title} {value:,.0f}"
            start = figure.x(x)
            figure.bar(start, y, figure.x(x + value) - start, _BAR, kind, told)
            x += value
        figure.text(figure.left - 8, y + 13, _named(entry), anchor="end")
        figure.text(figure.x(x) + 6, y + 13, f"{x:,.0f}", kind="muted")
    legend = [("array", "array"), ("path", "scale path"), ("dsp", f"DSP × {rate:g}")]
    x = figure.left
    for kind, word in legend:
        figure.bar(x, 12, 12, 12, kind, word)
        figure.text(x + 18, 22, word, kind="muted")
        x += 34 + width_of(word, 12)
    return figure


def vivado(found: Comparison) -> Figure | None:
    """Bars: Vivado's LUTs as they are estimated, with the reach of the error; None without any."""
    rows = [(entry, told) for entry in found.entries if (told := entry.vivado_lut) is not None]
    if not rows:
        return None
    longest = max(width_of(_named(entry), 12) for entry, _ in rows)
    height = 24 + _STEP * len(rows) + 48
    figure = Figure("LUTs in Vivado, estimated", 560, height, left=longest + 20, right=40)
    highest = max(told.most for _, told in rows)
    figure.bars(ticks(0, highest, 6), "CLB LUTs of Vivado after synthesis, an estimate")
    for number, (entry, told) in enumerate(rows):
        y = figure.top + _STEP * number + _STEP / 2
        words = f"{_named(entry)}: Vivado LUT {told}"
        width = figure.x(told.value) - figure.left
        figure.bar(figure.left, y - _BAR / 2, width, _BAR, "array", words)
        least, most = figure.x(told.least), figure.x(told.most)
        figure.line([(least, y), (most, y)], "line s1")
        for end in (least, most):
            figure.line([(end, y - 5), (end, y + 5)], "line s1")
        figure.text(figure.left - 8, y + 4, _named(entry), anchor="end")
    return figure


def _height(found: Comparison) -> float:
    """Of the bars, their legend and axis."""
    return 40 + _STEP * len(found.entries) + 48


def _segments(entry: Entry, rate: float) -> list[tuple[str, str, float]]:
    """Kind, title and cost of each part; they add up to the whole."""
    array, path, blocks = (
        entry.used("sites", "array"),
        entry.used("sites", "path"),
        entry.used("dsp"),
    )
    return [
        ("array", "array, sites", array or 0.0),
        ("path", "scale path, sites", path or 0.0),
        ("dsp", f"{blocks or 0:g} DSP blocks", rate * (blocks or 0.0)),
    ]


def _named(entry: Entry) -> str:
    return f"{entry.name}, {entry.policy}"


def lanes(found: Comparison) -> Figure:
    """Lines: cost per MAC over the lanes, for the first policy."""
    points = found.points
    names = list(dict.fromkeys(point.name for point in points))
    longest = max(width_of(name, 12) for name in names)
    policy = found.asked.policies[0]
    height = max(260, _height(found))  # as tall as the bars beside it
    title = f"Cost per MAC over lanes, policy {policy}"
    figure = Figure(title, 560, height, top=40, right=longest + 28)
    places = sorted({point.lanes for point in points})
    rows, cols, _ = points[0].candidate.shape
    figure.steps(
        [str(place) for place in places],
        ticks(0, max(point.per_mac for point in points), 5),
        "lanes",
        f"cost per MAC in an array of {rows} × {cols}, policy {policy}",
    )
    ends: list[tuple[float, str]] = []
    for name in names:
        own = sorted((p for p in points if p.name == name), key=lambda p: p.lanes)
        number = colour(found, name)
        spots = [(places.index(p.lanes), p) for p in own]
        figure.line([(figure.x(x), figure.y(p.per_mac)) for x, p in spots], f"line s{number}")
        for x, point in spots:
            figure.mark(x, point.per_mac, f"f{number}", _told(point))
        ends.append((figure.y(own[-1].per_mac), name))
    for y, name in _apart(sorted(ends), 15, figure.bottom):
        figure.text(figure.right + 12, y + 4, name)
    return figure


def _told(point: Point) -> str:
    return f"{point.name}, {point.lanes} lanes: {point.per_mac:,.1f} per MAC"


def _apart(
    spots: Sequence[tuple[float, str]], least: float, bottom: float
) -> list[tuple[float, str]]:
    """Labels from top to bottom, moved down until none covers another, then up from ``bottom``."""
    places: list[float] = []
    for y, _ in spots:
        places.append(max(y, places[-1] + least) if places else y)
    for number in reversed(range(len(places))):
        places[number] = min(places[number], bottom)
        bottom = places[number] - least
    return list(zip(places, (name for _, name in spots), strict=True))
