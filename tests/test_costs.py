"""The tables of costs, in README and on the site, are those of the hardware as it is."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_tables_show_what_things_cost():
    """The table of pairs alone is checked with every change."""
    result = subprocess.run(
        [sys.executable, "docs/costs.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
