"""Widths of streams as DMAs have them: one for all, or a width of its own for a stream."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import DesignError

#: The least and the greatest width of AXI-Streams for DMAs.
AXIS_WIDTHS = 32, 1024

#: What stands in a table for the streams that it does not name.
DEFAULT = "default"


@dataclass(frozen=True)
class Widths:
    """Streams with widths of their own.

    Parameters
    ----------
    default : bits of the streams that are not named; 0 leaves these as they are.
    streams : pairs of a stream's name and its bits, in the order of the names.
    """

    default: int
    streams: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        """As the option ``--axis-width`` has it."""
        first = [str(self.default)] if self.default else []
        return ",".join([*first, *(f"{name}={bits}" for name, bits in self.streams)])

    def table(self) -> dict[str, int]:
        """As TOML has it."""
        first = {DEFAULT: self.default} if self.default else {}
        return {**first, **dict(self.streams)}


def widths_of(given: object) -> int | Widths:
    """Widths as users write them: a number, a text such as ``64,weight=512``, or a table of streams
    and perhaps ``default``. Raises DesignError, or TypeError for what is none of these."""
    if isinstance(given, Widths) or (isinstance(given, int) and not isinstance(given, bool)):
        return given
    if isinstance(given, str):
        return _parsed(given)
    if not isinstance(given, Mapping):
        raise TypeError(f"axis-width must be a whole number, or widths of streams, got {given!r}")
    for name, bits in given.items():
        if not isinstance(name, str) or not isinstance(bits, int) or isinstance(bits, bool):
            raise TypeError(f"axis-width of {name} must be a whole number, got {bits!r}")
    if not given:
        raise DesignError("axis-width names no stream, got an empty table", {"axis_width": 64})
    return _made([(name if name != DEFAULT else "", bits) for name, bits in given.items()], given)


def _parsed(text: str) -> int | Widths:
    """``64``, ``64,weight=512`` or ``weight=512,result=128``."""
    found = []
    for part in text.split(","):
        name, equal, bits = part.rpartition("=")
        try:
            found.append((name.strip(), int(bits, 0)))
        except ValueError:
            found = []
        if not found or (equal and not name.strip()):
            raise DesignError(
                "axis-width must be a whole number, or widths of streams such as "
                f"64,weight=512,result=128, got {text!r}"
            )
    return _made(found, text)


def _made(pairs: list[tuple[str, int]], given: object) -> int | Widths:
    """Widths of these streams; that of no name is the default."""
    named: dict[str, int] = {}
    for name, bits in pairs:
        if name in named:
            what = f"the stream {name}" if name else "those that are not named"
            raise DesignError(f"axis-width has one width for {what}, got {given!r}")
        named[name] = bits
    default = named.pop("", 0)
    return Widths(default, tuple(sorted(named.items()))) if named else default


def check(width: object) -> None:
    """Raise DesignError unless ``width`` is a width that there is, or has such for each stream."""
    if isinstance(width, int) and not isinstance(width, bool):
        _check(width, "axis-width", near(width))
    elif isinstance(width, Widths):
        if width.default:
            _check(width.default, "axis-width", str(Widths(near(width.default), width.streams)))
        for name, bits in width.streams:
            right = Widths(width.default, _with(width.streams, name, name, near(bits)))
            _check(bits, f"axis-width of {name}", str(right))
    else:
        raise TypeError(f"axis-width must be a whole number, got {width!r}")


def _check(bits: int, what: str, right: int | str) -> None:
    least, most = AXIS_WIDTHS
    if not least <= bits <= most or bits & (bits - 1):
        raise DesignError(
            f"{what} must be a power of two from {least} to {most}, got {bits}",
            {"axis_width": right},
        )


def _with(
    pairs: tuple[tuple[str, int], ...], name: str, becomes: str, bits: int
) -> tuple[tuple[str, int], ...]:
    """``pairs`` with another in place of that of ``name``."""
    return tuple(sorted((becomes, bits) if pair[0] == name else pair for pair in pairs))


def near(bits: int) -> int:
    """The width that there is, and that is no less than ``bits`` if one is."""
    least, most = AXIS_WIDTHS
    return min(max(1 << max(bits - 1, 0).bit_length(), least), most)


def width_of(width: int | Widths, stream: str) -> int:
    """Bits of a stream; 0 where it stays as it is."""
    if isinstance(width, int):
        return width
    return dict(width.streams).get(stream, width.default)


def check_names(width: int | Widths, known: tuple[str, ...]) -> None:
    """Raise DesignError for a width of a stream that is not there."""
    if isinstance(width, int):
        return
    for name, bits in width.streams:
        if name not in known:
            near_ones = difflib.get_close_matches(name, known, 1)
            pairs = [_with(width.streams, name, close, bits) for close in near_ones]
            raise DesignError(
                f"axis-width names the stream {name!r}, and the design has {', '.join(known)}",
                *({"axis_width": str(Widths(width.default, pair))} for pair in pairs),
            )
