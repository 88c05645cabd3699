"""Registers that synthesis leaves as they are: of nets with the attribute ``keep``.

yosys looks for that attribute at the cell when it merges equal ones, and Amaranth writes it at the
net alone.
"""

from __future__ import annotations

import re

_KEPT = re.compile(r"attribute \\keep 1\n(?: *attribute .*\n)* *wire .*?(\\\S+)\n")
_REGISTER = re.compile(r"^( *)cell \$dff .*\n(?:.*\n)*?\1end\n", re.MULTILINE)
_OUTPUT = re.compile(r"connect \\Q (\\\S+)\n")
_MODULE = re.compile(r"^(?=module )", re.MULTILINE)


def kept_apart(rtlil: str) -> str:
    """``rtlil``, with the attribute at the registers too."""
    if r"attribute \keep 1" not in rtlil:
        return rtlil
    return "".join(map(_module, _MODULE.split(rtlil)))


def _module(text: str) -> str:
    names = set(_KEPT.findall(text))

    def marked(found: re.Match[str]) -> str:
        output = _OUTPUT.search(found[0])
        attribute = output is not None and output[1] in names
        return f"{found[1]}attribute \\keep 1\n" * attribute + found[0]

    return _REGISTER.sub(marked, text) if names else text
