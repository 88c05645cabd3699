"""The tables of costs, in README and on the site, are those of docs/quality.csv, and that is of the
hardware as it is."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(*words):
    """A script of docs, and all that it printed."""
    command = [sys.executable, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")
    return done.returncode, done.stdout + done.stderr


def test_readme_shows_what_the_table_says():
    assert run("docs/costs.py", "--check") == (0, "")


@pytest.mark.parametrize("script", ["costs", "quality"])
def test_a_script_says_what_it_does(script):
    code, out = run(f"docs/{script}.py", "--help")
    assert code == 0 and "--check" in out


@pytest.mark.slow
def test_no_count_has_grown():
    """All of the table; ``docs/quality.py --check --brief`` is checked with every change."""
    code, out = run("docs/quality.py", "--check")
    assert code == 0, out
