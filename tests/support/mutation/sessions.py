"""Sessions of pytest in forks of this process, which has imported what is not tested."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import select
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from .sources import Subject

#: A test may compute for so many times as long as without a change, and for some seconds more.
TIMES = 20
#: Seconds after which a fork is ended that does not compute, but sleeps.
PATIENCE = 1800
#: Bytes beyond what a fork has at first.
MEMORY = 4 << 30

Tell = Callable[[Any], None]


class Ended(NamedTuple):
    """What a fork told, and the signal that ended it, or 0."""

    told: list[Any]
    signal: int


def forked(work: Callable[[Tell], None]) -> Ended:
    """Runs ``work`` in a fork of this process, in silence; what it tells is read as JSON."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        _alone(write, work)
    os.close(write)
    text, until = b"", time.monotonic() + PATIENCE
    while select.select([read], [], [], max(until - time.monotonic(), 0))[0]:
        if not (part := os.read(read, 1 << 20)):
            break
        text += part
    else:
        os.kill(child, signal.SIGKILL)
    os.close(read)
    status = os.waitpid(child, 0)[1]
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # what it has started, if anything
    told = [json.loads(line) for line in text.split(b"\n")[:-1]]  # the last may be broken off
    if told and told[-1][0] == "error":
        raise RuntimeError(f"no test, but what runs it, fails: {told[-1][1]}")
    return Ended(told, os.WTERMSIG(status))


def _alone(write: int, work: Callable[[Tell], None]) -> None:
    """The life of a fork."""
    code = 1
    try:
        os.setsid()
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        used = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = used * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

        def tell(item: Any) -> None:
            _write(write, json.dumps(item).encode() + b"\n")

        try:
            work(tell)
            code = 0
        except Exception as error:
            tell(["error", repr(error)])
    finally:
        os._exit(code)


def _write(file: int, text: bytes) -> None:
    while text:
        text = text[os.write(file, text) :]


def limit(seconds: float) -> None:
    """From now on this process may compute for so long; SIGVTALRM ends it. 0: without end."""
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)


def prepare(build: Path) -> None:
    """Byte code goes below ``build``, and forks share what is there by now."""
    sys.pycache_prefix = str(build / "bytecode")
    for name in ("OPENBLAS", "OMP", "MKL"):
        os.environ[f"{name}_NUM_THREADS"] = "1"
    gc.collect()
    gc.freeze()


def warm(modules: Iterable[str]) -> None:
    """Imports what forks would import each; what cannot be imported alone is left."""
    for name in modules:
        with contextlib.suppress(Exception):
            __import__(name)


def quick_hypothesis() -> None:
    """Examples are the same each time, not shrunk, and without a deadline."""
    from hypothesis import HealthCheck, Phase, settings

    phases = (Phase.explicit, Phase.generate)
    settings.register_profile(
        "mutation", derandomize=True, database=None, deadline=None, phases=phases,
        suppress_health_check=list(HealthCheck), print_blob=False,
    )  # fmt: skip
    settings.load_profile("mutation")


def run(subject: Subject, build: Path, paths: list[str], plugin: object) -> int:
    """A session of pytest in this process, which stops at the first failure if ``plugin`` says so
    by its ``stops``: pytest's exit code."""
    temporary = build / f"temporary-{os.getpid()}"
    words = [
        *("-q", "--tb=no", "--assert=plain", "-m", "not slow", "--rootdir", str(subject.root)),
        *("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:faulthandler"),
        *("--basetemp", str(temporary), *(["-x"] if getattr(plugin, "stops", True) else [])),
    ]
    try:
        return int(pytest.main([*words, *paths], plugins=[plugin]))
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


class Chosen:
    """A plugin of pytest: runs tests that are named, the quickest first, each in limited time.

    ``seconds`` has the tests that run and how long they take, ``more`` is what each may compute in
    addition; ``tell`` hears of one that fails.
    """

    stops = True

    def __init__(self, seconds: dict[str, float], more: float, tell: Tell):
        self._seconds, self._more, self._tell = seconds, more, tell

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: Any, items: list[Any]) -> None:
        items[:] = [item for item in items if item.nodeid in self._seconds]
        items.sort(key=lambda item: self._seconds[item.nodeid])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Any:
        limit(TIMES * self._seconds[item.nodeid] + self._more)
        result = yield
        limit(0)
        return result

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self._tell(["failed", report.nodeid])
