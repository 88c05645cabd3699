"""Signals that end a command: its work is given up in order, and its output is said to be lost."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType

from .terminal import painted

#: Those that end a command; one that is ignored from the start (nohup) stays so.
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP")
                 if hasattr(signal, name))  # fmt: skip

#: Seconds in which a signal that comes again is the same wish: ``timeout`` sends two, and the
#: second would break off the clearing up.
_AGAIN = 3.0

#: Letters of the last line: what a user handed in stands in it, however long it is.
_LONGEST = 1000


class Ended(KeyboardInterrupt):
    """A signal wants the command to end."""

    def __init__(self, number: int):
        super().__init__(number)
        self.number = number

    @property
    def exit_code(self) -> int:
        """What a shell calls the end by this signal."""
        return 128 + self.number

    def __str__(self) -> str:
        interrupted = self.number == signal.SIGINT
        return "interrupted" if interrupted else f"ended by {signal.Signals(self.number).name}"


@contextlib.contextmanager
def orderly() -> Iterator[None]:
    """Within, a signal that ends the process raises :class:`Ended`; only in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    last = -_AGAIN

    def end(number: int, _: FrameType | None) -> None:
        nonlocal last
        before, last = last, time.monotonic()
        if last - before >= _AGAIN:
            raise Ended(number)

    kept = {number: signal.getsignal(number) for number in _SIGNALS}
    taken = [number for number, handler in kept.items() if handler is not signal.SIG_IGN]
    for number in taken:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, kept[number] or signal.SIG_DFL)


def whole_streams() -> None:
    """Give stdin, stdout and stderr that were closed a place to go.

    Without, Python has None for them, and the next file that is opened takes their number: what
    a child prints would be written into it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))


def say(text: str) -> None:
    """The last line on stderr, if there is somebody to read it."""
    with contextlib.suppress(OSError, ValueError):
        name = painted("macsmith:", "bold red", sys.stderr)
        print(f"{name} {text}", file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    """``text`` without what breaks a line or steers a terminal; a long one without its middle."""
    joined = " ".join(line.strip() for line in text.splitlines())
    plain = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in joined)
    if len(plain) <= _LONGEST:
        return plain
    # The end says what to do.
    return f"{plain[: _LONGEST // 2]} … {plain[-_LONGEST // 2 :]}"


def mute() -> None:
    """Drop what stdout holds if it cannot be written: Python would try again at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except ValueError:  # closed
        pass
