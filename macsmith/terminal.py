"""What a stream can show: whether it is a terminal, how wide, and whether it knows colours.

``NO_COLOR`` turns colours off (https://no-color.org), and so does a terminal that calls itself
``dumb``. What is no terminal gets plain text.
"""

from __future__ import annotations

import os
import shutil
from typing import TextIO

#: Codes of ECMA-48, by the names that rich has for them.
_CODES = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "cyan": 36}

#: Help and messages are no wider, for longer lines are hard to read.
WIDEST = 80


def is_terminal(stream: TextIO) -> bool:
    """Whether somebody looks at ``stream``."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):  # none, or closed
        return False


def is_dumb() -> bool:
    """Whether terminals here only write line after line."""
    return os.environ.get("TERM", "") in ("dumb", "unknown")


def has_colour(stream: TextIO) -> bool:
    """Whether ``stream`` is a terminal that shows colours."""
    return is_terminal(stream) and not is_dumb() and not os.environ.get("NO_COLOR")


def columns() -> int:
    """The width of the terminal, or of ``COLUMNS``; 80 where nobody knows."""
    return shutil.get_terminal_size().columns


def painted(text: str, style: str, stream: TextIO) -> str:
    """``text`` in a style such as ``bold cyan``, if ``stream`` shows colours."""
    if not text or not style or not has_colour(stream):
        return text
    codes = ";".join(str(_CODES[name]) for name in style.split())
    return f"\x1b[{codes}m{text}\x1b[0m"
