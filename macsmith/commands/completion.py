"""Print a script that completes macsmith's words in a shell.

The script holds all names, so that a shell answers without Python; after an upgrade it is written
anew.
"""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

import jinja2

from .. import boards
from ..arguments.argument import Argument
from ..arguments.commands import COMMANDS, SHELLS, TOPICS
from ..designs import chain_presets, presets, requantizers, unit_presets
from ..golden.description.build import (
    ADDERS,
    BLOCKS,
    CARRIES,
    DATAPATHS,
    DIGIT_SUMS,
    DIGITS,
    FABRICS,
    FLOWS,
    INTERFACES,
    POLICIES,
)
from ..golden.description.output import NANS
from ..golden.description.stage import OVERFLOWS
from ..golden.description.unit import UNITS
from ..golden.errors import UnknownName
from ..golden.formats import ROUNDINGS, lookup, names
from ..golden.products import RULES
from ..mapped import FORMS
from ..wrappers import WRAPPERS

#: Kinds of names that are no names: files are looked for.
_FILES = ("file", "folder", "verilog")


def run(arguments: argparse.Namespace) -> int:
    if arguments.shell not in SHELLS:
        raise UnknownName("shell", arguments.shell, SHELLS)
    print(script(arguments.shell), end="")
    return 0


def script(shell: str) -> str:
    """The script for ``shell``."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent.parent / "templates"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"brief": brief, "quoted": shlex.quote, "zsh": _zsh}
    template = environment.get_template(f"completion.{shell}.j2")
    return template.render(commands=COMMANDS, names=kinds(), flags=_flags(), files=_FILES)


def kinds() -> Mapping[str, list[str]]:
    """What completes each kind of word."""
    # A constant is no element: it has no bits.
    formats, floats = [n for n in names() if lookup(n).bits], ["fp32", "bf16", "fp16"]
    halves = [*presets(), *(n for n in formats if n not in presets())]
    found: dict[str, Iterable[str]] = {
        "formats": formats,
        "designs": [*unit_presets(), *chain_presets(), *UNITS, *halves],
        "halves": halves,  # of a pair, around its x
        "accumulations": ["exact", "aligned", "int32", "int48", *floats],
        "outputs": ["raw", *formats],
        "requantizers": requantizers(),
        "boards": boards.names(),
        "topics": TOPICS,
        "shells": SHELLS,
        "products": RULES,
        "overflows": OVERFLOWS,
        "roundings": ROUNDINGS,
        "nans": NANS,
        "datapaths": DATAPATHS,
        "flows": FLOWS,
        "interfaces": INTERFACES,
        "carries": CARRIES,
        "digits": DIGITS,
        "digit_sums": DIGIT_SUMS,
        "policies": POLICIES,
        "adders": ADDERS,
        "blocks": BLOCKS,
        "fabrics": FABRICS,
        "netlists": FORMS,
        "wrappers": WRAPPERS,
    }
    return {kind: list(words) for kind, words in found.items()}


def _flags() -> dict[str, list[str]]:
    """Flags that take a value, by what completes it; ``""`` where nothing does."""
    found: dict[str, list[str]] = {}
    for command in COMMANDS.values():
        for item in command.arguments:
            if item.is_option and item.metavar:
                known = found.setdefault(item.names or "", [])
                known += [flag for flag in item.flags if flag not in known]
    return found


def brief(item: Argument) -> str:
    """An argument's sentence up to what explains it."""
    return re.split(r" \(|; |: see |,? such as ", item.help)[0]


def _zsh(item: Argument) -> str:
    """An option as zsh's ``_arguments`` takes it."""
    told = re.sub(r"([\[\]:])", r"\\\1", brief(item))
    value = ""
    if item.metavar:
        action = f" _macsmith_names {item.names}" if item.names else " "
        value = f":{item.metavar.replace(':', '-')}:{action}"
    repeated = "*" if item.how.get("action") == "append" else ""
    if len(item.flags) == 1:
        return shlex.quote(f"{repeated}{item.flags[0]}[{told}]{value}")
    return "{" + ",".join(item.flags) + "}" + shlex.quote(f"[{told}]{value}")
