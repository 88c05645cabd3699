"""Folders that WebAssembly yosys can see: below the repository's build folder."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
os.environ.setdefault("MACSMITH_CACHE", str(ROOT / "build" / "cache"))


@pytest.fixture
def build_folder(request):
    """An empty folder of the test's own, removed unless the test fails."""
    name = "".join(c if c.isalnum() else "_" for c in request.node.nodeid)[-100:]
    folder = ROOT / "build" / "tests" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
