"""A chart as SVG: axes with round numbers, marks that tell their value, labels that keep apart.

Colours are classes: a page's style, or the figure's own where it is a file, has two sets of them,
of which the viewer's setting chooses.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import pairwise
from math import ceil, floor, log10

from ..drawing.svg import width_of

#: Fills of designs by number, in light and in dark; more designs begin again.
LIGHT = ("#1f6fb2", "#d9730d", "#23865a", "#b0308c", "#7a5cc9", "#b3261e", "#0f8a99", "#7d6608")
DARK = ("#6cb6ff", "#ffa657", "#56d39a", "#f48fd0", "#b7a3ff", "#ff8a80", "#4dd0e1", "#e3c55a")

#: Ink, what is muted, grid, and the panel behind; of the two, and of parts of a bar.
_PAPER = {
    "ink": ("#1f2328", "#e6edf3"),
    "muted": ("#59636e", "#9aa5b1"),
    "grid": ("#d8dee4", "#2f3742"),
    "panel": ("#ffffff", "#0d1117"),
    "array": ("#1f6fb2", "#4b93d6"),
    "path": ("#e08a1e", "#e8a14a"),
    "dsp": ("#8a63c7", "#a98be0"),
}


def style(scope: str = "") -> str:
    """The style of figures: light, and dark where the viewer prefers it."""

    def rules(number: int) -> str:
        colours = LIGHT if number == 0 else DARK
        lines = []
        for name, pair in _PAPER.items():
            lines.append(f"{scope} .{name} {{ fill: {pair[number]}; }}")
        lines.append(f"{scope} .rule {{ stroke: {_PAPER['grid'][number]}; }}")
        lines.append(f"{scope} .axis {{ stroke: {_PAPER['muted'][number]}; }}")
        for place, colour in enumerate(colours):
            lines.append(f"{scope} .f{place} {{ fill: {colour}; }}")
            lines.append(f"{scope} .s{place} {{ stroke: {colour}; }}")
        return "\n".join(lines)

    plain = f"{scope} .open {{ fill-opacity: 0; stroke-width: 2.2; }}\n"
    plain += f"{scope} .line {{ fill: none; stroke-width: 2; }}\n"
    plain += f"{scope} .dashed {{ fill: none; stroke-width: 1.4; stroke-dasharray: 5 4; }}\n"
    font = '{ font-family: system-ui, "Segoe UI", Arial, "DejaVu Sans", sans-serif; }'
    return (
        f"{scope} text {font}\n{plain}{rules(0)}\n"
        f"@media (prefers-color-scheme: dark) {{\n{rules(1)}\n}}\n"
    )


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About so many round numbers that cover ``low`` … ``high``: steps of 1, 2 or 5."""
    span = (high - low) or abs(high) or 1.0
    rough = span / count
    power = 10.0 ** floor(log10(rough))
    step = next(s * power for s in (1, 2, 5, 10) if s * power >= rough * 0.999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [number * step for number in range(first, max(last, first + 1) + 1)]


def number(value: float) -> str:
    """A tick: no more digits than it has."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.6g}"


class Figure:
    """A chart with two axes.

    Parameters
    ----------
    title : what it shows, for who does not see it.
    width, height : in pixels at its own size.
    left, top, right, bottom : margins around the plot.
    """

    def __init__(
        self,
        title: str,
        width: float = 720,
        height: float = 400,
        *,
        left: float = 64,
        top: float = 24,
        right: float = 24,
        bottom: float = 48,
    ):
        self.title, self.width, self.height = title, width, height
        self.left, self.top = left, top
        self.right, self.bottom = width - right, height - bottom
        self._shapes: list[str] = []
        self._taken: list[tuple[float, float, float, float]] = []
        self._x = self._y = (0.0, 1.0)

    def axes(self, x: Sequence[float], y: Sequence[float], x_title: str, y_title: str) -> None:
        """Axes from the first to the last of their ticks, with a grid."""
        self._across(x, x_title)
        self._up(y)
        self.text(self.left, self.top - 10, y_title, kind="muted")

    def bars(self, x: Sequence[float], x_title: str) -> None:
        """An axis along the bottom alone: bars lie above it."""
        self._across(x, x_title)

    def steps(self, names: Sequence[str], y: Sequence[float], x_title: str, y_title: str) -> None:
        """Names at equal distances along the bottom, numbered from 0, and an axis up."""
        self._x = (-0.25, len(names) - 0.75)
        for place, name in enumerate(names):
            self.text(self.x(place), self.bottom + 18, name, kind="muted", anchor="middle")
        self._titled(x_title)
        self._up(y)
        self.text(self.left, self.top - 10, y_title, kind="muted")

    def _across(self, x: Sequence[float], title: str) -> None:
        self._x = x[0], x[-1]
        for value in x:
            place = self.x(value)
            self.line([(place, self.top), (place, self.bottom)], "rule")
            self.text(place, self.bottom + 18, number(value), kind="muted", anchor="middle")
        self._titled(title)

    def _up(self, y: Sequence[float]) -> None:
        self._y = y[0], y[-1]
        for value in y:
            place = self.y(value)
            self.line([(self.left, place), (self.right, place)], "rule")
            self.text(self.left - 8, place + 4, number(value), kind="muted", anchor="end")
        self.line([(self.left, self.bottom), (self.right, self.bottom)], "axis")

    def _titled(self, title: str) -> None:
        """What is along the bottom."""
        middle = (self.left + self.right) / 2
        self.text(middle, self.height - 8, title, kind="muted", anchor="middle")

    @property
    def top_value(self) -> float:
        """Where the axis up ends."""
        return self._y[1]

    def x(self, value: float) -> float:
        low, high = self._x
        return self.left + (value - low) / (high - low) * (self.right - self.left)

    def y(self, value: float) -> float:
        low, high = self._y
        return self.bottom - (value - low) / (high - low) * (self.bottom - self.top)

    def text(
        self, x: float, y: float, text: str, *, size: float = 12, kind: str = "ink",
        anchor: str = "start", bold: bool = False,
    ) -> None:  # fmt: skip
        """A line of text with its baseline at ``y``."""
        weight = ' font-weight="600"' if bold else ""
        self._shapes.append(
            f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" '
            f'text-anchor="{anchor}"{weight}>{escape(text)}</text>'
        )

    def line(self, points: Sequence[tuple[float, float]], kind: str) -> None:
        """A line through pixels."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._shapes.append(f'<polyline class="{kind}" fill="none" points="{path}"/>')

    def keep_away(self, points: Sequence[tuple[float, float]]) -> None:
        """Labels do not cover a line of level and upright pieces."""
        for (x0, y0), (x1, y1) in pairwise(points):
            self._taken.append((min(x0, x1) - 1, min(y0, y1) - 1, max(x0, x1) + 1, max(y0, y1) + 1))

    def bar(self, x: float, y: float, width: float, height: float, kind: str, told: str) -> None:
        """A rectangle in pixels that tells a value."""
        size = f'x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}"'
        self._shapes.append(f'<rect class="{kind}" {size}><title>{escape(told)}</title></rect>')

    def mark(self, x: float, y: float, kind: str, told: str, *, square: bool = False) -> None:
        """A disc, or a square, at values that it tells; labels keep away from it."""
        x, y = self.x(x), self.y(y)
        self._taken.append((x - 7, y - 7, x + 7, y + 7))
        inside = f"<title>{escape(told)}</title>"
        if square:
            self._shapes.append(
                f'<rect class="{kind}" x="{x - 5.5:.1f}" y="{y - 5.5:.1f}" width="11" height="11">'
                f"{inside}</rect>"
            )
        else:
            self._shapes.append(
                f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="6">{inside}</circle>'
            )

    def label(self, x: float, y: float, text: str, kind: str = "ink") -> None:
        """Text beside a mark at values, where nothing is yet: right of it, left, above or below."""
        x, y, wide = self.x(x), self.y(y), width_of(text, 12)
        spots = [
            (x + 10, y + 4),
            (x - 10 - wide, y + 4),
            (x - wide / 2, y - 11),
            (x - wide / 2, y + 21),
        ]
        spots += [(x + 10, y + 4 + d) for d in (-12, 14, -24, 28)]
        spots += [(x - 10 - wide, y + 4 + d) for d in (-12, 14, -24, 28)]
        best = min(spots, key=lambda spot: self._covered(spot, wide))
        self._taken.append((best[0], best[1] - 11, best[0] + wide, best[1] + 3))
        self.text(*best, text, kind=kind)

    def _covered(self, spot: tuple[float, float], wide: float) -> float:
        """How much of what is there a label would cover, or stand outside."""
        x0, y0, x1, y1 = spot[0], spot[1] - 11, spot[0] + wide, spot[1] + 3
        area = sum(
            max(0.0, min(x1, b[2]) - max(x0, b[0])) * max(0.0, min(y1, b[3]) - max(y0, b[1]))
            for b in self._taken
        )
        beyond = max(0.0, x1 - self.width) + max(0.0, self.left - x0) + max(0.0, self.top - y0)
        return area + 100 * (beyond + max(0.0, y1 - self.bottom))

    def svg(self, alone: bool = False) -> str:
        """The chart; ``alone``, with a style and a panel of its own, as a file."""
        size = f'width="{self.width:g}" height="{self.height:g}"'
        view = f'viewBox="0 0 {self.width:g} {self.height:g}"'
        own = [f"<style>{style()}</style>", f'<rect class="panel" {size}/>'] if alone else []
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" {size} {view} role="img">',
                f"<title>{escape(self.title)}</title>",
                *own,
                *self._shapes,
                "</svg>\n",
            ]
        )
