"""Runs a sweep: what the store lacks, by any executor, each design in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...tools.processes import started
from ...tools.progress import Told, quiet
from .grid import Point
from .store import FAILED, Store

#: Processes of this one's threads, for whoever interrupts them.
_LIVE: set[subprocess.Popen[str]] = set()

#: Gigabytes of data that a design may take, and letters of what its processes said.
MEMORY, LOG = 4.0, 4000


@dataclass(frozen=True)
class Swept:
    """What a sweep did.

    Parameters
    ----------
    rows : of all points, in their order.
    kept : how many of them the store had.
    """

    rows: tuple[dict[str, Any], ...]
    kept: int

    def count(self, status: str) -> int:
        """Rows that went so."""
        return sum(row["status"] == status for row in self.rows)


def sweep(
    points: Sequence[Point],
    folder: Path,
    executor: Executor,
    *,
    memory: float = MEMORY,
    again: bool = False,
    progress: Told | None = None,
) -> Swept:
    """The row of every point; those that ``folder`` lacks are made and kept there.

    Parameters
    ----------
    executor : runs :func:`measured`; threads serve, for each starts a process.
    memory : gigabytes of data that a design may take.
    again : try those that failed before once more.

    What is done when it is interrupted stays: the next sweep goes on from there. Raises
    MacsmithError where the folder cannot be written.
    """
    told, store = progress or quiet, Store(folder)
    found = {point: row for point in points if (row := store.get(point, not again)) is not None}
    kept, missing = len(found), [point for point in points if point not in found]
    if kept:
        told(f"{kept} of {len(points)} rows are there")
    running: dict[Future[dict[str, Any]], Point] = {}
    try:
        for point in missing:
            running[executor.submit(measured, point, memory)] = point
        for done, future in enumerate(as_completed(running), 1):
            point = running[future]
            found[point] = future.result()
            store.put(point, found[point])
            told(f"{done} of {len(missing)}: {point.words}: {found[point]['status']}")
    except BaseException:
        for future in running:
            future.cancel()
        _stop()
        raise
    return Swept(tuple(found[point] for point in points), kept)


def measured(point: Point, memory: float = MEMORY) -> dict[str, Any]:
    """The row of a point, made in a process of its own; where that dies, a row that says so."""
    command = [sys.executable, "-P", "-m", f"{__package__}.worker", str(memory)]
    pipe: Any = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    with started(command, **pipe, encoding="utf-8", env=environment) as process:
        _LIVE.add(process)
        try:
            out, said = process.communicate(json.dumps(point.to_dict()))
        finally:
            _LIVE.discard(process)
    with contextlib.suppress(ValueError):
        row: dict[str, Any] = json.loads(out)
        return row
    lost = {"design": point.design, "board": point.board, **dict(point.options)}
    why = _ended(process.returncode, said, memory)
    return {**lost, "status": FAILED, "error": why, "log": said[-LOG:]}


def _stop() -> None:
    """End what threads wait for."""
    for process in list(_LIVE):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)


def _ended(status: int, said: str, memory: float) -> str:
    """Why a process gave no row."""
    if status < 0:
        return f"its process was ended by {signal.Signals(-status).name}"
    if "MemoryError" in said or "Cannot allocate" in said:
        return f"it takes more than {memory:g} GB: raise --memory"
    return f"its process ended with {status}"
