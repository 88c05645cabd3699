"""Plain letters for what a terminal, or a tool that reads our files, may not know."""

from __future__ import annotations

import codecs
import re
import sys

#: What ASCII has instead of the letters that our texts use.
PLAIN = {
    "×": "x",
    "·": ".",
    "…": "...",
    "–": "-",
    "—": "-",
    "−": "-",
    "→": "->",
    "±": "+-",
    "∓": "-+",
    "≤": "<=",
    "≥": ">=",
    "π": "pi",
    "Φ": "Phi",
    "φ": "phi",
    "τ": "tau",
    "χ": "chi",
    "ᵀ": "^T",
    "Σ": "sum",
    "°": " degrees",
    "µ": "u",
    "✓": "*",
    "─": "-",
}
_POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_POWER = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")


def ascii_letters(text: str) -> str:
    """``text`` in ASCII: 4 × 2² is 4 x 2^2; a letter that we do not use is written as its code."""
    text = _POWER.sub(lambda match: "^" + match[0].translate(_POWERS), text)
    text = "".join(PLAIN.get(letter, letter) for letter in text)
    return text.encode("ascii", "backslashreplace").decode("ascii")


def use_plain_letters() -> None:
    """Have stdout and stderr write what their encoding lacks in plain letters, and never fail."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="macsmith")


def shown(text: str) -> str:
    """``text`` as stdout will show it, for columns of equal width."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "macsmith").decode(encoding, "surrogateescape")


def _instead(error: UnicodeError) -> tuple[str | bytes, int]:
    """What stands for the letters that could not be encoded, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    run = error.object[error.start : error.end]
    if "\udc80" <= run[0] <= "\udcff":
        # A byte of a file's name that was no text: it goes out as it came in.
        return bytes([ord(run[0]) - 0xDC00]), error.start + 1
    power = _POWER.match(run)
    taken = power[0] if power else run[0]
    return ascii_letters(taken), error.start + len(taken)


codecs.register_error("macsmith", _instead)
