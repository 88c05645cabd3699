"""Judges mutants: the tests that execute a mutant's statement run in a fork with its source."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from .changes import Mutant
from .learned import Known, Learned
from .sessions import TIMES, Chosen, Tell, forked, limit, prepare, quick_hypothesis, run, warm
from .sources import Changed, Subject, compiled

#: What may become of a mutant.
KILLED, TIMED_OUT, SURVIVED, UNREACHED = "killed", "timed out", "survived", "not reached"
#: Of one that is known to change nothing that counts, which is not judged.
NO_FAULT = "no fault"
#: Files of tests in the first session of a fork, in its second, and so on; then all others.
_FILES = (1, 4, 16)

_Batch = list[tuple[Known, dict[str, float]]]


class Verdict(NamedTuple):
    """What became of a mutant, by which test, and how many tests were to run."""

    mutant: Mutant
    outcome: str
    test: str
    tests: int


class Court:
    """Judges mutants of a subject, whose ``sources`` are by file. Each test may compute for
    ``more`` seconds in addition to a multiple of what it takes without a change; ``most`` seconds
    of tests judge one, if that is not infinite: the quickest, by what they take without a change.
    """

    def __init__(
        self,
        subject: Subject,
        sources: dict[str, str],
        learned: Learned,
        build: Path,
        more: float,
        most: float,
    ):
        self._subject, self._sources = subject, sources
        self._learned, self._build, self._more = learned, build, more
        self._most = most
        #: Tests that have killed: whether they pass alone and without a change.
        self._sound: dict[str, bool] = {}

    def judge(self, mutant: Mutant) -> Verdict:
        """The verdict of all tests that may tell; none counts that fails without the change."""
        every = self._learned.of(mutant)
        if not every:
            return Verdict(mutant, UNREACHED, "", 0)
        while True:
            chosen = [
                (file, {test: s for test, s in tests.items() if self._sound.get(test, True)})
                for file, tests in quickest(every, self._most)
            ]
            outcome, test, ended = self._tried(chosen, mutant)
            if outcome == SURVIVED or not ended or self._is_sound(test, chosen):
                return Verdict(mutant, outcome, test, sum(len(tests) for _, tests in chosen))

    def _tried(self, chosen: _Batch, mutant: Mutant | None) -> tuple[str, str, bool]:
        """The outcome, what killed, and whether that is a test which may fail by itself."""
        ended = forked(lambda tell: self._sessions(chosen, mutant, tell))
        failed = next((rest[0] for kind, *rest in ended.told if kind == "failed"), None)
        last = ended.told[-1][1] if ended.told else ""
        if ended.signal in (signal.SIGVTALRM, signal.SIGKILL):
            return TIMED_OUT, last, False
        if failed is not None:
            return KILLED, failed, "::" in failed
        if ended.told and ended.told[-1][0] == "passed":
            return SURVIVED, "", False
        return KILLED, last, False  # the process died, or a file of tests cannot be read

    def _sessions(self, chosen: _Batch, mutant: Mutant | None, tell: Tell) -> None:
        if mutant is not None:
            source = mutant.source(self._sources[mutant.file])
            path = self._subject.root / mutant.file
            Changed(self._subject, {mutant.file: lambda: compiled(path, source)}).install()
        for batch in _batches(chosen):
            seconds = {test: s for _, tests in batch for test, s in tests.items()}
            paths = [file.file for file, _ in batch]
            tell(["session", paths[0]])
            limit(self._more + TIMES * sum(file.collecting for file, _ in batch))
            code = run(self._subject, self._build, paths, Chosen(seconds, self._more, tell))
            limit(0)
            if code not in (0, 5):  # passed; nothing left to run
                tell(["failed", f"exit code {code}"]) if code != 1 else None
                return
        tell(["passed", ""])

    def _is_sound(self, test: str, chosen: _Batch) -> bool:
        """Whether a test passes alone and without a change."""
        if test not in self._sound:
            alone = [(file, {test: tests[test]}) for file, tests in chosen if test in tests]
            self._sound[test] = self._tried(alone, None)[0] == SURVIVED
        return self._sound[test]


def judged(court: Court, mutants: list[Mutant], jobs: int, hear: Callable[[Verdict], None]) -> None:
    """Judges mutants by ``jobs`` processes at a time; ``hear`` gets each verdict as it comes."""
    tickets, results = os.pipe(), os.pipe()
    for number in range(len(mutants)):
        os.write(tickets[1], number.to_bytes(4, "little"))
    os.close(tickets[1])
    children = [_worker(court, mutants, tickets[0], results) for _ in range(jobs)]
    os.close(results[1])
    with os.fdopen(results[0], encoding="utf-8") as lines:
        for line in lines:
            number, *rest = json.loads(line)
            hear(Verdict(mutants[number], *rest))
    codes = [os.waitpid(child, 0)[1] for child in children]
    if any(codes):
        raise RuntimeError(f"a process that judges mutants ended with {codes}")


def _worker(court: Court, mutants: list[Mutant], tickets: int, results: tuple[int, int]) -> int:
    if child := os.fork():
        return child
    code = 1
    try:
        os.close(results[0])
        while ticket := os.read(tickets, 4):
            number = int.from_bytes(ticket, "little")
            line = json.dumps([number, *court.judge(mutants[number])[1:]])
            os.write(results[1], line.encode() + b"\n")
        code = 0
    finally:
        os._exit(code)


def quickest(chosen: _Batch, most: float) -> _Batch:
    """Tests of ``chosen`` that take ``most`` seconds together, from the first file on."""
    found = []
    for file, tests in chosen:
        most -= file.collecting
        kept = {}
        for test, seconds in sorted(tests.items(), key=lambda item: item[1]):
            if seconds > most:
                break
            kept[test] = seconds
            most -= seconds
        if kept:
            found.append((file, kept))
    return found


def _batches(chosen: _Batch) -> Iterator[_Batch]:
    rest = iter(chosen)
    for size in _FILES:
        if batch := list(islice(rest, size)):
            yield batch
    if batch := list(rest):
        yield batch


def court(
    subject: Subject,
    sources: dict[str, str],
    build: Path,
    progress: Any,
    only: list[str],
    **limits: float,
) -> Court:
    """A court in this process, which then has imported all that tests need of others; it hears
    ``only`` these files or folders of tests, if any are named. ``limits`` are Court's."""
    os.chdir(subject.root)
    prepare(build)
    quick_hypothesis()
    learned = Learned(subject, sources, build, progress, only)
    warm(learned.modules)
    prepare(build)
    return Court(subject, sources, learned, build, **limits)
