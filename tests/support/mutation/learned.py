"""Which tests execute which statement of a package, and how long each takes.

It is learned once for each file of tests and kept below the build folder, by a digest of what it
depends on.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from .changes import Mutant
from .sessions import Tell, forked, run
from .sources import Probes, Subject

_FORMAT = 1  # of what is kept
_SUFFIXES = (".py", ".toml", ".npy", ".json", ".h")


class Known(NamedTuple):
    """What is known of a file of tests.

    ``seconds`` says how long each takes, ``runs`` which probes it sets, ``collecting`` how many
    seconds go by until the first begins.
    """

    file: str
    collecting: float
    seconds: dict[str, float]
    runs: dict[str, frozenset[int]]


class Learned:
    """What is known of all files of a subject's tests.

    ``modules`` are what the tests have imported beside the repository's own; ``progress`` is
    called with a line for each file that is run, and of ``only``, if any, nothing else is.
    """

    def __init__(self, subject: Subject, sources: dict[str, str], build: Path, progress: Any,
                 only: list[str]):  # fmt: skip
        self._subject, self._build, self._progress = subject, build, progress
        self.probes = Probes(subject, sources)
        self._base = _digest(subject, sources)
        kept = [self._kept(path) for path in _test_files(subject, only)]
        self.modules = sorted({name for item in kept for name in item["modules"]})
        self.files = [_read(item) for item in kept]
        self._importing = {number for item in kept for number in item["importing"]}

    def of(self, mutant: Mutant) -> list[tuple[Known, dict[str, float]]]:
        """Files and their tests, with seconds, that execute a mutant's statement, the quickest
        file first. Where it runs at import, all others follow, first those that share words of
        their names with its file, or touch it."""
        number = self.probes.at(mutant.file, mutant.begin)
        direct = [] if number is None else self._that(lambda runs: number in runs)
        if number is not None and number not in self._importing:
            return direct
        seen = {test for _, tests in direct for test in tests}
        mine = frozenset(self.probes.of(mutant.file))
        touching = {file.file for file, _ in self._that(lambda runs: bool(runs & mine))}
        rest = [
            (file, {test: file.seconds[test] for test in file.seconds if test not in seen})
            for file in self.files
        ]
        near = {file.file: -len(_words(file.file) & _words(mutant.file)) for file, _ in rest}
        rest.sort(key=lambda item: (near[item[0].file], item[0].file not in touching, _cost(item)))
        return [*direct, *((file, tests) for file, tests in rest if tests)]

    def _that(
        self, wanted: Callable[[frozenset[int]], bool]
    ) -> list[tuple[Known, dict[str, float]]]:
        """Files and tests whose probes are as wanted."""
        answers: dict[frozenset[int], bool] = {}
        found = []
        for file in self.files:
            for runs in set(file.runs.values()) - set(answers):
                answers[runs] = wanted(runs)
            tests = {t: seconds for t, seconds in file.seconds.items() if answers[file.runs[t]]}
            if tests:
                found.append((file, tests))
        return sorted(found, key=_cost)

    def _kept(self, path: Path) -> dict[str, Any]:
        name = path.relative_to(self._subject.root).as_posix()
        key = hashlib.sha256(f"{self._base} {name} ".encode() + path.read_bytes()).hexdigest()
        place = self._build / "learned" / f"{key[:32]}.json"
        if not place.exists():
            begun = time.monotonic()
            learned = self._learn(name)
            self._progress(f"learned {name}: {time.monotonic() - begun:.0f} s")
            place.parent.mkdir(parents=True, exist_ok=True)
            whole = place.with_suffix(f".{os.getpid()}")
            whole.write_text(json.dumps(learned), encoding="utf-8")
            whole.replace(place)
        return json.loads(place.read_text(encoding="utf-8"))

    def _learn(self, name: str) -> dict[str, Any]:
        """A file of tests with probes; what fails counts as executing all that its file does."""
        ended = forked(lambda tell: self._probed(name, tell))
        told = {kind: rest for kind, *rest in ended.told}
        if ended.signal or "modules" not in told:
            raise RuntimeError(f"{name} cannot be run: signal {ended.signal}")
        ran = [rest for kind, *rest in ended.told if kind == "ran"]
        every = tuple(sorted({number for *_, hits in ran for number in hits}))
        sets: dict[tuple[int, ...], int] = {}
        runs = {
            test: sets.setdefault(tuple(hits) if passed else every, len(sets))
            for test, _, passed, hits in ran
        }
        return {
            "file": name, "collecting": told["begun"][0], "runs": runs, "sets": [*sets],
            "seconds": {test: seconds for test, seconds, *_ in ran},
            "importing": told["importing"][0], "modules": told["modules"][0],
        }  # fmt: skip

    def _probed(self, name: str, tell: Tell) -> None:
        before = set(sys.modules)
        self.probes.install()
        for file in _import_order(self._subject):
            importlib.import_module(self._subject.module(file))
        tell(["importing", _taken(self.probes.hits)])
        plugin = _Probed(tell, self.probes.hits)
        run(self._subject, self._build, [name], plugin)
        plugin.end()
        new = {module for module in set(sys.modules) - before if _foreign(module, self._subject)}
        tell(["modules", sorted(new)])


def _cost(item: tuple[Known, dict[str, float]]) -> float:
    return item[0].collecting + sum(item[1].values())


def _words(path: str) -> set[str]:
    return set(re.split(r"[/_.]", path))


class _Probed:
    """A plugin that tells which probes each test sets, how long it takes and whether it passes.

    What collection and fixtures set, which other tests may use, counts for all tests of the file.
    """

    stops = False

    def __init__(self, tell: Tell, hits: bytearray):
        self._tell, self._hits, self._begun = tell, hits, time.process_time()
        self._shared: set[int] = set()
        self._own: dict[str, tuple[float, bool, set[int]]] = {}

    def pytest_collection_finish(self) -> None:
        self._shared |= set(_taken(self._hits))
        self._tell(["begun", time.process_time() - self._begun])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: Any) -> Any:
        self._shared |= set(_taken(self._hits))
        begun, passed = time.process_time(), False
        try:
            result = yield
            passed = True
            return result
        finally:
            seconds = time.process_time() - begun
            self._own[item.nodeid] = seconds, passed, set(_taken(self._hits))

    def end(self) -> None:
        for test, (seconds, passed, own) in self._own.items():
            self._tell(["ran", test, seconds, passed, sorted(own | self._shared)])


def _taken(hits: bytearray) -> list[int]:
    """The probes that are set, which they are no longer."""
    found = [number for number, hit in enumerate(hits) if hit]
    hits[:] = bytes(len(hits))
    return found


def _read(kept: dict[str, Any]) -> Known:
    sets = [frozenset(numbers) for numbers in kept["sets"]]
    runs = {test: sets[number] for test, number in kept["runs"].items()}
    return Known(kept["file"], kept["collecting"], kept["seconds"], runs)


def _foreign(module: str, subject: Subject) -> bool:
    """Whether a module is neither the repository's nor a test."""
    file = getattr(sys.modules[module], "__file__", None) or ""
    inside = file.startswith(str(subject.root)) and "site-packages" not in file
    return bool(file) and not inside and not module.startswith(subject.package.split(".")[0])


