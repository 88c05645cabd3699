"""Emitted texts are kept: making one takes seconds, and depends on the design and our source alone.

A text is found by what it is made of, a digest of the package's source, and the versions of Python
and Amaranth. Code that is registered from outside the package may change unseen: with any of it,
nothing is kept.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from ...golden.description.choices import foreign
from ...tools import cache as entries
from ...tools import wasm, work

#: Whether texts are kept at all; tests that change code while it runs say no.
KEEPING = True

_PACKAGE = __name__.split(".")[0]
_FILE = "text"


def text(kind: str, parts: tuple[str, ...], make: Callable[[], str]) -> str:
    """What ``make`` gives for ``parts``, made once."""
    root = work.root()
    if not KEEPING or foreign() or not wasm.writable(root):
        return make()
    name = entries.key(kind, source(), *parts)

    def fill(folder: Path) -> None:
        (folder / _FILE).write_text(make(), encoding="utf-8")

    folder = entries.kept(root / "emitted" / name, fill)
    return (folder / _FILE).read_text(encoding="utf-8")


@cache
def source() -> str:
    """A digest of all that texts depend on beside the design."""
    found = hashlib.sha256(f"{sys.version_info[:2]} {version('amaranth')}".encode())
    for room in ("golden", "hw"):
        module = sys.modules[f"{_PACKAGE}.{room}"]
        for path in sorted(Path(str(module.__file__)).parent.rglob("*")):
            if path.suffix in (".py", ".toml", ".v", ".j2"):
                found.update(path.name.encode())
                found.update(path.read_bytes())
    return found.hexdigest()
