"""Cost many designs: a grid, kept row by row."""

from __future__ import annotations

import argparse
from collections import Counter

from ..folder import make_folder
from ..studies.sweeping.executors import executor
from ..studies.sweeping.export import ENDINGS, ready, save
from ..studies.sweeping.grid import points
from ..studies.sweeping.running import Swept, sweep
from ..studies.sweeping.store import COUNTED, FAILED, REFUSED
from .common import check_file, following, need_cache, paragraph, print_json, progress, table


def run(arguments: argparse.Namespace) -> int:
    given = points(arguments.grid)
    if arguments.table is not None:
        check_file("--table", arguments.table, *ENDINGS)
        ready(arguments.table)
    need_cache()
    folder = make_folder(arguments.output)
    with following(len(given)) as told, executor(arguments.cores, arguments.scheduler) as workers:
        found = sweep(
            given,
            folder,
            workers,
            memory=arguments.memory,
            again=arguments.again,
            progress=told,
        )
    if arguments.table is not None:
        save(found.rows, arguments.table)
        progress(f"wrote {arguments.table}")
    if arguments.json:
        print_json({"kept": found.kept, "rows": [dict(row) for row in found.rows]})
    else:
        _print(found)
    return int(found.count(FAILED) > 0)


def _print(found: Swept) -> None:
    count = {status: found.count(status) for status in (COUNTED, REFUSED, FAILED)}
    print(table([(status, str(many)) for status, many in count.items()], ("rows", "")))
    reasons = Counter(row["error"] for row in found.rows if row["status"] != COUNTED)
    for reason, many in reasons.most_common(10):
        print(paragraph(f"{many} ×: {reason}", "yellow"))
    print(paragraph(f"{found.kept} of {len(found.rows)} were kept from before", "dim"))
