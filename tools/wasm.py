"""Programs of the yowasp wheels: WebAssembly, which sees the folder that it works in alone."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def environment(folder: Path) -> dict[str, str]:
    """The environment of a program that works in ``folder``."""
    return {**os.environ, **compiled(), "TMPDIR": str(folder.absolute())}


def compiled() -> dict[str, str]:
    """Where wheels keep their machine code, if they could not where they would: no home folder.

    Compiling it takes longer than most runs.
    """
    import platformdirs

    if "YOWASP_CACHE_DIR" in os.environ:
        return {}
    with contextlib.suppress(RuntimeError):  # raised for a user whose home nobody knows
        theirs = Path(platformdirs.user_cache_dir("YoWASP", appauthor=False))
        if theirs.is_absolute() and writable(theirs):
            return {}
    ours = Path(os.environ.get("MACSMITH_CACHE") or "build/cache").resolve() / "yosys"
    # The wheel asks for the user's folder in any case.
    return {"YOWASP_CACHE_DIR": str(ours), "XDG_CACHE_HOME": str(ours)}


def writable(folder: Path) -> bool:
    """Whether ``folder`` is one that may be written, or could be made; it is not made."""
    folder = folder.absolute()
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
