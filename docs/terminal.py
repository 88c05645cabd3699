"""Records a command in a terminal of 80 columns as a picture: docs/terminal.svg.

Run ``python docs/terminal.py``, which takes minutes: all is built anew but what the first call ever
builds, the simulator's library. The picture follows the reader's light or dark mode, and needs no
font from elsewhere.
"""

from __future__ import annotations

import argparse
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

from macsmith.golden.errors import ToolFailed
from macsmith.tools import work
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from macsmith.cli import guarded

COMMAND = "macsmith synth int4xint8 --board u280"
PICTURE = Path(__file__).parent / "terminal.svg"
COLUMNS = 80

#: Black, red, green, yellow, blue, magenta, cyan, white: of GitHub's two modes.
LIGHT = TerminalTheme(
    (246, 248, 250),
    (31, 35, 40),
    [(87, 96, 106), (207, 34, 46), (17, 99, 41), (77, 45, 0), (9, 105, 218), (130, 80, 223),
     (27, 124, 131), (110, 119, 129)],
)  # fmt: skip
DARK = TerminalTheme(
    (22, 27, 34),
    (230, 237, 243),
    [(110, 118, 129), (255, 123, 114), (63, 185, 80), (210, 153, 34), (88, 166, 255),
     (188, 140, 255), (57, 197, 207), (177, 186, 196)],
)  # fmt: skip

#: What rich fills in; the fonts are those of GitHub's own code.
FORMAT = """<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>TITLE</title>
<style>
.{unique_id}-matrix {{ font: {char_height}px ui-monospace, SFMono-Regular, "SF Mono", Menlo,
  Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; white-space: pre; }}
.{unique_id}-title {{ font: bold 16px system-ui, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}"
 height="{terminal_height}"/></clipPath>
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def recorded(words: list[str], cache: Path) -> str:
    """What a terminal shows of ``macsmith`` with ``words``, with its colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 60, COLUMNS, 0, 0))
    plain = {"NO_COLOR", "COLUMNS", "LINES"}
    environment = {name: text for name, text in os.environ.items() if name not in plain}
    environment |= {"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}
    environment |= {"MACSMITH_CACHE": str(cache)}
    sent = b""
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "macsmith", *words],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env=environment,
    ) as process:
        os.close(theirs)
        try:
            while part := os.read(ours, 1 << 16):
                sent += part
        except OSError:  # Linux: the command has ended
            pass
    os.close(ours)
    if process.returncode:
        raise ToolFailed(f"{' '.join(words)} failed: {sent.decode()}")
    # Progress was wiped off; the cursor is shown again before what stays.
    text = sent.decode().rpartition("\x1b[?25h")[2].replace("\r", "")
    return re.sub(r"\x1b\[[?\d;]*[A-Za-ln-z]", "", text).strip("\n")


def picture(text: str) -> str:
    """``text`` as SVG, in two modes."""
    modes = {}
    for name, theme in {"dark": DARK, "light": LIGHT}.items():
        view = Console(
            file=io.StringIO(), record=True, width=COLUMNS, force_terminal=True,
            color_system="truecolor", highlight=False, markup=False,
        )  # fmt: skip
        view.print(Text.assemble(("$ ", "dim"), (COMMAND, "bold")))
        view.print(Text.from_ansi(text))
        made = view.export_svg(title="", theme=theme, code_format=FORMAT, unique_id="macsmith")
        modes[name] = made.replace(
            f'fill="{theme.background_color.hex}" stroke="rgba(255,255,255,0.35)"',
            'class="macsmith-window"',
        )
    dark, light = _styles(modes["dark"], DARK), _styles(modes["light"], LIGHT)
    both = f"{dark}\n@media (prefers-color-scheme: light) {{\n{light}\n}}"
    whole = modes["dark"].replace(_rules(modes["dark"]), both).replace("TITLE", COMMAND)
    whole = re.sub(r' clip-path="url\(#macsmith-line-\d+\)"', "", whole)  # no line is too long
    whole = whole.replace("</text><text", "</text>\n<text")
    return re.sub(r"[ \t]+$", "", whole, flags=re.MULTILINE)


def _rules(svg: str) -> str:
    """The classes of colours."""
    return "\n".join(re.findall(r"^\.macsmith-r\d+ .*$", svg, re.MULTILINE))


def _styles(svg: str, theme: TerminalTheme) -> str:
    ground, edge = theme.background_color.hex, theme.ansi_colors[0]
    window = f".macsmith-window {{ fill: {ground}; stroke: rgb{tuple(edge)} }}"
    return f"{window}\n{_rules(svg)}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.parse_args()
    with work.folder("terminal") as folder:
        recorded(["synth", "int2xint2", "--rows", "1", "--cols", "1", "--lanes", "1"], folder)
        text = recorded(COMMAND.split()[1:], folder)
    PICTURE.write_text(picture(text), encoding="utf-8")
    print(PICTURE)
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
