"""An SVG from a few shapes: boxes, lines with arrow heads, and text that is known to fit.

A picture has a panel of its own behind it and two sets of colours, of which the viewer's setting
chooses: it is readable wherever it is shown.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from html import escape

Point = tuple[float, float]

#: Widths of letters in ems, of a wide font (DejaVu Sans): others take less.
_NARROW, _WIDE = set("iljI.,:;'|!"), set("mwMW@%…→—")
_WIDTHS = {" ": 0.33, "f": 0.38, "t": 0.41, "r": 0.43, "(": 0.4, ")": 0.4, "-": 0.38, "/": 0.36}

#: Room that bold letters take more.
_BOLD = 1.12

_STYLE = """
text { font-family: system-ui, "Segoe UI", "Helvetica Neue", Arial, "DejaVu Sans", sans-serif; }
.panel { fill: #ffffff; stroke: #d1d9e0; }
.group { fill: #f6f8fa; stroke: #b7c0c9; }
.box { fill: #ffffff; stroke: #6e7781; }
.scaled { fill: #fff4e0; stroke: #bf8700; }
.summed { fill: #eaf4ff; stroke: #3b82c4; }
.made { fill: #eafbee; stroke: #2f8f46; }
.ink { fill: #1f2328; }
.muted { fill: #505963; }
.line { fill: none; stroke: #57606a; stroke-width: 1.5; }
.head { fill: #57606a; }
@media (prefers-color-scheme: dark) {
.panel { fill: #0d1117; stroke: #30363d; }
.group { fill: #161b22; stroke: #444c56; }
.box { fill: #1f252d; stroke: #8b949e; }
.scaled { fill: #332710; stroke: #d29922; }
.summed { fill: #10283f; stroke: #58a6ff; }
.made { fill: #12301b; stroke: #3fb950; }
.ink { fill: #e6edf3; }
.muted { fill: #aab3bd; }
.line { stroke: #aab3bd; }
.head { fill: #aab3bd; }
}
"""


def width_of(text: str, size: float, bold: bool = False) -> float:
    """Room for a line of text, in a wide font."""

    def ems(letter: str) -> float:
        if letter in _WIDTHS:
            return _WIDTHS[letter]
        if letter in _NARROW or letter in _WIDE:
            return 0.34 if letter in _NARROW else 1.0
        return 0.73 if letter.isupper() else 0.64

    return size * (_BOLD if bold else 1) * sum(map(ems, text))


def wrapped(text: str, size: float, room: float, lines: int = 9) -> list[str]:
    """``text`` in lines that fit into ``room``; what is beyond so many ends in an ellipsis."""
    letters = max(int(room / size / 0.5), 4)
    while True:
        found = textwrap.wrap(text, letters, max_lines=lines, placeholder=" …") or [""]
        if letters <= 4 or all(width_of(line, size) <= room for line in found):
            return found
        letters -= 1


class Canvas:
    """A picture of a given size.

    Parameters
    ----------
    width, height : in pixels, as it is shown at its own size.
    title : what it shows, for who does not see it.
    """

    def __init__(self, width: float, height: float, title: str):
        self.width, self.height, self.title = width, height, title
        self._shapes: list[str] = []

    def box(self, x: float, y: float, width: float, height: float, kind: str = "box") -> None:
        """A rectangle; ``kind`` is a class of the style."""
        size = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
        self._shapes.append(f'<rect class="{kind}" {size} rx="6"/>')

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 13,
        bold: bool = False,
        kind: str = "ink",
        anchor: str = "start",
        room: float | None = None,
    ) -> None:
        """A line of text with its baseline at ``y``. ValueError if it needs more than ``room``."""
        if room is not None and width_of(text, size, bold) > room:
            raise ValueError(f"{text!r} needs {width_of(text, size, bold):.0f}, there are {room:g}")
        weight = ' font-weight="600"' if bold else ""
        self._shapes.append(
            f'<text class="{kind}" x="{x:g}" y="{y:g}" font-size="{size:g}" '
            f'text-anchor="{anchor}"{weight}>{escape(text)}</text>'
        )

    def lines(
        self, x: float, y: float, lines: Iterable[str], step: float = 15, **how: object
    ) -> None:
        """Lines of text, one below the other."""
        for number, line in enumerate(lines):
            self.text(x, y + number * step, line, **how)  # type: ignore[arg-type]

    def arrow(self, points: Sequence[Point], head: bool = True) -> None:
        """A line through ``points`` with a head at its end."""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        self._shapes.append(f'<polyline class="line" points="{path}"/>')
        if head:
            (x0, y0), (x, y) = points[-2:]
            along = (x > x0) - (x < x0), (y > y0) - (y < y0)
            self._head(x, y, *along)

    def _head(self, x: float, y: float, dx: int, dy: int) -> None:
        """A triangle whose tip is at a point, in the direction of a line."""
        back = x - 8 * dx, y - 8 * dy
        sides = [(back[0] - 4 * dy, back[1] - 4 * dx), (back[0] + 4 * dy, back[1] + 4 * dx)]
        corners = " ".join(f"{a:g},{b:g}" for a, b in [(x, y), *sides])
        self._shapes.append(f'<polygon class="head" points="{corners}"/>')

    def svg(self) -> str:
        """The picture."""
        size = f'width="{self.width:g}" height="{self.height:g}"'
        view = f'viewBox="0 0 {self.width:g} {self.height:g}"'
        panel = f'x="0.5" y="0.5" width="{self.width - 1:g}" height="{self.height - 1:g}"'
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" {size} {view} role="img">',
                f"<title>{escape(self.title)}</title>",
                f"<style>{_STYLE}</style>",
                f'<rect class="panel" {panel} rx="10"/>',
                *self._shapes,
                "</svg>\n",
            ]
        )
