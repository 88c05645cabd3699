"""What is seen on a terminal: tables that fit it, and the progress of long work.

Both are plain text where nobody looks: a table is a line a row, progress is silent.
"""

from __future__ import annotations

import contextlib
import io
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from .durations import Durations
from .letters import shown
from .terminal import columns, has_colour, is_dumb, is_terminal, painted
from .tools.progress import Step, Told, quiet

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

#: Seconds before progress is shown, and of work of which it stays.
_SOON, _LONG = 0.4, 2.0


def console(stream: TextIO, **how: Any) -> Console:
    """rich's view of ``stream``, by our rules for colours and letters."""
    from rich.console import Console

    colour = has_colour(stream)
    return Console(
        file=stream,
        force_terminal=is_terminal(stream),
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        width=columns(),
        **how,
    )


def table(rows: Sequence[Sequence[str]], header: Sequence[str]) -> str:
    """Columns as wide as their widest cell, numbers to the right; no head without titles.

    On a terminal, cells that are too wide for it are wrapped between words; what is piped or
    redirected stays a line a row.
    """
    cells = [[shown(cell) for cell in row] for row in rows]
    titles = [*map(shown, header)]
    right = [bool(cells) and _numeric([row[i] for row in cells]) for i in range(len(titles))]
    if is_terminal(sys.stdout):
        return _on_terminal(cells, titles, right)
    widths = [max(len(row[i]) for row in [titles, *cells]) for i in range(len(titles))]

    def line(row: Sequence[str]) -> str:
        fitted = (
            cell.rjust(width) if r else cell.ljust(width)
            for cell, width, r in zip(row, widths, right, strict=True)
        )
        return "  ".join(fitted).rstrip()

    head = [line(titles), "  ".join("-" * width for width in widths)] if any(titles) else []
    return "\n".join([*head, *map(line, cells)])


def _numeric(column: Sequence[str]) -> bool:
    cells = [cell.strip("%×x~") for cell in column if cell not in ("", "–", "-")]
    return all(cell.replace(",", "").replace(".", "", 1).isdigit() for cell in cells)


def _on_terminal(cells: list[list[str]], titles: list[str], right: list[bool]) -> str:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    widths, gap = _fitted([titles, *cells], columns())
    made = Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, gap - 1, 0, 0),
        header_style="bold", border_style="dim", show_header=any(titles),
    )  # fmt: skip
    for number, (title, width, r) in enumerate(zip(titles, widths, right, strict=True)):
        made.add_column(
            Text(_broken(title, width)),
            style="" if number else "cyan",
            justify="right" if r else "left",
            overflow="fold",
            width=width,
        )
    for row in cells:
        made.add_row(*map(Text, row))
    return rendered(made)


def _fitted(rows: list[list[str]], room: int) -> tuple[list[int], int]:
    """Widths of columns and the gap between them that fit into ``room``.

    The widest column gives way first. Columns keep their longest word, a title may end a line at a
    slash; where that is not enough, columns come closer, and only then words are broken: of titles
    first.
    """
    sides = list(zip(*rows, strict=True))
    widths = [max(map(len, side)) for side in sides]
    body = [_longest_word(side[1:]) for side in sides]
    titles = [_longest_word([side[0].replace("/", "/ ")]) for side in sides]
    whole = [max(pair) for pair in zip(titles, body, strict=True)]
    few = [min(width, 4) for width in widths]
    for least, gap in ((whole, 2), (whole, 1), (body, 1), (few, 1)):
        while sum(widths) + gap * (len(widths) - 1) > room:
            column = max(range(len(widths)), key=lambda i: (widths[i] > least[i], widths[i]))
            if widths[column] <= least[column]:
                break
            widths[column] -= 1
        else:
            break
    return widths, gap


def _longest_word(cells: Sequence[str]) -> int:
    return max((len(word) for cell in cells for word in cell.split()), default=0)


def _broken(title: str, width: int) -> str:
    """A title in lines of ``width``."""
    lines = textwrap.wrap(title.replace("/", "/ "), width, break_on_hyphens=False)
    return title if len(title) <= width else "\n".join(lines)


def rendered(item: RenderableType) -> str:
    """What stdout shows of ``item``."""
    text = io.StringIO()
    view = console(sys.stdout, safe_box=True)
    view.file = text
    view.print(item)
    return "\n".join(line.rstrip() for line in shown(text.getvalue()).splitlines())


