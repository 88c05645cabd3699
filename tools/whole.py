"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write(target: Path, content: bytes, mode: int | None = None) -> None:
    """Make ``content`` the file ``target``: nobody sees half of it, and a failure leaves nothing.

    ``mode`` are its permissions; those of any new file if None. Raises OSError.
    """
    handle, name = tempfile.mkstemp(prefix=".new-", dir=target.absolute().parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, 0o666 & ~_umask() if mode is None else mode)
        os.replace(name, target)
    finally:
        Path(name).unlink(missing_ok=True)


def _umask() -> int:
    """What a new file's mode leaves out."""
    found = os.umask(0)
    os.umask(found)
    return found
