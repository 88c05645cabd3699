"""The picture of a roofline: vectors a second over the batch, below both of its roofs."""

from __future__ import annotations

from collections.abc import Sequence

from .figure import Figure, ticks
from .roofline import Machine, Times, Work

_KINDS = (("s0", "f0", "reached"), ("s1", "f1", "engines alone"), ("s2", "f2", "memory alone"))


def draw(work: Work, on: Machine, found: Sequence[Times]) -> str:
    """An SVG that stands alone."""
    name = on.hardware.name
    figure = Figure(f"{work.title} on {on.engines} × {name}", 720, 400, top=60, right=40)
    curves = [
        [item.rate for item in found],
        [item.vectors / item.compute for item in found],
        [item.vectors / item.memory for item in found],
    ]
    # The roofs may be far above; what is reached has the room.
    most = 1.6 * max(curves[0])
    figure.steps(
        [f"{item.vectors:,}" for item in found], ticks(0, most, 5), "vectors of activations",
        "vectors a second (more is better)",
    )  # fmt: skip
    for number, (line, mark, _) in reversed(list(enumerate(_KINDS))):
        points = [(place, value) for place, value in enumerate(curves[number])]
        inside = [(x, y) for x, y in points if y <= figure.top_value]
        dashed = " dashed" if number else " line"
        figure.line([(figure.x(x), figure.y(y)) for x, y in inside], line + dashed)
        for place, value in inside if number == 0 else ():
            told = f"{found[place].vectors} vectors: {value:,.4g} a second"
            figure.mark(place, value, mark, told)
    figure.text(20, 22, figure.title, bold=True, size=14)
    x = figure.left + 260
    for _, mark, title in _KINDS:
        figure.bar(x, figure.top - 20, 12, 12, mark, title)
        figure.text(x + 18, figure.top - 10, title, kind="muted")
        x += 130
    return figure.svg(alone=True)
