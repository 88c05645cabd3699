"""Names of designs: their modules and files are called after them."""

from __future__ import annotations

import re

from ..errors import DesignError
from .keywords import KEYWORDS

#: The longest name of a design: files are called after it, with more before and behind.
NAME_LETTERS = 128


def check_name(name: str, what: str) -> None:
    """Raise DesignError unless ``name`` is a Verilog identifier; ``what`` it is of, such as ``an
    engine``."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise DesignError(
            f"{what}'s name is a Verilog identifier (letters, digits, _), got {name!r}"
        )
    if len(name) > NAME_LETTERS:
        raise DesignError(
            f"{what}'s name has at most {NAME_LETTERS} letters, got {len(name)}: {name[:20]}..."
        )
    if name in KEYWORDS:
        raise DesignError(f"{what}'s name must not be a Verilog keyword, got {name!r}")
