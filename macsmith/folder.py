"""Writes a folder of text files: all of it, or nothing; and touches nothing that is not ours."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from .golden.errors import DesignError, ToolFailed
from .tools.work import FULL, abandoned, no_room

MANIFEST = "manifest.json"

#: What has to be done with a scratch folder whose files are complete.
_JOURNAL = "journal.json"


def place(folder: Path) -> Path:
    """The absolute path of a folder to write, with ``~`` and links followed.

    Raises DesignError for a home that there is not, a loop of links, a name that is too long.
    """
    try:
        found = folder.expanduser()
        if found != folder and not Path(folder.parts[0]).expanduser().is_dir():
            raise DesignError(f"there is no home folder {folder.parts[0]}: {folder}")
        found = found.resolve()
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            found.stat()
    except DesignError:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise DesignError(f"cannot write the folder {_short(folder)}: {why}") from None
    return found


def check_target(folder: Path, *, force: bool = False) -> Path:
    """The absolute path of a folder that may be written.

    Raises DesignError if it is a file, if it has contents and ``force`` is not given or no
    manifest of macsmith's lists them, or if it is the current folder, the home folder or one that
    holds them.
    """
    target = place(folder)
    for keep, what in ((Path.cwd(), "current"), (_home(), "home")):
        if keep.resolve().is_relative_to(target):
            raise DesignError(f"the output needs a folder of its own, got the {what} one: {folder}")
    for path in (target, *target.parents):
        if path.exists() and not path.is_dir():
            what = "a file" if path.is_file() else "no folder"
            raise DesignError(f"the output must be a folder, but {path} is {what}")
    _recover(target)
    if target.exists() and any(target.iterdir()):
        if not force:
            raise DesignError(
                f"{folder} is not empty; choose another folder, or replace it: --force"
            )
        ours(target)
    return target


def ours(folder: Path) -> list[str]:
    """The files of ``folder`` that macsmith wrote, as its manifest lists them.

    Raises DesignError if there is no such manifest, or if a path that it lists leads out of the
    folder or to what is no file.
    """
    names = _listed(folder / MANIFEST)
    if names is None:
        raise DesignError(
            f"--force replaces only what macsmith wrote, and {folder} holds no {MANIFEST} of its"
        )
    for name in names:
        _check_inside(folder, name)
    return names


def _listed(path: Path) -> list[str] | None:
    """The files in a manifest; None unless it is one of macsmith's."""
    try:
        plain = path.is_file() and not path.is_symlink()
        found = json.loads(path.read_bytes()) if plain else {}
        listed = found["files"] if "macsmith" in found["tools"] else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        return None
    return listed if MANIFEST in listed else None


def _check_inside(folder: Path, name: str) -> None:
    """Raise DesignError unless ``name`` is a file or nothing, in ``folder`` and not by a link."""
    parts = PurePosixPath(name).parts
    if not parts or PurePosixPath(name).is_absolute() or ".." in parts or "\0" in name:
        raise DesignError(f"{folder / MANIFEST} lists what is not in its folder: {name!r}")
    above = [folder.joinpath(*parts[:count]) for count in range(1, len(parts))]
    for path in above:
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            raise DesignError(f"--force does not replace {path}, which macsmith did not write")
    path = folder / name
    if path.exists() and not path.is_symlink() and not path.is_file():
        raise DesignError(f"--force does not replace {path}, which macsmith did not write")


def make_folder(folder: Path) -> Path:
    """Make ``folder`` with its parents; DesignError if it cannot be, or cannot be written."""
    target = place(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=target):  # has no name that a killed process could leave
            pass
    except OSError as error:
        raise DesignError(
            f"cannot write the folder {_short(folder)}: {error.strerror or error}; choose another "
            "with -o"
        ) from None
    return target


