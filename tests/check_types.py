"""Runs mypy on the package as it is installed: the folders under the name macsmith."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("golden", "hw", "sim", "boards", "tools", "models", "studies")
TYPED = tuple(f"macsmith.{name}" for name in (*ROOMS, "arguments", "commands", "drawing"))
SINGLE = (
    "macsmith.cli",
    "macsmith.designs",
    "macsmith.report",
    "macsmith.cost_lines",
    "macsmith.output",
    "macsmith.folder",
    "macsmith.driver",
)


def main() -> int:
    """Link the folders below build/types and check them; returns mypy's exit code."""
    package = ROOT / "build" / "types" / "macsmith"
    package.mkdir(parents=True, exist_ok=True)
    sources = {path.name: path for path in (ROOT / "macsmith").iterdir()}
    sources |= {name: ROOT / name for name in ROOMS}
    for name, target in sources.items():
        link = package / name
        if not link.exists():
            link.unlink(missing_ok=True)
            link.symlink_to(os.path.relpath(target, package))
    words = [sys.executable, "-m", "mypy"]
    for name in TYPED:
        words += ["-p", name]
    for name in SINGLE:
        words += ["-m", name]
    environment = {**os.environ, "MYPYPATH": str(package.parent)}
    return subprocess.call(words, cwd=ROOT, env=environment)


if __name__ == "__main__":
    sys.exit(main())
