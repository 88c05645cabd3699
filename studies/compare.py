"""Several designs at equal throughput: what each costs, moves and loses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..boards import Board, lookup
from ..boards.routing import checked, router_of
from ..golden.errors import DesignError
from ..library import cost
from ..report import Report
from ..tools.progress import Told, quiet
from .accuracy import Accuracy, Data, accuracy, bare, drawn
from .candidates import MOST, Candidate, Shape, equal, shapes, together
from .entries import Asked, Comparison, Entry, Point
from .prediction.foresee import report as foreseen


def compare(
    names: Sequence[str],
    board: Board | str = "u280",
    *,
    own: Data | None = None,
    progress: Told | None = None,
    **how: Any,
) -> Comparison:
    """Compare designs on a board at equal MACs a cycle, with the scale logic of each.

    Parameters
    ----------
    names : of engines, as :func:`macsmith.design` takes them.
    own : the user's data, beside those that are drawn.
    progress : is told each step as it begins.
    how : further fields of :class:`Asked`.

    Raises DesignError, ToolMissing, ToolFailed.
    """
    told = progress or quiet
    board = lookup(board) if isinstance(board, str) else board
    asked = Asked(_checked(names), board, **how)
    if asked.routes:  # what it would end in is said before the work
        checked(asked.seeds)
        router_of(board)
    sides = asked.rows, asked.cols, asked.lanes
    policies = asked.policies if asked.costs else asked.policies[:1]
    told("looking for a shape that serves all")
    tried = list(shapes(asked.macs, *sides))
    chosen = together(asked.names, asked.macs, asked.k, policies, board, tried)
    data = (*drawn(asked.k, asked.seed), *((own,) if own else ()))
    lost = {
        name: _lost(next(c for c in chosen if c.name == name), data, told) for name in asked.names
    }
    entries = []
    for item in chosen:
        report, more = _routed(asked, item, told) if asked.costs else (None, ())
        found, remarks = lost[item.name]
        entries.append(Entry(item, asked, found, report, (*remarks, *more)))
    points = _scaled(entries, told) if asked.costs and asked.scaling else ()
    return Comparison(asked, tuple(entries), data, tuple(points))


def _routed(asked: Asked, item: Candidate, told: Told) -> tuple[Report, tuple[str, ...]]:
    """What a design costs, routed if it is asked for; and why it is not, where it cannot be."""
    if not asked.routes:
        return _costed(asked, item, told), ()
    try:
        return cost(item.engine, asked.board, seeds=asked.seeds, progress=told), ()
    except DesignError as error:  # its part is too small: what it costs is known all the same
        report = _costed(asked, item, told)
        return report, (f"not routed under policy {item.policy}: {error.what}",)


def _costed(asked: Asked, item: Candidate, told: Told) -> Report:
    """What a design costs: synthesized, or foreseen."""
    if asked.fast:
        return foreseen(item.hardware, asked.board)
    return cost(item.engine, asked.board, progress=told)


def _checked(names: Sequence[str]) -> tuple[str, ...]:
    """Each name once; DesignError for none, and for more than anybody waits for."""
    found = tuple(dict.fromkeys(names))
    if not found:
        raise DesignError("name a design at least, such as mxfp4")
    if len(found) > MOST:
        raise DesignError(f"up to {MOST} designs are compared at a time, got {len(found)}")
    return found


def _lost(
    item: Candidate, data: Sequence[Data], told: Told
) -> tuple[dict[str, Accuracy | None], tuple[str, ...]]:
    """The accuracy of a design on each data, and what is to be known of it."""
    told(f"computing what {item.name} loses")
    found: dict[str, Accuracy | None] = {}
    remarks = []
    modes = item.engine.modes
    if len(modes) > 1:
        remarks.append(f"has {len(modes)} modes: cost of all, rate and error of the first")
    if sides := bare(modes[0]):
        path = "" if item.hardware.plan.serial else ", and no scale path is counted"
        remarks.append(
            f"no scales for its {' and '.join(sides)}: for the error an FP32 scale a row acts "
            f"outside of the engine{path}"
        )
    if item.options.partials:
        remarks.append(
            f"adds groups into {item.options.partials} partial sums, which the shape needs"
        )
    if approximate := item.hardware.approximate:
        remarks.append(f"approximate products ({', '.join(approximate)})")
    for one in data:
        try:
            found[one.name] = accuracy(item.engine, one)
        except DesignError as error:
            found[one.name] = None
            remarks.append(f"no error on {one.title}: {error.what}")
    return found, tuple(remarks)


def _scaled(entries: Sequence[Entry], told: Told) -> list[Point]:
    """Entries of the first policy at a quarter, half, and all of the lanes; where a design cannot
    have so few, without these."""
    found = []
    for entry in entries:
        asked, item = entry.asked, entry.candidate
        if item.policy != asked.policies[0]:
            continue
        rows, cols, lanes = item.shape
        for part in (4, 2):
            if lanes % part:
                continue
            shape: Shape = rows, cols, lanes // part
            try:
                fewer = equal(
                    item.name, asked.macs // part, shape, asked.k, item.policy, asked.board
                )
            except DesignError:
                continue
            report = _costed(asked, fewer, told)
            found.append(Point(entry.name, fewer, report, asked.exchange))
        assert entry.report is not None
        found.append(Point(entry.name, item, entry.report, asked.exchange))
    return found
