"""Chains in TOML and on the command line."""

import json
import subprocess

import pytest
from macsmith.golden.description.serialize import from_toml, to_toml
from macsmith.golden.errors import DesignError
from programs import needs_icarus

from macsmith import explain, generate
from macsmith.cli import main
from macsmith.designs import Options, design

TEXT = """
name = "rotated"
chain = [
    { unit = "hadamard", name = "turned", points = 16, lanes = 4, vectors = 4 },
    "int4xint12",
]
"""


@pytest.fixture
def chain(tmp_path):
    (tmp_path / "rotated.toml").write_text(TEXT)
    return tmp_path / "rotated.toml"


def test_a_chain_goes_to_toml_and_back(chain):
    found = design(str(chain))
    assert [part.name for part in found.parts] == ["turned", "int4xint12"]
    assert from_toml(to_toml(found)) == found
    longer = design(str(chain), Options(name="mine", interface="axis"))
    assert from_toml(to_toml(longer)) == longer and longer.name == "mine"
    assert design(str(chain), Options(interface="axis")).name == "rotated_axis"


def test_parts_may_be_files_beside_it(chain):
    outer = chain.parent / "outer.toml"
    part = to_toml(design("int4xint12", Options(name="product")))
    (chain.parent / "product.toml").write_text(part)
    outer.write_text(TEXT.replace('"int4xint12"', '"product.toml"'))
    assert design(str(outer)).parts[1].name == "product"


@pytest.mark.parametrize(
    "text, message",
    [
        ("chain = 3", "chain must be a list of designs, got 3"),
        ('chain = ["int4xint12"]', "chain needs the key 'name'"),
        ('name = "a"\nchain = ["int4xint12"]\nlanes = 3', "unknown key in chain 'lanes'"),
        ('name = "a"\nchain = ["int4xin12", "int4xint8"]', "unknown format 'in12'"),
        ('name = "a"\nchain = [{ unit = "hadamart" }, "int4xint8"]', "unknown unit 'hadamart'"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, text, message):
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(DesignError, match=message):
        design(str(tmp_path / "c.toml"))


def test_a_chain_that_names_itself_is_told(tmp_path):
    (tmp_path / "a.toml").write_text('name = "a"\nchain = ["b.toml", "int4xint8"]')
    (tmp_path / "b.toml").write_text('name = "b"\nchain = ["./a.toml", "int4xint8"]')
    with pytest.raises(DesignError, match="a.toml is a part of itself: name another design"):
        design(str(tmp_path / "a.toml"))


def test_options_of_parts_are_not_the_chains(chain):
    with pytest.raises(DesignError, match="--rows belongs to a part of rotated"):
        design(str(chain), Options(rows=3))


def test_commands_take_it(chain, capsys, tmp_path):
    assert main(["explain", str(chain), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["chain"] == ["turned", "int4xint12"] and told["macs_per_cycle"] == 64
    assert told["joins"] == [{"beats": 1, "become": 1, "cycles": 1, "values_kept": 0}]
    assert main(["generate", str(chain), "-o", str(tmp_path / "out")]) == 0
    held = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert [stream["name"] for stream in held["streams"]] == ["points", "weight", "result"]
    assert explain(from_toml((tmp_path / "out" / "design.toml").read_text())).name == "rotated"


@needs_icarus
def test_its_bench_passes(chain, tmp_path):
    made = generate(design(str(chain)), tmp_path / "out")
    command = ["make", "-C", str(made.folder / "tb"), "icarus"]
    said = subprocess.run(command, capture_output=True, text=True).stdout
    assert any(line.startswith("PASS") for line in said.splitlines()), said
