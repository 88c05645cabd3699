"""What the golden model rounds, told to whoever watches: so coverage of results is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
import numpy.typing as npt

from .formats import Format

Array = npt.NDArray[Any]

#: Called with the name of a step, the format that it rounds to, and the values before that. Steps
#: are ``addend`` (a group's scaled sum), ``addition``, ``sum`` (on its way into the working
#: format), ``scale 0`` and so on (those at the end), ``output`` (the conversion).
Watcher = Callable[[str, Format, Array], None]

_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Tell ``watcher`` of every rounding inside the block.

    Values are float64: exact, or rounded to odd where 53 bits do not hold them.
    """
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


def watching() -> bool:
    """Whether anybody watches."""
    return _watcher.get() is not None


def tell(step: str, fmt: Format, values: Array) -> None:
    """Values that a step is about to round to ``fmt``."""
    if (watcher := _watcher.get()) is not None:
        watcher(step, fmt, np.asarray(values))
