"""What descriptions of all kinds of designs have."""

from __future__ import annotations

from typing import Protocol

from .build import Target


class Design(Protocol):
    """What a design's description has, of whatever kind it is."""

    @property
    def name(self) -> str: ...

    @property
    def build(self) -> Target: ...
