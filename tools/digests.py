"""Digests of the files of a folder that is kept, so that a damaged one is not believed."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

INDEX = "digests.json"


def seal(folder: Path) -> None:
    """Write the digests of all files in ``folder`` beside them."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    found = {path.relative_to(folder).as_posix(): of(path) for path in files}
    (folder / INDEX).write_text(json.dumps(found, indent=0), encoding="utf-8")


def intact(folder: Path) -> bool:
    """Whether the files of ``folder`` are those that were sealed.

    A sealed folder with other contents is told in a line on stderr: it will be made anew.
    """
    index = folder / INDEX
    if not index.exists():
        return False
    try:
        sealed = json.loads(index.read_bytes())
        if all(of(folder / name) == digest for name, digest in sealed.items()):
            return True
    except (OSError, ValueError, AttributeError, RecursionError):
        pass
    print(f"macsmith: a damaged cache entry is made anew: {folder}", file=sys.stderr, flush=True)
    return False


def of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
