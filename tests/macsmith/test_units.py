"""Units on the command line and in TOML, as engines are."""

import json
import subprocess

import pytest
from macsmith.golden.description.serialize import from_toml, to_toml
from macsmith.golden.errors import DesignError
from macsmith.golden.units import Hadamard
from programs import needs_icarus

from macsmith import cost, explain, generate, lookup
from macsmith.cli import main
from macsmith.designs import Options, design


def test_a_unit_goes_to_toml_and_back():
    for given in ({}, {"points": 128, "format": lookup("bf16"), "normalize": "multiplied"}):
        unit = Hadamard(name="turned", lanes=8, **given)
        assert from_toml(to_toml(unit)) == unit
    assert to_toml(unit).startswith('unit = "hadamard"\n')


@pytest.mark.parametrize(
    "text, message",
    [
        ('unit = "hadamart"\nname = "a"', "unknown unit 'hadamart'; close ones: hadamard"),
        ('unit = "hadamard"\nname = "a"\npoint = 3', "unknown key in hadamard 'point'"),
        ('unit = "hadamard"', "hadamard needs the key 'name'"),
        ('unit = "hadamard"\nname = "a"\npoints = "x"', "points must be of type int, got 'x'"),
        ("unit = 3", "unknown unit"),
    ],
)
def test_what_is_wrong_in_toml_is_told(text, message):
    with pytest.raises(DesignError, match=message):
        from_toml(text)


def test_options_are_parameters_and_make_the_name():
    found = design("hadamard", Options(set=("points=128", "format=bf16"), interface="axis"))
    assert (found.points, found.format.name, found.build.interface) == (128, "bf16", "axis")
    assert found.name == "hadamard_points128_formatbf16_axis"
    assert design("hadamard", Options(lanes=8)).lanes == 8
    assert design("hadamard", Options(name="mine", set=("lanes=2",))).name == "mine"


@pytest.mark.parametrize(
    "given, message",
    [
        ({"rows": 2}, "--rows belongs to engines; hadamard is a unit, whose parameters are"),
        ({"set": ("points",)}, "--set takes PARAMETER=VALUE, such as points=128, got 'points'"),
        ({"set": ("pints=3",)}, "unknown parameter of hadamard 'pints'; close ones: points"),
        ({"set": ("points=many",)}, "points must be of type int, got 'many'"),
        ({"set": ("format=in8",)}, "unknown format 'in8'"),
    ],
)
def test_options_that_do_not_fit_are_told(given, message):
    with pytest.raises(DesignError, match=message):
        design("hadamard", Options(**given))


def test_parameters_of_units_are_none_of_engines():
    with pytest.raises(DesignError, match="--set points=3 belongs to units; int4xint8"):
        design("int4xint8", Options(set=("points=3",)))


def test_commands_take_units(capsys, tmp_path):
    assert main(["explain", "hadamard", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["design"], told["points_per_cycle"], told["points"]) == ("hadamard", 4, 64)
    assert [row["stage"] for row in told["stages"]][:2] == ["points", "step 32"]
    assert main(["list", "units"]) == 0
    assert "hadamard" in capsys.readouterr().out


def test_its_folder_stands_on_its_own(tmp_path):
    unit = Hadamard(name="turned", points=16, format=lookup("int4"))
    made = generate(unit, tmp_path / "out", tiles=5)
    held = json.loads((made.folder / "manifest.json").read_text())
    assert held["design"]["unit"] == "hadamard" and held["points_per_cycle"] == 4
    assert from_toml((made.folder / "design.toml").read_text()) == unit


@needs_icarus
def test_its_bench_passes(tmp_path):
    made = generate(Hadamard(name="turned", points=16, format=lookup("int4")), tmp_path / "out")
    command = ["make", "-C", str(made.folder / "tb"), "icarus"]
    said = subprocess.run(command, capture_output=True, text=True).stdout
    assert any(line.startswith("PASS") for line in said.splitlines()), said


def test_its_cost_is_that_of_points():
    unit = Hadamard(name="turned", points=16, lanes=2, format=lookup("int4"))
    report = cost(unit)
    told = report.to_dict()
    assert told["points_per_cycle"] == 2 and told["per_point"]["lut"] > 10
    assert explain(unit).latency == report.hardware.latency
    assert "points per cycle; NOT verified" in report.summary()[0]


def test_the_list_says_what_a_preset_changes(capsys):
    """What is listed is what --set takes: each preset is its kind with the listed parameters."""
    assert main(["list", "units", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len(rows) > 15
    for row in rows:
        words = tuple(row["parameters"].split())
        kind = row["name"] if row["kind"] == "–" else row["kind"]
        made = design(kind, Options(name=row["name"], set=words))
        assert made == design(row["name"])
    assert all(len(row["parameters"].split()) <= 6 for row in rows if row["kind"] != "–")
