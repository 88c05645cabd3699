"""The command line: one command runs, whatever happens ends in one line and an exit code."""

from __future__ import annotations

import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

from . import ending
from .arguments.commands import COMMANDS
from .arguments.parser import parser
from .commands import load
from .letters import use_plain_letters

if TYPE_CHECKING:
    from .golden.errors import MacsmithError

USAGE, MISMATCH = 2, 4


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code.

    0 done, 1 failed, 2 wrong usage, 3 a tool is missing, 4 hardware and golden model differ; 128
    and its number for the signal that ended it, so 130 for Ctrl-C.
    """
    words = sys.argv[1:] if argv is None else argv
    return guarded(lambda: _run(words))


def guarded(run: Callable[[], int]) -> int:
    """The exit code of ``run``: an error of the user's, or Ctrl-C, is one line and no traceback."""
    ending.whole_streams()
    use_plain_letters()
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        with ending.orderly():
            try:
                return run()
            finally:  # also after --help, which raises SystemExit
                sys.stdout.flush()
    except _told() as error:
        # What differs takes several lines; all else is one, whatever the user's own words hold.
        ending.say(str(error) if error.exit_code == MISMATCH else ending.one_line(str(error)))
        return error.exit_code
    except OSError as error:
        ending.mute()
        # A write to an open file, such as stdout, does not say which one it is.
        ending.say(
            ending.one_line(f"{error.filename or 'cannot write'}: {error.strerror or error}")
        )
        return 1
    except KeyboardInterrupt as error:
        _hush()
        known = error if isinstance(error, ending.Ended) else ending.Ended(signal.SIGINT)
        ending.say(f"{known}; no result was left half-written")
        return known.exit_code


def _told() -> tuple[type[MacsmithError], ...]:
    """Errors that are one line. Whatever raised one has loaded them: --help does without NumPy."""
    told = getattr(sys.modules.get(f"{__package__}.golden.errors"), "MacsmithError", None)
    return () if told is None else (told,)


def _run(words: Sequence[str]) -> int:
    if words and words[0] == "help":
        words = [*words[1:], "--help"]
    command = next((word for word in words if not word.startswith("-")), None)
    if command is not None and command not in COMMANDS and words[0] == command:
        from .golden.errors import UnknownName

        raise UnknownName("command", command, COMMANDS)
    chosen = parser(command)
    arguments, unknown = chosen.parse_known_args(words)
    if unknown:
        _refuse(unknown, arguments.command)
    if arguments.command is None:
        chosen.print_help()
        return USAGE
    from .commands.common import advising, need_cache

    if COMMANDS[arguments.command].builds:
        need_cache()
    with advising(arguments):
        return int(load(arguments.command).run(arguments))


def _refuse(words: Sequence[str], name: str | None) -> NoReturn:
    """Raise for words that a command does not take."""
    import difflib

    from .golden.errors import DesignError

    where, what = (f"macsmith {name}", f"{name} has") if name else ("macsmith", "there is")
    found = next((word for word in words if word.startswith("-")), words[0])
    if not found.startswith("-") and name and _takes_many(name):
        raise DesignError(f"{name} takes its words side by side: put {found!r} before the options")
    if not found.startswith("-"):
        raise DesignError(f"{name} takes no further word, got {found!r} (try: {where} --help)")
    found = found.partition("=")[0]
    known = [flag for item in COMMANDS[name].arguments for flag in item.flags] if name else []
    close = difflib.get_close_matches(found, [flag for flag in known if flag[0] == "-"], n=3)
    told = f"; close ones: {', '.join(close)}" if close else ""
    raise DesignError(f"{what} no option {found!r}{told} (try: {where} --help)")


def _takes_many(name: str) -> bool:
    return any(item.how.get("nargs") in ("*", "+") for item in COMMANDS[name].arguments)


def _hush() -> None:
    """Hardware that was being built as the signal came is no news to whoever sent it."""
    unused = getattr(sys.modules.get("amaranth.hdl"), "UnusedElaboratable", None)
    if unused is not None:
        warnings.simplefilter("ignore", unused)


if __name__ == "__main__":
    sys.exit(main())
