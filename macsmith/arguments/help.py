"""Help pages, as wide as the terminal but never wider than 80 columns."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable

from ..letters import shown
from ..terminal import WIDEST, columns, painted
from .argument import Group, option
from .commands import COMMANDS, GROUPS

#: The column at which sentences stand; an option that reaches it has a line of its own.
_COLUMN = 24
#: Of a narrow terminal.
_NARROW = 8

_ABOUT = (
    "Name two number formats and a shape: macsmith writes the Verilog of a MAC engine, proves it "
    "bit for bit equal to a NumPy golden model, and prints what it costs on an FPGA board."
)


def main_help() -> str:
    """The page of ``macsmith --help``."""
    rows = {
        title: [(name, COMMANDS[name].summary) for name in names] for title, names in GROUPS.items()
    }
    options = [
        ("-h, --help", "Show this page; macsmith COMMAND --help shows a command's options"),
        ("--version", "Show the version"),
    ]
    lines = [
        *_paragraph(_ABOUT),
        "",
        f"{_title('Usage')} macsmith COMMAND [OPTIONS]",
        "",
        *_hanging(f"{_title('Example')} ", f"macsmith {COMMANDS['synth'].examples[0]}", 9),
    ]
    for title, listed in {**rows, "Options": options}.items():
        lines += ["", _title(title), *_rows(listed, 16)]
    return "\n".join(lines) + "\n"


def command_help(name: str) -> str:
    """The page of ``macsmith NAME --help``."""
    command = COMMANDS[name]
    lines = [*_paragraph(f"{command.summary}."), ""]
    lines += _hanging(f"{_title('Usage')} ", f"macsmith {name} {command.usage}", 7)
    if len(command.examples) == 1:
        lines += ["", *_hanging(f"{_title('Example')} ", f"macsmith {command.examples[0]}", 9)]
    else:
        lines += ["", _title("Examples")]
        for example in command.examples:
            lines += _hanging("  ", f"macsmith {example}", 2)
    for group in _with_help(command.groups):
        lines += ["", *_group(group)]
    return "\n".join(lines) + "\n"


def _with_help(groups: Iterable[Group]) -> list[Group]:
    """All groups, with --help in the last."""
    *others, last = groups
    told = option("-h --help", None, "Show this page")
    if not last.title:
        return [*others, last, Group("Options", (told,))]
    return [*others, Group(last.title, (*last.arguments, told), last.about)]


def _group(group: Group) -> list[str]:
    rows = [(item.shown, item.help) for item in group.arguments]
    if not group.title:
        return _rows(rows, _COLUMN)
    about = [f"  {line}" for line in _paragraph(group.about, indent=2)] if group.about else []
    return [_title(group.title), *about, *_rows(rows, _COLUMN)]


def _width() -> int:
    return max(20, min(columns(), WIDEST))


def _title(text: str) -> str:
    return painted(f"{text}:", "bold", sys.stdout)


def _paragraph(text: str, indent: int = 0) -> list[str]:
    return _wrapped(shown(text), _width() - indent)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, 12), break_on_hyphens=False) or [""]


def _hanging(first: str, text: str, indent: int) -> list[str]:
    """``text`` behind ``first``, further lines under its beginning."""
    head, *more = _wrapped(shown(text), _width() - indent)
    return [first + head, *(" " * indent + line for line in more)]


def _rows(rows: Iterable[tuple[str, str]], column: int) -> list[str]:
    """Names, and their sentences in a column beside them, or below where the terminal is narrow."""
    if _width() < 3 * column:
        column = _NARROW
    lines = []
    for name, text in rows:
        told = _wrapped(shown(text), _width() - column)
        name = f"  {shown(name)}"
        space = " " * (column - len(name))
        told = [" " * column + line for line in told]
        if len(name) + 2 <= column:
            told[0] = _named(name) + space + told[0].lstrip()
        else:
            told.insert(0, _named(name))
        lines += told
    return lines


def _named(name: str) -> str:
    """An option's flags, or a command, in colour; the name of a value not."""
    found = re.match(r"  ((?:-\S+, )?\S+)(.*)", name)
    assert found is not None
    return f"  {painted(found[1], 'cyan', sys.stdout)}{found[2]}"
