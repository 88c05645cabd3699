"""One module a command: ``run(arguments) -> exit code``.

A command's module is imported when it runs: simulators and synthesizers take a while. What it takes
stands in :mod:`macsmith.arguments.commands`.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from ..arguments.commands import COMMANDS


def load(name: str) -> ModuleType:
    """The module of a command."""
    return import_module(f".{COMMANDS[name].module}", __package__)
