"""Engines whose results leave as codes: options, TOML, presets, and what commands say."""

import json
import re
from dataclasses import replace

import pytest
from macsmith.golden.description.serialize import from_toml, to_toml
from macsmith.golden.errors import DesignError, UnknownName

from macsmith import cost, explain
from macsmith.cli import main
from macsmith.designs import Options, design
from macsmith.remedies import remedied

TEXT = """
name = "layer"
requantize = { rule = "tflite", shift = "uint5", bias = "int32", zero = 3 }

[build]
rows = 2
cols = 8
interface = "axis"
policy = "dsp"

[[modes]]
weight = "int8"
activation = "int8"
k_max = 64
"""


def parts(name, **options):
    found = design(name, Options(**options))
    return found, *found.parts


def test_an_engine_and_a_requantizer_are_one_design():
    found, engine, unit = parts("int8xint8", requantize="tflite", rows=2, cols=8)
    assert found.name == "int8xint8_2x8x4_tflite" and found.shaped == engine.name == "int8xint8"
    assert engine == design("int8xint8", Options(rows=2, cols=8, name="int8xint8"))
    assert (unit.sums.name, unit.rows, unit.lanes, unit.group) == ("int28", 1, 1, 8)
    assert [stream.name for stream in explain(found).streams] == [
        "weight", "activation", "scale", "result",
    ]  # fmt: skip


def test_options_of_results_are_the_requantizers():
    _, engine, unit = parts(
        "int8xint8", requantize="tflite", output="uint8", bias="none", relu=True,
        clamp=(10.0, 200.0), results=2, set=("zero=7", "requantize.shift=none"),
    )  # fmt: skip
    assert (unit.result.name, unit.bias, unit.relu, unit.clamp) == ("uint8", None, True, (10, 200))
    assert (unit.lanes, unit.zero, unit.shift) == (2, 7, None)
    assert engine.arithmetic.output.format is None and engine.build.results == 1
    _, _, unit = parts("int8xint8", requantize="dyadic", rounding="nearest_up")
    assert unit.rounding == "nearest_up"


def test_names_say_what_differs():
    def name(**options):
        return design("int8xint8", Options(requantize="tflite", **options)).name

    assert name() == name(output="int8") == name(results=1) == "int8xint8_tflite"
    assert name(output="uint8", set=("zero=128",)) == "int8xint8_tflite_to_uint8_zero128"
    assert name(policy="dsp", relu=True) == "int8xint8_dsp_tflite_relu"
    assert name(name="mine") == "mine"


def test_what_is_built_around_is_the_wholes(tmp_path):
    found, engine, unit = parts("int8xint8", requantize="qlinear", axis_width=64, policy="dsp")
    assert (found.build.interface, found.build.axis_width) == ("axis", 64)
    assert engine.build.interface == unit.build.interface == "native"
    assert {part.build.policy for part in (found, engine, unit)} == {"dsp"}


def test_a_section_of_an_engines_file_says_it(tmp_path):
    path = tmp_path / "layer.toml"
    path.write_text(TEXT)
    found, engine, unit = parts(str(path))
    assert found.name == "layer" and found.shaped == engine.name == "product"
    assert found.build.interface == "axis" and found.build.policy == unit.build.policy == "dsp"
    assert (unit.sums.name, unit.group, unit.zero) == ("int22", 8, 3)
    assert from_toml(to_toml(found)) == found
    wider, engine, unit = parts(str(path), cols=4, k_max=4096, output="uint8", lanes=8)
    assert (engine.build.cols, unit.group, unit.sums.name) == (4, 4, "int28")
    assert unit.result.name == "uint8" and unit.lanes == 1 and explain(wider).latency
    assert parts(str(path), set=("group=0",), cols=4)[2].group == 0
    path.write_text(TEXT.replace("zero = 3", "group = 0, lanes = 4"))
    assert (parts(str(path))[2].group, parts(str(path))[2].lanes) == (0, 4)
    path.write_text(TEXT.replace(TEXT.splitlines()[2], 'requantize = "qlinear"'))
    assert parts(str(path))[2].rule == "qlinear"
    (tmp_path / "narrow.toml").write_text('unit = "requantize"\nname = "n"\nshift = "uint3"')
    path.write_text(TEXT.replace(TEXT.splitlines()[2], 'requantize = "narrow.toml"'))
    assert parts(str(path))[2].shift.name == "uint3"


def test_a_chain_of_ones_own_follows_too():
    """Its requantizers take a row of results a beat."""
    found, _, unit = parts("tflite_layer", cols=2, k_max=16384, output="uint8", set=("zero=9",))
    assert (unit.rows, unit.group, unit.sums.name) == (2, 1, "int30")
    assert (unit.result.name, unit.zero) == ("uint8", 9)
    assert found.name == "tflite_layer_4x2x4_k16384_to_uint8_zero9" and explain(found)


@pytest.mark.parametrize("name", ["w8a8", "mxfp4", "nvfp4", "mxfp8_e4m3"])
def test_engines_with_scales_give_floats(name):
    small = Options(rows=1, cols=2, output="e4m3", relu=True, clamp=(0.0, 6.0))
    found = design(name, replace(small, requantize="requantize_bf16"))
    engine, unit = found.parts
    assert engine.arithmetic.output.format.name == unit.sums.name == "fp32"
    assert (unit.result.name, unit.relu, unit.clamp, unit.group) == ("e4m3", True, (0.0, 6.0), 2)
    assert from_toml(to_toml(found)) == found and explain(found).latency


