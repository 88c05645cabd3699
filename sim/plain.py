"""Plain names for folders whose paths make, a shell or a list of libraries would misread.

make cannot have a space or a ``$`` in a file's name, Verilator writes its paths into makefiles, and
``;`` divides the libraries that cocotb loads. Such a folder gets a link with a plain name.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from pathlib import Path

from ..golden.errors import ToolFailed

_PLAIN = re.compile(r"[A-Za-z0-9_./+-]+")


def plain(path: Path) -> Path:
    """``path``, absolute; or where its name is not plain, a link to it, which stays.

    Raises ToolFailed if there is no place for links.
    """
    path = path.absolute()
    if _PLAIN.fullmatch(str(path)):
        return path
    link = _links() / hashlib.sha256(os.fsencode(path)).hexdigest()[:20]
    if not (link.is_symlink() and os.readlink(link) == str(path)):
        new = link.with_name(f"{link.name}.{os.getpid()}")
        new.unlink(missing_ok=True)
        new.symlink_to(path)
        new.replace(link)
    return link


def _links() -> Path:
    """The user's folder of links: nobody else may write there."""
    # A step of the simulator has a temporary folder of its own, so that one comes last.
    roots = ("/tmp", "/var/tmp", tempfile.gettempdir())
    for root in filter(_PLAIN.fullmatch, roots):
        folder = Path(root) / f"macsmith-{os.getuid()}"
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            state = folder.lstat()
            if not folder.is_symlink() and state.st_uid == os.getuid() and not state.st_mode & 0o22:
                return folder
    raise ToolFailed(
        "Verilator needs a folder with a plain name (letters, digits, _./+-) for links to those "
        f"that have none, not one of {', '.join(dict.fromkeys(roots))}; set TMPDIR to one"
    )
