"""Dequantizers by the names of their presets, on the command line and in TOML."""

import json

import pytest
from macsmith.golden.description.serialize import from_toml, to_toml
from macsmith.golden.errors import DesignError
from macsmith.golden.units import Dequantize

from macsmith import explain, generate
from macsmith.cli import main
from macsmith.designs import Options, design, presets, unit_presets

WEIGHTS = """
unit = "dequantize"
name = "weights"
element = "uint4"
zero = "uint4"
scales = ["int8"]
result = "int8"
overflow = "wrap"
rows = 4
lanes = 4
"""
CHAIN = """
name = "qserve_gemm"
chain = ["weights.toml", "int8xint8"]
into = ["weight"]
"""


@pytest.mark.parametrize("name", unit_presets())
def test_a_preset_is_a_design_and_goes_to_toml_and_back(name):
    found = design(name)
    assert found.name == name and name not in presets()
    assert from_toml(to_toml(found)) == found
    assert explain(found).latency > 1


def test_presets_of_the_literature_are_there():
    assert {"qserve", "dgq", "mixllm", "pow2scale"} <= set(unit_presets())


def test_options_are_parameters():
    found = design("dequantize_w4a16", Options(lanes=8, rows=2, set=("scales=bf16", "via=direct")))
    assert isinstance(found, Dequantize)
    assert (found.lanes, found.rows, found.via) == (8, 2, "direct")
    assert [fmt.name for fmt in found.scales] == ["bf16"]
    assert (
        design("dequantize", Options(set=("scales=ue4m3,fp32", "element=e2m1"))).scales[1].bits
        == 32
    )
    assert design("dequantize", Options(set=("scales=",))).scales == ()


@pytest.mark.parametrize(
    "name, options, message",
    [
        ("dequantize_nf5", {}, "unknown design 'dequantize_nf5'; close ones: dequantize_nf4"),
        ("qserve", {"lanes": 48}, "a group of 128 elements does not divide into beats of 48 lanes"),
        ("qserve", {"cols": 2}, "--cols belongs to engines; qserve is a dequantize"),
        ("dequantize", {"set": ("scales=fp17",)}, "unknown format 'fp17'"),
    ],
)
def test_what_does_not_fit_is_told(name, options, message):
    with pytest.raises(DesignError, match=message):
        design(name, Options(**options))


def test_commands_take_it(capsys, tmp_path):
    assert main(["explain", "dequantize_w4a16", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["elements_per_cycle"], told["zero"], told["via"]) == (16, "uint4", "table")
    assert main(["list", "units"]) == 0
    assert "dequantize_nvfp4" in capsys.readouterr().out
    made = generate(design("mixllm"), tmp_path / "out", tiles=5)
    held = json.loads((made.folder / "manifest.json").read_text())
    assert held["design"]["unit"] == "dequantize"
    assert [stream["name"] for stream in held["streams"]] == ["codes", "scale", "result"]


def test_a_chain_into_weights_goes_to_toml_and_back(tmp_path):
    (tmp_path / "weights.toml").write_text(WEIGHTS)
    (tmp_path / "c.toml").write_text(CHAIN)
    found = design(str(tmp_path / "c.toml"))
    assert found.into == ("weight",) and from_toml(to_toml(found)) == found
    assert [s.name for s in explain(found).streams] == ["codes", "scale", "activation", "result"]