@pytest.mark.parametrize(
    "name, options, floats",
    [
        ("int8xint8", {}, False),
        ("e4m3xe4m3", {}, True),
        ("e2m1xint8", {}, True),
        ("int8xint8", {"accumulate": "aligned", "fraction": 13}, True),
    ],
)
def test_raw_sums_that_are_no_plain_integers_become_fp32(name, options, floats):
    """Where the requantizer takes floats; others refuse them."""
    _, engine, unit = parts(name, requantize="qlinear", rows=2, cols=2, **options)
    assert (engine.arithmetic.output.format is not None) == floats == (unit.sums.name == "fp32")


@pytest.mark.parametrize(
    "name, options, message",
    [
        ("w8a8", {"requantize": "qlinear", "bias": "int32"}, "got int32: choose bias fp32 or none"),
        ("w8a8", {"requantize": "requantize_bf16", "output": "e2m1"}, "cannot hold NaN, which fp3"),
        ("w8a8", {"requantize": "qlinear", "output": "bf16"}, "gives integers, got result bf16"),
        ("w8a8", {"requantize": "qlinear", "set": ("sums=bf16",)}, "are those of w8a8, fp32: leav"),
        ("ifairy", {"requantize": "qlinear"}, "takes integer or float sums, ifairy has several"),
        (
            "w8a8",
            {"requantize": "requantize_bf16", "clamp": (0.0, 0.3)},
            "clamp's bound 0.3 is not a value of bf16; the nearest is",
        ),
        ("w8a8", {}, "takes integer sums, w8a8 gives fp32: leave its scales out"),
        ("int8xint8", {"group": 32}, "int8xint8 gives fp32: leave its scales out"),
        ("int8xint8", {"accumulate": "aligned", "fraction": 13}, "sums by rule aligned: choose"),
        ("e4m3xint8", {}, "has flags beside its sums, for the weight element e4m3 has NaN"),
        ("e2m1xint8", {}, r"has sums in units of 2\^-1: choose integer elements"),
        ("ifairy", {}, "takes integer sums, ifairy has several outputs"),
        ("int8xint8", {"flow": "weight_stationary"}, "has weights that stay: choose another flow"),
        ("int8xint8", {"requantize": "quantize_int8"}, "by a requantizer, such as tflite; got q"),
        ("int8xint8", {"requantize": "w4a8"}, "by a requantizer, such as tflite; got w4a8"),
        ("int8xint8", {"requantize": "int8"}, "got int8: see .* requantize in macsmith list units"),
        ("e4m3xe4m3", {}, "NaN or infinity: leave out --requantize, or choose integer elements"),
        ("int8xint8", {"bias": "fp32"}, "up to 32 bits, got fp32: choose bias int32 or none"),
        (
            "int8xint8",
            {"set": ("sums=int20",)},
            "sums of requantize are those of int8xint8, int28: leave out ",
        ),
        ("int8xint8", {"set": ("requantize.sums=int28",)}, "leave out --set sums=int28"),
        ("int8xint8", {"set": ("zero",)}, "takes PARAMETER=VALUE, such as block=64, or PART.*zero"),
        ("int8xint8", {"output": "fp32"}, "rule tflite gives integers, got result fp32"),
        ("int8xint8", {"results": 3}, "must divide the 4 columns, got 3: choose --results 1"),
        ("int8xint8", {"nan": "zero"}, "nan = 'zero' is for an output format without NaN"),
        ("tflite_layer", {}, "--requantize belongs to engines, tflite_layer is a chain"),
        ("hadamard", {}, "--requantize belongs to engines; hadamard is a unit, whose"),
    ],
)
def test_what_cannot_be_is_told(name, options, message):
    with pytest.raises(DesignError, match=message):
        design(name, Options(**{"requantize": "tflite", **options}))


@pytest.mark.parametrize("name", ["tflit", "int8xint99", "hadamrd"])
def test_unknown_requantizers_have_close_ones(name):
    """Among requantizers alone, whatever else has a name like it."""
    with pytest.raises(UnknownName, match=f"^unknown requantizer '{name}'; ") as told:
        design("int8xint8", Options(requantize=name))
    told_names = re.findall(r"\w+", str(told.value).partition(": ")[2])
    assert told_names and all(design(n).kind == "requantize" for n in told_names)


def test_what_is_advised_was_tried():
    options = Options(requantize="tflite", flow="weight_stationary")
    with pytest.raises(DesignError) as told:
        design("int8xint8", options)
    better = remedied(lambda o: explain(design("int8xint8", o)), options, told.value)
    assert str(better).endswith("leave out --flow")


def test_commands_take_it(capsys, tmp_path):
    words = ["int8xint8", "--requantize", "tflite", "--output", "uint8", "--set", "zero=128"]
    assert main(["explain", *words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["chain"] == ["int8xint8", "requantize"] and told["macs_per_cycle"] == 64
    assert told["joins"] == [{"beats": 1, "become": 16, "cycles": 16, "values_kept": 16}]
    assert main(["generate", *words, "-o", str(tmp_path / "out")]) == 0
    held = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert [s["name"] for s in held["streams"]] == ["weight", "activation", "scale", "result"]
    assert main(["explain", str(tmp_path / "out" / "design.toml")]) == 0
    assert main(["explain", "w8a8", "--requantize", "tflite"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_its_cost_stands_apart():
    small = Options(rows=1, cols=2, lanes=1, k_max=16, requantize="requantize_pow2", output="int4")
    report = cost(design("int4xint4", small))
    sites = {name: part.resources["sites"] for name, part in report.parts.items()}
    assert set(sites) == {"int4xint4", "requantize"} and min(sites.values()) > 10
    assert sum(sites.values()) < report.cost.resources["sites"], "the join stands between them"
