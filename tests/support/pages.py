"""Runs what a page of the documentation shows, as written and in order, in a scratch folder.

``sh`` blocks are commands that must end well. ``console`` blocks are commands with what they print:
``...`` stands for any lines, or for the rest of one. A backslash continues a command on the next
line. ``python`` blocks share their names. A block with a caption is a file of that name. ``% slow``
before a block keeps it from everyday runs.

Columns may be as wide as they like, and rules between them are not compared.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parent.parent.parent
SITE = ROOT / "docs" / "site"

#: Whoever runs these runs them too.
SKIPPED = {"make test", "make docs"}

FENCE = re.compile(
    r"(?P<slow>^% slow\n)?^```"
    r"(?:(?P<plain>\w+)|\{code-block\} (?P<kind>\w+)\n:caption: (?P<file>[^\n]+)\n)\n"
    r"(?P<text>.*?)^```$",
    re.M | re.S,
)
RULES = re.compile("[\u2500-\u257f-]{2,}|[\u2500-\u257f|]")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Parameters
    ----------
    language, text : what it says.
    file : the file that it is; empty if it runs.
    slow : whether it takes long.
    line : of its text in the page.
    """

    language: str
    text: str
    file: str
    slow: bool
    line: int


def blocks(page: Path) -> list[Block]:
    """The blocks of a page that are files, or that run."""
    whole, found = page.read_text(encoding="utf-8"), []
    for match in FENCE.finditer(whole):
        language, file = match["plain"] or match["kind"], match["file"] or ""
        if file or language in ("sh", "console", "python"):
            line = whole.count("\n", 0, match.start("text")) + 1
            found.append(Block(language, match["text"], file, bool(match["slow"]), line))
    return found


def pages() -> list[Path]:
    """The pages of the site with something to run."""
    return [page for page in sorted(SITE.rglob("*.md")) if blocks(page)]


def environment() -> dict[str, str]:
    """That of commands: ours first, builds in the repository's cache, no colours."""
    own = Path(sys.executable).parent
    return {
        **os.environ,
        "PATH": f"{own}:{os.environ['PATH']}",
        "MACSMITH_CACHE": os.environ.get("MACSMITH_CACHE", str(ROOT / "build" / "cache")),
        "NO_COLOR": "1",
    }


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A command; make's own run where the Makefile is."""
    where = ROOT if command.startswith("make ") and " -C " not in command else folder
    return subprocess.run(
        command,
        shell=True,
        cwd=where,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
    )


def words(text: str) -> list[str]:
    """The lines of an output that say something, with single spaces and without rules."""
    lines = [" ".join(RULES.sub(" ", line).split()) for line in text.splitlines()]
    return [line for line in lines if line]


def agrees(shown: str, printed: str) -> bool:
    """Whether an output is what a page shows."""
    wanted = "\n".join(re.escape(line) for line in words(shown))
    pattern = re.sub(r"^\\\.\\\.\\\.$\n?", "(?:.*\n)*", wanted, flags=re.M)
    pattern = pattern.replace(r"\.\.\.", ".*")
    return re.fullmatch(pattern + "\n?", "\n".join(words(printed)) + "\n") is not None


def conversations(block: Block) -> list[tuple[str, str | None]]:
    """The commands of a block, each with what it prints where the block shows that."""
    lines = re.sub(r"\\\n *", "", block.text).splitlines()
    if block.language == "sh":
        return [(line, None) for line in lines if line.strip()]
    found: list[tuple[str, list[str]]] = []
    for line in lines:
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return [(command, "\n".join(lines)) for command, lines in found]


def play(page: Path, folder: Path, slow: bool) -> list[str]:
    """What goes wrong in a page; it ends with the first."""
    names = vars(sys.modules.setdefault("page", ModuleType("page")))
    (folder / "examples").symlink_to(ROOT / "examples")
    os.chdir(folder)
    for block in blocks(page):
        where = f"{page.name}:{block.line}"
        if block.file:
            (folder / block.file).write_text(block.text, encoding="utf-8")
        elif block.slow and not slow:
            continue
        elif block.language == "python":
            try:
                exec(compile("\n" * (block.line - 1) + block.text, str(page), "exec"), names)
            except Exception:
                return [f"{where}: {traceback.format_exc()}"]
        else:
            for command, wanted in conversations(block):
                if fault := tried(command, wanted, folder):
                    return [f"{where}: {fault}"]
    return []


def tried(command: str, wanted: str | None, folder: Path) -> str:
    """What goes wrong in a command; empty if it ends well and prints what is wanted."""
    if command in SKIPPED:
        return ""
    done = run(command, folder)
    if done.returncode:
        return f"exit code {done.returncode}: {command}\n{done.stdout}{done.stderr}"
    if wanted is not None and not agrees(wanted, done.stdout):
        return f"{command}\nshown:\n{wanted}\nprinted:\n{done.stdout}"
    return ""


def main() -> int:
    """Play the page that is given in the folder that is given."""
    faults = play(Path(sys.argv[1]).resolve(), Path(sys.argv[2]), "--slow" in sys.argv)
    print("\n".join(faults), end="")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
