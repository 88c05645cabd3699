"""Pictures as files."""

from __future__ import annotations

from pathlib import Path

from ..golden.errors import DesignError
from ..tools import whole
from .png import check_png, png


def check_picture(path: Path) -> Path:
    """``path`` if a picture may be written there. Raises DesignError in one line if not."""
    if path.suffix not in (".svg", ".png"):
        raise DesignError(f"a picture is a file that ends in .svg or .png, got {path}")
    if path.suffix == ".png":
        check_png()
    if path.exists() and not path.is_file():
        raise DesignError(f"a picture is a plain file, but {path} is none")
    if not path.absolute().parent.is_dir():
        raise DesignError(f"there is no folder {path.parent} for the picture {path.name}")
    return path


def write_picture(path: Path, svg: str) -> None:
    """Write all of a picture, or nothing, as its ending says; what was in the file is replaced."""
    whole.write(path, png(svg) if path.suffix == ".png" else svg.encode())
