"""Parsers made of the data; errors are one line with the close names, no page of usage."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from .. import __version__
from .argument import Argument
from .commands import COMMANDS
from .design import DESIGN_GROUPS, DESIGN_WORD
from .help import command_help, main_help


class Parser(argparse.ArgumentParser):
    """Prints the pages of :mod:`macsmith.arguments.help`; raises DesignError for a wrong word."""

    def __init__(self, page: Callable[[], str] = main_help, **how: Any):
        super().__init__(allow_abbrev=False, **how)
        self._page = page
        # No option looks like a number: so -6,6 is a value as -6 is.
        self._negative_number_matcher = re.compile(r"-[\d.][\d.e+-]*(,.*)?$")

    def format_help(self) -> str:
        return self._page()

    def error(self, message: str) -> NoReturn:
        from ..golden.errors import DesignError

        raise DesignError(f"{message} (try: {self.prog} --help)")

    def _print_message(self, message: str, file: Any = None) -> None:
        # argparse's own hides that a disk is full.
        (file or sys.stderr).write(message or "")


def parser(command: str | None) -> Parser:
    """The command line's; only the arguments of ``command`` are filled in."""
    made = Parser(prog="macsmith")
    made.add_argument("--version", action="version", version=f"macsmith {__version__}")
    commands = made.add_subparsers(dest="command", parser_class=Parser)
    for name, item in COMMANDS.items():
        sub = commands.add_parser(name, page=lambda name=name: command_help(name))
        if name == command:
            add_arguments(sub, item.arguments)
    return made


def design_arguments(parser: argparse.ArgumentParser) -> None:
    """DESIGN and the options that override it, for a script's own parser."""
    options = (item for group in DESIGN_GROUPS for item in group.arguments)
    add_arguments(parser, (DESIGN_WORD, *options))


def add_arguments(parser: argparse.ArgumentParser, arguments: Iterable[Argument]) -> None:
    """Have ``parser`` take ``arguments``."""
    for item in arguments:
        how: dict[str, Any] = {"help": item.help.replace("%", "%%"), **item.how}
        if item.metavar is not None:
            how |= {"type": item.read, "metavar": item.metavar}
        parser.add_argument(*item.flags, **how)
