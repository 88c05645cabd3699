"""A terminal for a command: what was sent to it, and what then stands on its screen."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from dataclasses import dataclass

_PART = re.compile(r"\x1b\[([?\d;]*)([A-Za-z])|(\r)|(\n)|([^\x1b\r\n]+)|\x1b(.)")


@dataclass(frozen=True)
class Seen:
    """How a command ended, all that its terminal was sent, and what it printed elsewhere."""

    code: int
    sent: str
    piped: str

    @property
    def screen(self):
        return screen(self.sent)

    @property
    def cursor_is_shown(self):
        return self.sent.rfind("\x1b[?25h") >= self.sent.rfind("\x1b[?25l")


def seen(
    words, *, columns=80, pipe=False, when=None, number=signal.SIGINT, cwd=None, **environment
):
    """Run ``macsmith`` with ``words`` in a terminal; with ``pipe``, stdout goes elsewhere.

    As soon as the terminal was sent ``when``, the command gets the signal ``number``.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
    command = [sys.executable, "-P", "-m", "macsmith", *words]
    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=subprocess.PIPE if pipe else theirs,
        stderr=theirs,
        cwd=cwd,
        env={**kept, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8", **environment},
        start_new_session=True,
    ) as process:
        os.close(theirs)
        sent = b""
        ends = time.monotonic() + 300
        while time.monotonic() < ends:
            if select.select([ours], [], [], 0.1)[0]:
                try:
                    part = os.read(ours, 1 << 16)
                except OSError:  # Linux: nobody has the other end
                    break
                if not part:
                    break
                sent += part
                if when is not None and when.encode() in sent:
                    process.send_signal(number)
                    when = None
        piped = process.stdout.read().decode() if pipe else ""
        code = process.wait(timeout=60)
    os.close(ours)
    return Seen(code, sent.decode(), piped)


def screen(sent):
    """The lines that stand on a screen after it was sent ``sent``; colours are left out."""
    lines, row, column = [""], 0, 0
    for part in _PART.finditer(sent):
        argument, action, back, down, text, _ = part.groups()
        if text is not None:
            line = lines[row].ljust(column)
            lines[row] = line[:column] + text + line[column + len(text) :]
            column += len(text)
        elif back:
            column = 0
        elif down:
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif action == "A":
            row = max(row - int(argument or 1), 0)
        elif action == "K":
            lines[row] = "" if argument == "2" else lines[row][:column]
    while lines and not lines[-1].strip():
        lines.pop()
    return [line.rstrip() for line in lines]
