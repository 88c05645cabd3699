"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import tempfile
from pathlib import Path

from .work import abandoned


def write(target: Path, content: bytes, mode: int | None = None) -> None:
    """Make ``content`` the file ``target``: nobody sees half of it, and a failure leaves nothing.

    What a process that was killed left of the same work is removed. ``mode`` are the file's
    permissions; those of any new file if None. Raises OSError.
    """
    folder, prefix = target.absolute().parent, f".new-{_short(target.name)}."
    _sweep(folder, prefix)
    handle, name = tempfile.mkstemp(prefix=f"{prefix}{os.getpid()}-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            # A process of another machine or container may have this one's number.
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX)
            file.write(content)
            file.flush()
            os.chmod(name, 0o666 & ~_umask() if mode is None else mode)
            os.replace(name, target)
    finally:
        Path(name).unlink(missing_ok=True)


def _sweep(folder: Path, prefix: str) -> None:
    """Remove what dead processes left in ``folder``."""
    pattern = re.compile(re.escape(prefix) + r"(\d+)-[a-z0-9_]{8}")
    with contextlib.suppress(OSError):
        for path in list(folder.iterdir()):
            match = pattern.fullmatch(path.name)
            if match and path.is_file() and not path.is_symlink():
                if abandoned(path, int(match[1])):
                    path.unlink(missing_ok=True)


def _short(name: str) -> str:
    """A file's name, cut so that more fits before and behind."""
    return os.fsdecode(os.fsencode(name)[:100])


def _umask() -> int:
    """What a new file's mode leaves out."""
    found = os.umask(0)
    os.umask(found)
    return found
