"""Every command, every Python block and every file that the site's pages show works as shown."""

import shutil
import subprocess
import sys

import pytest
from pages import SITE, Block, agrees, blocks, conversations, pages

PAGES = [page.relative_to(SITE).as_posix() for page in pages()]
SLOW = [name for name in PAGES if any(block.slow for block in blocks(SITE / name))]


#: Programs that pages use, and that macsmith does without.
OTHERS = {"tutorial.md": "iverilog"}


def play(name, folder, *words):
    """In a process of its own: pages register things."""
    if name in OTHERS and shutil.which(OTHERS[name]) is None:
        pytest.skip(f"{OTHERS[name]} is not installed: apt-get install {OTHERS[name]}")
    script = f"{SITE.parent.parent}/tests/support/pages.py"
    done = subprocess.run(
        [sys.executable, "-W", "error", script, SITE / name, folder, *words],
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.cases(1)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_works_as_it_is_written(name, build_folder):
    play(name, build_folder)


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_what_takes_long_works_too(name, build_folder):
    play(name, build_folder, "--slow")


def test_outputs_are_compared_word_by_word():
    printed = "a   b\n---  ---\n1    2\n\nthe end, at last\n"
    assert agrees("a b\n1 2\nthe end, at last", printed)
    assert agrees("a b\n...", printed) and agrees("...\nthe end, ...", printed)
    assert agrees("┃ a ┃ b ┃\n1 2\n...", printed)
    assert not agrees("a b\n1 2", printed) and not agrees("a b\n1 3\n...", printed)
    shown = Block("console", "$ x\n1\n2\n$ y\n", "", False, 1)
    assert conversations(shown) == [("x", "1\n2"), ("y", "")]
    assert conversations(Block("sh", "x \\\n    1\n\ny\n", "", False, 1)) == [
        ("x 1", None), ("y", None),
    ]  # fmt: skip


def test_no_block_is_overlooked():
    """Whatever is fenced in these languages runs, is a file, or is slow."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        fences = sum(text.count(f"```{language}\n") for language in ("sh", "console", "python"))
        fences += text.count("{code-block}")
        assert len(blocks(page)) == fences, page.name