def write_folder(
    folder: Path,
    files: Mapping[str, str | bytes],
    *,
    force: bool = False,
    stay: Iterable[str] = (),
    check: Callable[[Path], None] | None = None,
) -> Path:
    """Write ``files`` (relative path -> text or bytes) into ``folder``; returns its absolute path.

    They are written beside it, read back, given to ``check`` and then renamed into place. With
    ``force`` the files that the manifest there lists go, changed ones too, but for those that are
    to ``stay``; all others stay. Raises
    DesignError as :func:`check_target` does, if a file that is not listed is in the way, or if the
    place cannot be written; ToolFailed if what was written is not what can be read.
    """
    target = check_target(folder, force=force)
    old = ours(target) if target.exists() and any(target.iterdir()) else []
    for name in files:
        _check_inside(target, name)
        if name not in old and os.path.lexists(target / name):
            raise DesignError(
                f"{target / name} is in the way, and macsmith did not write it: move it"
            )
    try:
        with _parents(target), _scratch(target) as scratch:
            _write(scratch / "new", files)
            if check is not None:
                check(scratch / "new")
            _install(scratch, target, sorted({*old} - {*files, *stay}))
    except OSError as error:
        if error.errno in FULL:
            raise no_room(folder, error.strerror) from None
        raise DesignError(f"cannot write {folder}: {error.strerror or error}") from None
    return target


def _write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write ``files`` and read them back: some file systems tell only later what they lost."""
    for name, given in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(given, bytes):
            path.write_bytes(given)
        else:
            path.write_text(given, encoding="utf-8", newline="\n")
    for name, given in files.items():
        content = given if isinstance(given, bytes) else given.encode()
        if (folder / name).read_bytes() != content:
            raise ToolFailed(f"{folder / name} was not written whole: is the disk full?")


def _install(scratch: Path, target: Path, gone: Iterable[str]) -> None:
    """Move the complete files of ``scratch`` to ``target``, and remove those that are ``gone``."""
    if not target.exists():
        (scratch / "new").rename(target)
        return
    # From here on the work is ended, not undone: by us, or by the next that writes here.
    (scratch / "part").write_text(json.dumps(list(gone)), encoding="utf-8")
    (scratch / "part").rename(scratch / _JOURNAL)
    try:
        _finish(scratch, target)
    except KeyboardInterrupt:
        _finish(scratch, target)
        raise


def _finish(scratch: Path, target: Path) -> None:
    """What the journal of ``scratch`` says; done twice it does no harm. The manifest comes last."""
    gone = json.loads((scratch / _JOURNAL).read_text(encoding="utf-8"))
    new = [path.relative_to(scratch / "new") for path in (scratch / "new").rglob("*")]
    files = [name for name in new if (scratch / "new" / name).is_file()]
    for name in sorted(files, key=lambda name: str(name) == MANIFEST):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (scratch / "new" / name).replace(target / name)
    for name in gone:
        _check_inside(target, name)
        (target / name).unlink(missing_ok=True)
        for above in list((target / name).parents)[: len(PurePosixPath(name).parts) - 1]:
            with contextlib.suppress(OSError):
                above.rmdir()


def _recover(target: Path) -> None:
    """End what a process that was killed began beside ``target``; else remove what it left."""
    pattern = re.compile(re.escape(_prefix(target)) + r"(\d+)-[a-z0-9_]{8}")
    beside = target.parent.iterdir() if target.parent.is_dir() else ()
    with contextlib.suppress(PermissionError):
        for path in list(beside):
            match = pattern.fullmatch(path.name)
            if match and path.is_dir() and not path.is_symlink():
                if abandoned(path, int(match[1])):
                    if (path / _JOURNAL).exists() and target.is_dir():
                        _finish(path, target)
                    shutil.rmtree(path, ignore_errors=True)


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
def alone(folder: Path) -> Iterator[None]:
    """Nobody else who asks for that adds to ``folder`` meanwhile: the folder above it is locked.

    Where a file system has no locks, or the folder above cannot be read, all go on at once.
    """
    target = place(folder)
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):  # a place that cannot be written is told by what writes
            held.enter_context(_parents(target))
            above = os.open(target.parent, os.O_RDONLY)
            held.callback(os.close, above)
            fcntl.flock(above, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """A folder beside ``target``, on the same file system, that is gone afterwards."""
    prefix = f"{_prefix(target)}{os.getpid()}-"
    scratch = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
    try:
        (scratch / "new").mkdir(mode=0o777)
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _prefix(target: Path) -> str:
    """How the names of our folders beside ``target`` begin; a long name is cut."""
    return f".{os.fsdecode(os.fsencode(target.name)[:100])}.macsmith-"


def _home() -> Path:
    """The home folder, or where there is none the root of the file system."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")


def _short(folder: Path) -> str:
    """A path for a message: the end of a long one is left out."""
    text = str(folder)
    return text if len(text) <= 100 else f"{text[:97]}..."
