"""Design files with anything wrong: a design, or one line; what is taken can be written again."""

from pathlib import Path

import pytest
from fuzzed import called, examples, tried
from macsmith.golden.description.serialize import load
from odd_trees import WHOLE, files, trees

import macsmith
from macsmith import designs, from_toml, to_toml

PRESETS = Path(macsmith.__file__).parent / "presets"
ENGINES = {name: tree for name, tree in trees(PRESETS, "*.toml").items() if "/" not in name}
UNITS, CHAINS = trees(PRESETS / "units", "*.toml"), trees(PRESETS / "chains", "*.toml")


def explained(path):
    """Read a file as a command does; what it takes can be written and read again."""
    code, out, err = called(["explain", str(path)])
    assert code in (0, 2), err
    if code == 0:
        found = load(path, designs.design)
        again = from_toml(to_toml(found))
        assert again == found
    return code


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes each input to a file of the same name."""
    monkeypatch.chdir(tmp_path)

    def to(content):
        path = tmp_path / "odd.toml"
        path.write_bytes(content)
        return path

    return to


@examples(60, 3000)
def test_engines(count, write):
    tried(count, files(ENGINES), lambda content: explained(write(content)))


@examples(40, 2000)
def test_units(count, write):
    tried(count, files(UNITS), lambda content: explained(write(content)))


@examples(40, 2000)
def test_chains(count, write):
    tried(count, files(CHAINS), lambda content: explained(write(content)))


@pytest.mark.parametrize("content", WHOLE)
def test_whole_files(content, write):
    assert explained(write(content)) == 2
