"""Show what is kept of earlier work, and remove it."""

from __future__ import annotations

import argparse
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ..golden.errors import ToolFailed
from ..tools import digests, work
from .common import print_json, table

#: Folders below the cache's, and what they hold.
KINDS = {
    "emitted": "RTLIL and Verilog of designs",
    "sim": "built simulators",
    "cxxrtl": "designs compiled for bulk simulation",
    "synth": "mapped netlists and their counts",
    "route": "routed designs",
    "bitstream": "bitstreams of routed designs",
    "objects": "compiled parts of Verilator's library",
    "yosys": "machine code of yosys and the routers",
    "times": "how long steps took, to tell what is left",
    "work": "work that never ended",
}

#: Ends of the names of what failed builds leave.
_FAILED = (".failed", ".failed_run")

#: What the wheels call the folders of their machine code.
_WHEEL = re.compile(r"yowasp_\w+|YoWASP")


def run(arguments: argparse.Namespace) -> int:
    root = work.root()
    found = {kind: list(_entries(root / kind)) for kind in KINDS}
    sizes = {kind: sum(map(_size, entries)) for kind, entries in found.items()}
    if arguments.clear:
        for entry in (entry for entries in found.values() for entry in entries):
            _remove(entry)
    if arguments.json:
        kinds = {k: {"entries": len(found[k]), "bytes": sizes[k]} for k in KINDS}
        print_json({"folder": str(root), "cleared": arguments.clear, "kinds": kinds})
        return 0
    rows = [
        [kind, str(len(found[kind])), f"{sizes[kind] / 1e6:,.1f}", what]
        for kind, what in KINDS.items()
    ]
    print(table(rows, ["kind", "entries", "MB", "what"]))
    done = "removed from" if arguments.clear else "in"
    print(f"\n{sum(sizes.values()) / 1e6:,.1f} MB {done} {root}")
    return 0


def _entries(folder: Path) -> Iterator[Path]:
    """What macsmith made in a folder of the cache; all else is not touched."""
    if not folder.is_dir() or folder.is_symlink():
        return
    for path in sorted(folder.iterdir()):
        ours = (path / digests.INDEX).is_file() or path.name.endswith((*_FAILED, ".kept"))
        if folder.name == "work":
            ours = work.is_dead(path)
        if ours or (folder.name == "yosys" and _WHEEL.fullmatch(path.name)):
            yield path


def _size(entry: Path) -> int:
    files = [entry] if entry.is_file() else entry.rglob("*")
    return sum(path.lstat().st_size for path in files if path.is_file())


def _remove(entry: Path) -> None:
    try:
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)
    except OSError as error:
        raise ToolFailed(f"cannot remove {entry}: {error.strerror or error}") from None
