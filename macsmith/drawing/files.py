"""Pictures as files."""

from __future__ import annotations

from pathlib import Path

from ..tools import whole
from .png import png


def write_picture(path: Path, svg: str) -> None:
    """Write all of a picture, or nothing, as its ending says; what was in the file is replaced."""
    whole.write(path, png(svg) if path.suffix == ".png" else svg.encode())
