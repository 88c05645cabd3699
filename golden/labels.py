"""Names that users give to what is no module: formats; planes' codes and levels of scales."""

from __future__ import annotations

import re

from .errors import DesignError

_LABEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+ -]*")

#: The longest of them: tables and comments show them.
LABEL_LETTERS = 64


_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_field(name: object, what: str) -> None:
    """Raise DesignError unless ``name`` can be that of a field of a stream: letters, digits, _."""
    if not isinstance(name, str):
        raise TypeError(f"the name of {what} must be a string, got {name!r}")
    if not _FIELD.fullmatch(name) or len(name) > LABEL_LETTERS:
        raise DesignError(
            f"the name of {what} is made of up to {LABEL_LETTERS} letters, digits and _, and "
            f"begins with none of the digits; got {name!r}"
        )


def check_label(name: object, what: str) -> None:
    """Raise DesignError unless ``name``, of ``what``, is letters, digits, spaces and ``_ . + -``.

    Names stand in comments of Verilog, in Tcl, YAML and on terminals: none of these may take a
    part of one for a word of its own.
    """
    if not isinstance(name, str):
        raise TypeError(f"the name of {what} must be a string, got {name!r}")
    if len(name) > LABEL_LETTERS:
        raise DesignError(
            f"the name of {what} has at most {LABEL_LETTERS} letters, got {len(name)}: "
            f"{name[:20]!r}..."
        )
    if not _LABEL.fullmatch(name):
        raise DesignError(
            f"the name of {what} is made of letters, digits, spaces and _ . + -, and begins with "
            f"a letter, a digit or _; got {name!r}"
        )