def _import_order(subject: Subject) -> list[str]:
    found = (subject.root / subject.folder).rglob("*.py")
    return sorted(path.relative_to(subject.root).as_posix() for path in found)


def _test_files(subject: Subject, only: list[str]) -> Iterator[Path]:
    """Files of tests, all or those that are or lie in ``only``."""
    wanted = [subject.root / name for name in only or subject.tests]
    for folder in subject.tests:
        for path in sorted((subject.root / folder).rglob("test_*.py")):
            if any(path.is_relative_to(one) for one in wanted):
                yield path


def _digest(subject: Subject, sources: dict[str, str]) -> str:
    """Of all that tests depend on, but their own files and this package."""
    found = hashlib.sha256(f"{_FORMAT} {sys.version} {subject[1:]}".encode())
    for file, source in sorted(sources.items()):
        found.update(f"{file} {source}".encode())
    for folder in subject.around:
        for path in sorted((subject.root / folder).rglob("*")):
            own = path.is_relative_to(Path(__file__).parent)
            if path.suffix in _SUFFIXES and path.is_file() and not own:
                found.update(str(path.relative_to(subject.root)).encode() + path.read_bytes())
    for folder in subject.tests:
        for place in [subject.root / folder, *(subject.root / folder).parents]:
            if place.is_relative_to(subject.root) and (place / "conftest.py").exists():
                found.update((place / "conftest.py").read_bytes())
    return found.hexdigest()
