"""Runs other programs so that they end when we end, however that is.

A program runs under a supervisor, a small Python process that leads a session of its own and reads
from a pipe whose other end only we hold. The kernel closes that pipe when we end, by SIGKILL too;
the supervisor then ends its whole session: the program and all that it started.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ..golden.errors import ToolFailed
from .work import no_room

# Python ignores SIGPIPE and SIGXFSZ, which the program must not inherit. What a program leaves
# running when it ends is ended with it; the supervisor itself ends as the program did.
_SUPERVISE = """
import os, signal, sys, threading
def watch():
    os.read(int(sys.argv[1]), 1)
    os.killpg(0, signal.SIGKILL)
child = os.fork()
if not child:
    for name in ("SIGPIPE", "SIGXFSZ"):
        signal.signal(getattr(signal, name), signal.SIG_DFL)
    os.close(int(sys.argv[1]))
    try:
        os.execvp(sys.argv[2], sys.argv[2:])
    except OSError as error:
        os.write(2, f"error: {sys.argv[2]}: {error.strerror}\\n".encode())
        os._exit(127)
threading.Thread(target=watch, daemon=True).start()
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.killpg(0, signal.SIGTERM)
if status < 0:
    if status != -signal.SIGKILL:
        signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)
os._exit(status)
"""


#: What programs say of a disk that takes no more.
_FULL = ("No space left on device", "Disk quota exceeded", "File too large", "file truncated")

_PROBE = 1 << 18


@contextlib.contextmanager
def started(command: Sequence[str], **how: Any) -> Iterator[subprocess.Popen[str]]:
    """``command``, running; ``how`` goes to Popen. No process of it outlives the block, or us, and
    its pipes are closed with it, whatever was read from them."""
    held, ours = os.pipe()
    try:
        try:
            process: subprocess.Popen[str] = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _SUPERVISE, str(held), *command],
                pass_fds=(held,),
                start_new_session=True,
                **how,
            )
        finally:
            os.close(held)
        try:
            yield process
        finally:
            _stop(process)
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe is not None:
                    with contextlib.suppress(BrokenPipeError):  # what it was not told any more
                        pipe.close()
    finally:
        os.close(ours)


def failure(text: str, folder: Path, said: str = "") -> ToolFailed:
    """The error of a program that worked in ``folder``: ``text``, or a full disk if that is why.

    ``said`` is what the program printed. Most programs that cannot write blame what they read.
    """
    found = next((words for words in _FULL if words.lower() in said.lower()), None) or full(folder)
    if found is None:
        return ToolFailed(text)
    return no_room(folder, found)


def full(folder: Path) -> str | None:
    """Why no file can be written into ``folder``; None if one can."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_PROBE))
    except OSError as error:
        return error.strerror
    return None


def _stop(process: subprocess.Popen[str]) -> None:
    """End the session that ``process`` leads, unless it has ended by itself."""
    if (status := process.poll()) is None or status < 0:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
