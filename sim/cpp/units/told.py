"""What the C++ of a unit is made from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Told:
    """A unit as a part of the library and its tables.

    Parameters
    ----------
    parts : of the library, each after those that it uses, beside those that all units have.
    algorithm : the class template there whose ``answer`` makes the beats of results; its argument
        is the struct of the tables.
    lines : the tables, members of that struct.
    """

    parts: tuple[str, ...]
    algorithm: str
    lines: tuple[str, ...]
