"""Writes a folder of text files: all of it, or nothing."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from .golden.errors import DesignError


def check_target(folder: Path, *, force: bool = False) -> Path:
    """The absolute path of a folder that may be written.

    Raises DesignError if it is a file, if it has contents and ``force`` is not given, or if it is
    the current folder, the home folder or one that holds them: force would take them away.
    """
    target = folder.expanduser().resolve()
    for keep, what in ((Path.cwd(), "current"), (Path.home(), "home")):
        if keep.resolve().is_relative_to(target):
            raise DesignError(f"the output needs a folder of its own, got the {what} one: {folder}")
    for path in (target, *target.parents):
        if path.exists() and not path.is_dir():
            raise DesignError(f"the output must be a folder, but {path} is a file")
    if target.exists() and any(target.iterdir()) and not force:
        raise DesignError(f"{folder} is not empty; choose another folder, or replace it: --force")
    if target.exists() and any(target.iterdir()) and not (target / "manifest.json").is_file():
        raise DesignError(f"--force replaces only folders that hold a manifest.json, not {folder}")
    return target


def make_folder(folder: Path) -> None:
    """Make ``folder`` with its parents; DesignError if it cannot be, or cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DesignError(
            f"cannot write the folder {folder}: {error.strerror or error}; choose another with -o"
        ) from None


def write_folder(folder: Path, files: Mapping[str, str], *, force: bool = False) -> Path:
    """Write ``files`` (relative path -> text) as the whole contents of ``folder``.

    They are written beside it and renamed into place. With ``force`` an existing folder is
    replaced; until the new one stands it is kept. Returns the absolute path. Raises DesignError
    as :func:`check_target` does, or if the place cannot be written.
    """
    target = check_target(folder, force=force)
    try:
        with _parents(target), _scratch(target) as scratch:
            new, old = scratch / "new", scratch / "old"
            for name, text in files.items():
                path = new / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
            _swap(new, target, old)
    except OSError as error:
        raise DesignError(f"cannot write {folder}: {error.strerror or error}") from None
    return target


def _swap(new: Path, target: Path, old: Path) -> None:
    """Move ``target`` to ``old`` and ``new`` to ``target``; both moves or none."""
    existed = target.exists()
    try:
        if existed:
            target.rename(old)
        new.rename(target)
    except BaseException:
        if old.exists() and not target.exists():
            old.rename(target)
        raise


@contextlib.contextmanager
def _parents(target: Path) -> Iterator[None]:
    """Make the folders above ``target``; take them away again if the work does not succeed."""
    missing = [path for path in target.parents if not path.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for path in missing:
            with contextlib.suppress(OSError):
                path.rmdir()
        raise


@contextlib.contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """A folder beside ``target``, on the same file system, that is gone afterwards."""
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        (scratch / "new").mkdir(mode=0o777)
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
