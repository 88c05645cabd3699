"""The command line: ``macsmith list|generate|verify|synth|cost|explain|diff|cache|doctor``."""

from __future__ import annotations

import argparse
import re
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from . import __version__, ending
from .commands import BUILDING, COMMANDS, load
from .letters import use_plain_letters

if TYPE_CHECKING:
    from .golden.errors import MacsmithError

USAGE, MISMATCH = 2, 4


class _Parser(argparse.ArgumentParser):
    """Errors in one line, with the close names, instead of a page of usage."""

    def __init__(self, *rest: Any, **options: Any):
        super().__init__(*rest, **options)
        # No option looks like a number: so -6,6 is a value as -6 is.
        self._negative_number_matcher = re.compile(r"-[\d.][\d.e+-]*(,.*)?$")

    def error(self, message: str) -> NoReturn:
        from .golden.errors import DesignError

        raise DesignError(f"{message} (try: {self.prog} --help)")

    def _print_message(self, message: str, file: Any = None) -> None:
        # argparse's own hides that a disk is full.
        (file or sys.stderr).write(message or "")


def _parser(command: str | None) -> argparse.ArgumentParser:
    """The parser; only the options of ``command`` are filled in."""
    parser = _Parser(prog="macsmith", description=__doc__, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"macsmith {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for name, (_, summary) in COMMANDS.items():
        sub = commands.add_parser(name, help=summary, description=summary, allow_abbrev=False)
        if name == command:
            load(name).arguments(sub)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code.

    0 done, 1 failed, 2 wrong usage, 3 a tool is missing, 4 hardware and golden model differ; 128
    and its number for the signal that ended it, so 130 for Ctrl-C.
    """
    words = sys.argv[1:] if argv is None else argv
    return guarded(lambda: _run(words))


def guarded(run: Callable[[], int]) -> int:
    """The exit code of ``run``: an error of the user's, or Ctrl-C, is one line and no traceback."""
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
    command = next((word for word in words if not word.startswith("-")), None)
    if command is not None and command not in COMMANDS and words[0] == command:
        from .golden.errors import UnknownName

        raise UnknownName("command", command, COMMANDS)
    parser = _parser(command)
    arguments = parser.parse_args(words)
    if arguments.command is None:
        parser.print_help()
        return USAGE
    from .commands.common import advising, need_cache

    if arguments.command in BUILDING:
        need_cache()
    with advising(arguments):
        return int(load(arguments.command).run(arguments))


def _hush() -> None:
    """Hardware that was being built as the signal came is no news to whoever sent it."""
    unused = getattr(sys.modules.get("amaranth.hdl"), "UnusedElaboratable", None)
    if unused is not None:
        warnings.simplefilter("ignore", unused)


if __name__ == "__main__":
    sys.exit(main())
