"""README's tables of costs are those of the hardware as it is."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_readme_shows_what_things_cost():
    """The table of pairs alone is checked with every change."""
    result = subprocess.run(
        [sys.executable, "docs/costs.py", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
