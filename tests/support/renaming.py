"""RTLIL with the names that the Verilog of it has, so that yosys finds what belongs together."""

from __future__ import annotations

import re

_NAME = re.compile(r"[\\$][^\s]+")


def renamed(rtlil: str, called: dict[str, dict[str, str]]) -> str:
    """``rtlil`` with the nets and instances of its modules called as ``called`` says.

    Nets that the Verilog does not have get names that it cannot have.
    """
    lines, module, kind = [], "", ""
    for line in rtlil.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "module":
            module = rest
        elif word == "cell":
            kind, name = rest.split(" ")
            line = f"cell {kind} {_new(name, called[module], name)}"
        elif word == "connect" and kind:
            port, _, value = rest.partition(" ")
            port = _all(port, called[kind]) if kind in called else port
            line = f"connect {port} {_all(value, called[module])}"
        elif word in ("wire", "connect", "assign", "switch", "memory"):
            line = _all(line, called[module])
        elif word == "end":
            kind = ""
        lines.append(line)
    return "\n".join(lines) + "\n"


def _new(name: str, names: dict[str, str], otherwise: str) -> str:
    return "\\" + names[name] if name in names else otherwise


def _all(text: str, names: dict[str, str]) -> str:
    return _NAME.sub(lambda match: _new(match[0], names, f"\\gone.{match[0][1:]}"), text)
