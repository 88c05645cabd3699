"""How long a step will take: by its kind and size, as measured once and learned since.

What was learned here is a factor for each kind of step, kept in the cache: this machine, what else
it does, and what designs are made of make steps faster or slower than they were where they were
measured.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from .tools import whole, work
from .tools.progress import Step

#: Seconds of each kind of step: for itself, and for a million bytes of RTLIL.
MEASURED = {
    "build": (7.0, 18.0),
    "stalls": (2.5, 3.0),
    "bulk": (4.0, 24.0),
    "synth": (9.0, 14.0),
}

#: Steps that take a smaller share of what is expected were found in the cache: nothing is learned.
_FOUND = 0.25
#: The weight of what was learned last, and how far off the measured times may be.
_LAST, _FARTHEST = 0.5, 50.0


def path() -> Path:
    """Where factors are kept."""
    return work.root() / "times" / "factors.kept"


class Durations:
    """Expected times; what is learned is kept by :meth:`save`."""

    def __init__(self) -> None:
        self._factors: dict[str, float] = {}
        with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
            kept = json.loads(path().read_text(encoding="utf-8"))
            for kind in MEASURED:
                self._factors[kind] = _within(float(kept.get(kind, 1.0)))
        self._changed = False

    def expected(self, kind: str, size: int) -> float | None:
        """Seconds, or None for a kind of step of which nothing is known."""
        if kind not in MEASURED or not size:
            return None
        base, rate = MEASURED[kind]
        return (base + rate * size / 1e6) * self._factors.get(kind, 1.0)

    def left(self, step: Step, elapsed: float) -> float | None:
        """Seconds until ``step`` and those that follow it have ended; None if nobody knows."""
        times = [self.expected(kind, step.size) for kind in (step.kind, *step.then)]
        if times[0] is None:
            return None
        now = max(times[0] - elapsed, 0.0)
        return now + sum(time for time in times[1:] if time is not None)

    def learn(self, step: Step, seconds: float) -> None:
        """That ``step`` took ``seconds``."""
        expected = self.expected(step.kind, step.size)
        if expected is None or seconds < _FOUND * expected:
            return
        old = self._factors.get(step.kind, 1.0)
        new = old * seconds / expected
        self._factors[step.kind] = _within((1 - _LAST) * old + _LAST * new)
        self._changed = True

    def save(self) -> None:
        """Keep what was learned; a cache that cannot be written is no error."""
        if not self._changed:
            return
        with contextlib.suppress(OSError):
            path().parent.mkdir(parents=True, exist_ok=True)
            kept = {kind: round(factor, 3) for kind, factor in self._factors.items()}
            whole.write(path(), json.dumps(kept).encode())


def _within(factor: float) -> float:
    if not factor > 0:
        raise ValueError(f"a factor is positive, got {factor}")
    return min(max(factor, 1 / _FARTHEST), _FARTHEST)
