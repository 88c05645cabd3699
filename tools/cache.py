"""Results kept by the content that they depend on, below ``build/cache`` or ``MACSMITH_CACHE``.

An entry is a folder named after a hash. It appears by one rename, when it is complete: work that is
interrupted leaves none, and of two processes that make the same entry the first one wins.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..golden.errors import MacsmithError
from . import digests, whole, work

_INDEX = "entry.json"


def root() -> Path:
    """Where entries are kept; relative to the current folder unless the environment says else."""
    return Path(os.environ.get("MACSMITH_CACHE") or Path("build") / "cache")


def key(*parts: str) -> str:
    """A hash of all parts, which no other list of parts has."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def load(kind: str, name: str) -> tuple[Path, dict[str, Any]] | None:
    """The folder and index of an entry; None if there is none, or it is not as it was stored."""
    folder = root() / kind / name
    if not digests.intact(folder):
        return None
    return folder, json.loads((folder / _INDEX).read_text(encoding="utf-8"))


def store(kind: str, name: str, index: dict[str, Any], files: Iterable[Path]) -> Path:
    """Copies ``files`` and the index into a new entry and returns its folder."""
    files = list(files)

    def make(folder: Path) -> None:
        for file in files:
            shutil.copyfile(file, folder / file.name)
        whole = {**index, "files": [file.name for file in files]}
        (folder / _INDEX).write_text(json.dumps(whole), encoding="utf-8")

    return kept(root() / kind / name, make)


def entry(
    kind: str, name: str, measure: Callable[[Path], tuple[dict[str, Any], Iterable[Path]]]
) -> tuple[Path, dict[str, Any]]:
    """The folder and index of an entry; ``measure`` makes the index and its files, in a folder of
    work, if there is none. What a failure leaves is kept as ``<name>.failed``.
    """
    found = load(kind, name)
    if found is None:
        failed = root() / kind / f"{name}.failed"
        with work.folder(name, failed.absolute()) as scratch:
            store(kind, name, *measure(scratch))
        found = load(kind, name)
        if found is None:
            raise MacsmithError(f"the cache must be readable, got nothing from {root()}")
    return found


def kept(target: Path, make: Callable[[Path], None]) -> Path:
    """The folder ``target``; ``make`` fills it if it does not exist, or is not as it was made.

    It is filled elsewhere and renamed: several processes may want it at once, the first to finish
    wins, and nobody sees half of it. What a failure leaves is kept as ``<target>.failed``.
    """
    if target.exists():
        if digests.intact(target):
            return target
        work.discard(target)
    with work.folder(target.name, target.with_name(f"{target.name}.failed")) as folder:
        make(folder)
        digests.seal(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.rename(target)
        except OSError:
            if not target.exists():
                raise
    return target


def copy(source: Path, target: Path) -> None:
    """Copies a file so that ``target`` is never half-written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    whole.write(target, source.read_bytes(), 0o644)
