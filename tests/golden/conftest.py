"""What the tests of the golden model share."""

from pathlib import Path

import pytest

from macsmith import golden

PRESETS = Path(__file__).parents[2] / "macsmith" / "presets"


@pytest.fixture(scope="session")
def preset():
    """name -> the engine of a file in macsmith/presets."""
    return lambda name: golden.load(PRESETS / f"{name}.toml")
