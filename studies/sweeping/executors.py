"""Who runs a sweep's processes: threads of this machine, or the workers of a Dask scheduler."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import cast

from ...golden.errors import ToolFailed, ToolMissing

#: Seconds that a scheduler has to answer.
ANSWER = 10


@contextmanager
def executor(cores: int, scheduler: str | None = None) -> Iterator[Executor]:
    """``cores`` threads, each of which waits for a process; or the workers that ``scheduler``
    (``tcp://host:8786``) has. ToolMissing without Dask, ToolFailed where nobody answers."""
    if scheduler is None:
        with ThreadPoolExecutor(cores) as threads:
            try:
                yield threads
            finally:
                threads.shutdown(wait=True, cancel_futures=True)
        return
    try:
        from distributed import Client
    except ImportError:
        raise ToolMissing(
            "schedulers are spoken to by the package distributed, which is not installed: "
            "pip install 'macsmith[sweeps]', or make .venv/sweeps"
        ) from None
    try:
        client = Client(scheduler, timeout=ANSWER)
    except (OSError, ValueError) as error:
        raise ToolFailed(f"no Dask scheduler answers at {scheduler}: {error}") from None
    with client:
        yield cast(Executor, client.get_executor(pure=False))
