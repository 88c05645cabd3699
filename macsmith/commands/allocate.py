"""Choose a design for each matrix of a model: the least loss or cost within limits."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from .. import boards
from ..golden.description.build import POLICIES
from ..golden.errors import DesignError, UnknownName
from ..studies.allocation.allocate import (
    BITS,
    LOSS,
    MS,
    SENSITIVITIES,
    SITES,
    Study,
    study,
)
from ..studies.allocation.choices import choices
from ..studies.allocation.costs import HARDWARE, LAYERS, SHARED, Target
from ..studies.allocation.judging import Judged, judge
from ..studies.allocation.problem import Allocation, Problem
from ..studies.allocation.solving import solve, sweep
from ..studies.allocation.tables import read_table
from ..studies.exchange import exchange
from ..tools.progress import Told
from ..tools.whole import write
from .common import check_file, following, paragraph, print_json, progress, table

#: Sums by option, those that a limit may be on.
SUMS = (LOSS, BITS, SITES, MS)

#: A relative gap that is float64's.
EXACT = 1e-9


def run(arguments: argparse.Namespace) -> int:
    _check(arguments)
    with following() as told:
        whole = _study(arguments, told)
        problem = read_table(arguments.work) if whole is None else whole.problem
        minimize, limits = arguments.minimize, _limits(arguments, problem)
        told("solving")
        found = solve(problem, minimize, limits)
        over = _over(arguments, limits)
        curve = sweep(problem, minimize, limits, over, arguments.pareto) if over else []
        judged = judge(whole, found, whole.rest, told) if whole and arguments.judge else []
    if arguments.out is not None:
        write(arguments.out, json.dumps({"designs": found.names}, indent=1).encode() + b"\n")
        progress(f"wrote {arguments.out}")
    if arguments.json:
        print_json(_told(whole, found, over, curve, judged))
    else:
        _print(whole, found, over, curve, judged)
    return 0


def _check(arguments: argparse.Namespace) -> None:
    for name, value, known in (
        ("sensitivity", arguments.sensitivity, SENSITIVITIES),
        ("hardware", arguments.hardware or LAYERS, HARDWARE),
        ("policy", arguments.policy, POLICIES),
    ):
        if value not in known:
            raise UnknownName(name, value, known)
    if arguments.judge and arguments.text is None:
        raise DesignError("--judge foresees a text: give --sensitivity text --text FILE")
    if arguments.out is not None:
        check_file("--out", arguments.out, ".json")
    if arguments.like is None and all(getattr(arguments, name) is None for name in SUMS):
        raise DesignError(
            f"nothing limits the choice: give --{BITS if arguments.minimize == LOSS else LOSS} "
            "NUMBER, or --as DESIGN for no more than that design has for all matrices"
        )


def _study(arguments: argparse.Namespace, told: Told) -> Study | None:
    """The problem of a model; None for a table of losses, which has all in it."""
    if arguments.work.suffix == ".csv":
        if arguments.designs:
            raise DesignError("a table names its own designs: leave them out")
        for name in ("hardware", "judge", "fast"):
            if getattr(arguments, name):
                raise DesignError(f"a table has its own sums: leave out --{name}")
        return None
    if not arguments.designs:
        raise DesignError("name designs to choose from, such as mxfp4 mxfp8_e4m3")
    chosen = choices(arguments.designs)
    if arguments.like is not None and arguments.like not in (names := [c.name for c in chosen]):
        raise UnknownName("design", arguments.like, names)
    if arguments.minimize not in SUMS:
        raise UnknownName("sum", arguments.minimize, SUMS)
    return study(
        arguments.work,
        chosen,
        sensitivity=arguments.sensitivity,
        text=arguments.text,
        tokens=arguments.tokens,
        block=arguments.block,
        target=_target(arguments),
        progress=told,
    )


def _target(arguments: argparse.Namespace) -> Target | None:
    """The hardware, where its sites or its time are asked for."""
    timed = arguments.ms is not None or arguments.minimize == MS
    counted = arguments.sites is not None or arguments.minimize == SITES
    if not (timed or counted or arguments.hardware):
        if arguments.fast:
            raise DesignError("--fast foresees sites: ask for them with --sites, --minimize sites "
                              "or --hardware")  # fmt: skip
        return None
    board = boards.lookup(arguments.board)
    return Target(
        board,
        arguments.hardware or (SHARED if timed else LAYERS),
        arguments.macs,
        arguments.policy,
        exchange(board) if arguments.dsp_sites is None else arguments.dsp_sites,
        arguments.clock,
        arguments.batch,
        arguments.fast,
    )


def _limits(arguments: argparse.Namespace, problem: Problem) -> dict[str, float]:
    """As they were given, and those of ``--as``."""
    found = {name: getattr(arguments, name) for name in SUMS}
    limits = {name: value for name, value in found.items() if value is not None}
    if arguments.like is not None:
        if arguments.like not in problem.choices:
            raise UnknownName("design", arguments.like, problem.choices)
        same = problem.uniform(problem.choices.index(arguments.like))
        if same is None:
            raise DesignError(f"{arguments.like} does not take every matrix: choose another --as")
        for name in problem.names:
            if name != arguments.minimize:
                limits.setdefault(name, problem.total(name, same))
    return limits


def _over(arguments: argparse.Namespace, limits: Mapping[str, float]) -> str | None:
    """The limit that the curve goes along: the first."""
    return next(iter(limits)) if arguments.pareto else None


def _told(
    whole: Study | None,
    found: Allocation,
    over: str | None,
    curve: list[Allocation],
    judged: list[Judged],
) -> dict[str, Any]:
    return {
        "minimized": found.minimized,
        "limits": dict(found.limits),
        "totals": dict(found.totals),
        "bound": found.bound,
        "gap": found.gap,
        "prices": dict(found.prices),
        "loss": None if whole is None else whole.unit,
        "uniform": {name: totals for name, totals in _uniform(found.problem)},
        "pareto": [dict(item.totals) for item in curve],
        "pareto_over": over,
        "judged": [
            {"name": j.name, "divergence": j.divergence, "perplexity": j.perplexity} for j in judged
        ],
        "notes": [] if whole is None else list(whole.notes),
        "designs": found.names,
    }


def _uniform(problem: Problem) -> Iterator[tuple[str, dict[str, float]]]:
    """Each choice that every item can have, with its sums."""
    for place, name in enumerate(problem.choices):
        if (same := problem.uniform(place)) is not None:
            yield name, {each: problem.total(each, same) for each in problem.names}


def _print(
    whole: Study | None,
    found: Allocation,
    over: str | None,
    curve: list[Allocation],
    judged: list[Judged],
) -> None:
    problem = found.problem
    within = " and ".join(f"{name} {_number(value)}" for name, value in found.limits.items())
    title = f"{len(problem.items)} items: the least {found.minimized} within {within}"
    print(paragraph(title, "bold"), end="\n\n")
    counts = Counter(found.names.values())
    print(table([(name, str(counts[name])) for name in problem.choices if counts[name]],
                ("design", "items")), end="\n\n")  # fmt: skip
    rows = [_row("allocation", found.totals, problem)]
    rows += [_row(f"all {name}", totals, problem) for name, totals in _uniform(problem)]
    print(table(rows, ("", *problem.names)), end="\n\n")
    print(paragraph(_proven(found), "green"))
    for name, price in found.prices.items():
        saved = _number(price * found.limits[name] / 100)
        print(paragraph(f"{name} binds: 1 % more of it saves about {saved} of {found.minimized}"))
    if whole is not None:
        print(paragraph(f"loss: {whole.unit}", "dim"))
        for note in whole.notes:
            print(paragraph(f"note: {note}", "yellow"))
    if curve:
        assert over is not None
        rows = [
            (_number(item.totals[over]), _number(item.totals[item.minimized])) for item in curve
        ]
        print()
        print(table(rows, (over, f"least {found.minimized}")))
    if judged:
        assert whole is not None
        print()
        rows = [(j.name, f"{j.divergence:.4f}", f"{j.perplexity:.2f}") for j in judged]
        header = "products", "divergence", f"perplexity of {len(whole.rest)} tokens"
        print(table(rows, header))


def _row(name: str, totals: Mapping[str, float], problem: Problem) -> tuple[str, ...]:
    return name, *(_number(totals[each]) for each in problem.names)


def _proven(found: Allocation) -> str:
    least = found.totals[found.minimized]
    if found.gap < EXACT:
        return f"proven: no choice has less {found.minimized}"
    return (
        f"proven: no choice has less than {_number(found.bound)} of {found.minimized}; this one "
        f"has {_number(least)}, {100 * found.gap:.2g} % more"
    )


def _number(value: float) -> str:
    """Four digits, or all of a large whole part."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
