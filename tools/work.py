"""Folders for work under way, which are gone when it ends, however it ends.

Their names end in the process and a random word, such as ``ab12.4711-x0k2m9qz``. A process that is
killed leaves its folders; the next one that works beside them removes those of dead processes.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ..golden.errors import ToolFailed

#: What the system says of a disk that takes no more, or of a file that may not grow.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_NAME = re.compile(r".+\.(\d+)-[a-z0-9_]{8}")


def root() -> Path:
    """Below it lies everything that is kept: build/cache, or MACSMITH_CACHE; absolute."""
    return Path(os.environ.get("MACSMITH_CACHE") or "build/cache").resolve()


def no_room(folder: Path, why: str | None) -> ToolFailed:
    """The error of a disk that takes no more."""
    if folder.absolute().is_relative_to(root()):
        folder, why = root(), f"{why}; make room, or set MACSMITH_CACHE to another folder"
    return ToolFailed(f"cannot write below {folder}: {why}")


@contextlib.contextmanager
def folder(name: str, failed: Path | None = None) -> Iterator[Path]:
    """A new folder of this process's own, below ``root()``.

    Whoever wants to keep it renames it. What a failing tool leaves becomes ``failed``, so that its
    log can be read; the error names that folder then.
    """
    parent = root() / "work"
    parent.mkdir(parents=True, exist_ok=True)
    _sweep(parent)
    path = Path(tempfile.mkdtemp(prefix=f"{name}.{os.getpid()}-", dir=parent))
    held = os.open(path, os.O_RDONLY)
    try:
        # A process of another machine or container may have this one's number.
        with contextlib.suppress(OSError):
            fcntl.flock(held, fcntl.LOCK_EX)
        path.chmod(0o755)
        yield path
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise no_room(path, error.strerror) from None
    except ToolFailed as error:
        if failed is None:
            raise
        shutil.rmtree(failed, ignore_errors=True)
        failed.parent.mkdir(parents=True, exist_ok=True)
        path.rename(failed)
        raise ToolFailed(str(error).replace(str(path), str(failed))) from None
    finally:
        os.close(held)
        shutil.rmtree(path, ignore_errors=True)


def discard(entry: Path) -> None:
    """Remove what is kept as ``entry``: at once, for whoever looks."""
    with folder("damaged") as aside, contextlib.suppress(FileNotFoundError):
        entry.rename(aside / "entry")


@cache
def _sweep(parent: Path) -> None:
    """Remove what dead processes left in ``parent``; once a process."""
    for path in parent.iterdir():
        if is_dead(path):
            shutil.rmtree(path, ignore_errors=True)


def is_dead(path: Path) -> bool:
    """Whether ``path`` is a folder of work whose process has ended."""
    match = _NAME.fullmatch(path.name)
    whole = match is not None and path.is_dir() and not path.is_symlink()
    return whole and match is not None and abandoned(path, int(match[1]))


def abandoned(path: Path, process: int) -> bool:
    """Whether the process that made a folder or file ended: nobody has its number, or its lock."""
    with contextlib.suppress(ProcessLookupError, OverflowError):
        try:
            os.kill(process, 0)
        except PermissionError:
            pass
        return False
    held = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        pass
    finally:
        os.close(held)
    return True