def paragraph(text: str, style: str = "") -> str:
    """``text`` with lines as wide as the terminal; what is piped stays one line."""
    if not is_terminal(sys.stdout):
        return text
    lines = textwrap.wrap(shown(text), columns(), break_on_hyphens=False, subsequent_indent="  ")
    return "\n".join(painted(line, style, sys.stdout) for line in lines)


@contextlib.contextmanager
def following(rounds: int = 1) -> Iterator[Told]:
    """Shows on stderr how far work is, if that is a terminal: its steps, each with its time.

    What is told to the value begins a step and ends the one before. Of work of more than two
    seconds the steps stay on the screen; of work that is broken off nothing does.

    Parameters
    ----------
    rounds : how often the same steps are gone through, for the time that is left.
    """
    if not is_terminal(sys.stderr):
        yield quiet
        return
    if is_dumb():
        yield lambda step: print(f"… {step}", file=sys.stderr, flush=True)
        return
    from rich.live import Live

    steps = Steps(rounds, sys.stderr.encoding or "ascii")
    view = console(sys.stderr)
    live = Live(
        console=view, get_renderable=steps.seen, transient=True, redirect_stdout=False,
        refresh_per_second=8,
    )  # fmt: skip
    try:
        live.start()
        yield steps.begin
        steps.end()
    finally:
        live.stop()
    if steps.elapsed > _LONG:
        view.print(steps.rows(), "")
    steps.durations.save()


class Steps:
    """The steps of some work: those that are done, the one under way, and what is left."""

    def __init__(self, rounds: int = 1, encoding: str = "utf-8"):
        self.durations = Durations()
        self._rounds = rounds
        self._begun = time.monotonic()
        self._done: list[tuple[str, float]] = []
        self._round: list[Step] = []
        self._now: tuple[Step, float] | None = None
        wide = encoding.lower().replace("-", "") == "utf8"
        self._spinner = "dots" if wide else "line"
        self._spun: Any = None

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._begun

    def begin(self, text: str) -> None:
        """The step before has ended, this one begins."""
        self.end()
        step = text if isinstance(text, Step) else Step(text)
        if step.kind == "emit":
            self._round = []
            self._rounds -= 1
        self._round.append(step)
        self._now = step, time.monotonic()

    def end(self) -> None:
        """The step under way has ended."""
        if self._now is None:
            return
        step, begun = self._now
        seconds = time.monotonic() - begun
        self._done.append((step, seconds))
        self.durations.learn(step, seconds)
        self._now = None

    @property
    def left(self) -> float | None:
        """Seconds until all is done, as expected."""
        if self._now is None:
            return None
        step, begun = self._now
        now = self.durations.left(step, time.monotonic() - begun)
        if now is None:
            return None
        kinds = [*(s.kind for s in self._round), *step.then]
        whole = sum(self.durations.expected(kind, step.size) or 0.0 for kind in kinds)
        return now + max(self._rounds, 0) * whole

    def seen(self) -> RenderableType:
        """What is on the screen: nothing as long as all may be done in a moment."""
        return "" if self.elapsed < _SOON else self.rows()

    def rows(self) -> RenderableType:
        """A line a step."""
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(no_wrap=True, overflow="ellipsis")
        grid.add_column(no_wrap=True, justify="right")
        grid.add_column(no_wrap=True)
        for text, seconds in self._done:
            grid.add_row(Text("✓", "green"), text, Text(f" {clock(seconds)}", "dim"), "")
        if self._now is not None:
            step, begun = self._now
            self._spun = self._spun or Spinner(self._spinner, style="cyan")
            told = Text(remaining(self.left), "cyan")
            grid.add_row(self._spun, str(step), f" {clock(time.monotonic() - begun)}", told)
        return grid


def clock(seconds: float) -> str:
    """A time in words: ``2.4 s``, ``1 min 5 s``."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def remaining(seconds: float | None) -> str:
    """What is left in words, no finer than it is known; nothing if it is not, or all is over."""
    if seconds is None or seconds < 0.5:
        return ""
    if seconds < 10:
        return f"about {max(round(seconds), 1)} s left"
    if seconds < 57.5:
        return f"about {5 * round(seconds / 5)} s left"
    return f"about {max(round(seconds / 60), 1)} min left"
