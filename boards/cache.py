"""Results kept by the content that they depend on, below ``build/cache`` or ``MACSMITH_CACHE``.

An entry is a folder named after a hash. It appears by one rename, when it is complete: work that is
interrupted leaves none, and of two processes that make the same entry the first one wins.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..tools import digests, work

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
    target = root() / kind / name
    files = list(files)
    with work.folder(name) as temporary:
        for file in files:
            shutil.copyfile(file, temporary / file.name)
        whole = {**index, "files": [file.name for file in files]}
        (temporary / _INDEX).write_text(json.dumps(whole), encoding="utf-8")
        digests.seal(temporary)
        if target.exists() and load(kind, name) is None:
            work.discard(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.rename(target)
        except OSError:
            if load(kind, name) is None:
                raise
    return target


def copy(source: Path, target: Path) -> None:
    """Copies a file so that ``target`` is never half-written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".new-", dir=target.parent)
    os.close(handle)
    try:
        shutil.copyfile(source, name)
        os.chmod(name, 0o644)
        os.replace(name, target)
    finally:
        Path(name).unlink(missing_ok=True)
