"""Tables and help texts from the command line itself: ``listing`` and ``usage``."""

import json
import os
import subprocess
import sys

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

MACSMITH = [sys.executable, "-P", "-m", "macsmith"]


def printed(*words: str) -> str:
    """What a command prints, as wide as a page and without colours."""
    environment = {**os.environ, "COLUMNS": "88", "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(
        [*MACSMITH, *words], capture_output=True, encoding="utf-8", check=True, env=environment
    )
    return done.stdout


class Listing(SphinxDirective):
    """``macsmith list TOPIC`` as a table; ``only`` names columns, ``code`` those set as code."""

    required_arguments = 1
    option_spec = {"only": directives.unchanged, "code": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        rows = json.loads(printed("list", self.arguments[0], "--json"))
        columns = [c.strip() for c in self.options.get("only", "").split(",") if c.strip()]
        columns = columns or list(rows[0])
        code = {c.strip() for c in self.options.get("code", "name").split(",")}
        lines = [columns, ["---"] * len(columns)]
        lines += [[_cell(row[c], c in code) for c in columns] for row in rows]
        return self.parse_text_to_nodes("\n".join(f"| {' | '.join(line)} |" for line in lines))


def _cell(value: object, code: bool) -> str:
    text = str(value).replace("|", "\\|").replace("``", "`")
    return f"`{text}`" if code and text != "–" else text


class Usage(SphinxDirective):
    """``macsmith COMMAND --help`` as it is printed."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        text = printed(self.arguments[0], "--help")
        return [nodes.literal_block(text, text, language="text")]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("listing", Listing)
    app.add_directive("usage", Usage)
    return {"parallel_read_safe": True}
