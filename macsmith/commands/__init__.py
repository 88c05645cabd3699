"""One module a command: ``arguments(parser)`` and ``run(arguments) -> exit code``.

A command's module is imported when it is called: simulators and synthesizers take a while.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

#: name -> (module, what it does)
COMMANDS = {
    "list": ("names", "the formats, presets, boards, datapaths, flows and interfaces"),
    "generate": ("generate", "write a design's Verilog, testbench, scripts and manifest"),
    "verify": ("verify", "prove a design's hardware against the golden model"),
    "synth": ("synth", "verify, synthesize for a board, and print the cost"),
    "cost": ("cost", "synthesize Verilog of your own, and print its cost"),
    "explain": ("explain", "widths, units, latency and ports, stage by stage"),
    "diff": ("diff", "compare two designs: bits, streams, cost"),
    "cache": ("cache", "what is kept of earlier work: its size, and --clear"),
    "doctor": ("doctor", "check that everything needed is installed"),
}

#: Those that keep what they build.
BUILDING = ("generate", "verify", "synth", "cost", "diff")


def load(name: str) -> ModuleType:
    """The module of a command."""
    return import_module(f".{COMMANDS[name][0]}", __package__)
