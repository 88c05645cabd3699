"""``--interleave``: scales in front of their codes, on ports of any width."""

import json
import re
from importlib.resources import files

import numpy as np
import pytest
from macsmith.golden import from_toml, to_toml
from macsmith.hw.catalogue import hardware
from macsmith.sim.harness import harness

from macsmith import DesignError, Options, cli, design, explain, generate, verify
from macsmith.machines import without_converters

SMALL = {"rows": 2, "cols": 1, "lanes": 4, "k_max": 256}


def made(name="w4a8", **options):
    return design(name, Options(**{"interleave": True, "axis_width": 64, **SMALL, **options}))


def test_two_streams_feed_an_engine():
    engine = made(rows=4, cols=4)
    assert engine.name == "w4a8_k256_axis64_interleaved"
    assert from_toml(to_toml(engine)) == engine
    found = explain(engine)
    assert [stream.name for stream in found.streams] == ["weight", "activation", "result"]
    assert {stream.data_bits for stream in found.streams} == {64 + 8}
    said = " ".join(found.remarks)
    assert "2 beats with 10 bytes of scales in front of 32 beats of codes, each group" in said
    assert "activation, of 16 bytes a beat: 1 beat with 16 bytes in front of a reduction" in said


@pytest.mark.parametrize("name", ["w4a8", "nvfp4", "w8a8", "nm_sparse"])
def test_no_bit_of_an_answer_changes(name):
    """What packets hold is what the engine alone gives, for reductions of many lengths."""
    lanes = {"lanes": 8} if name == "nvfp4" else {}
    plain = hardware(design(name, Options(**SMALL | lanes)))
    wide = hardware(made(name, **lanes))
    trials = harness(plain).stimuli(12, 1)
    tried = harness(wide)
    found = wide.answer({stream.name: tried.sent(stream, trials) for stream in wide.sources})
    wanted = tried.sent(wide.results[0], trials)
    for one, other in zip(found["result"].values, wanted.values, strict=True):
        assert np.array_equal(one, other)
    assert len(harness(plain).sent(plain.results[0], trials)) == SMALL["rows"] * len(trials)


def test_simulators_leave_it_out():
    plain = design("w4a8", Options(interface="axis", **SMALL))
    assert without_converters(made()).build == plain.build


REFUSED = {
    "without a width": (
        {"axis_width": None},
        "is of streams of bytes, which have a width: choose --axis-width 64",
    ),
    "without scales": ({"name": "int4xint8"}, "int4xint8 has no scales: leave .*--interleave"),
    "of weights that stay": (
        {"flow": "weight_stationary", "name": "int8xint8", "policy": "dsp", "scale": "fp16"},
        "weight_stationary stay: choose --flow broadcast",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_one_line(case):
    options, said = REFUSED[case]
    name = options.get("name", "w4a8")
    with pytest.raises(DesignError, match=said) as raised:
        made(**{"name": name, **options}) if name == "w4a8" else made(**options)
    assert "\n" not in str(raised.value)


def test_units_have_none(capsys):
    assert cli.main(["explain", "hadamard", "--axis-width", "64", "--interleave"]) == 2
    said = capsys.readouterr().err
    assert "--interleave belongs to engines; hadamard is a" in said and said.count("\n") == 1


def test_a_port_that_sets_the_pace_is_told(capsys):
    words = ["w4a8", "--rows", "4", "--cols", "1", "--lanes", "8", "--axis-width", "128"]
    assert cli.main(["explain", *words, "--interleave", "--shape", "64x512x1"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    # 16 bytes a step, and a beat with 10 bytes of scales in front of the 16 steps of a group
    assert "a beat of 16 bytes, with its share of scales, takes 1.062 cycles of 128 bits" in said
    assert re.search(r"the port of weight, 68", said)


def test_the_manifest_says_what_stands_in_front(tmp_path):
    folder = generate(made(name="nvfp4", lanes=8), tmp_path / "made", tiles=2).folder
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert [port["name"] for port in manifest["ports"] if port["role"] == "data"] == [
        "s_axis_weight_tdata", "s_axis_activation_tdata", "m_axis_result_tdata",
    ]  # fmt: skip
    weight = manifest["records"]["weight"]
    assert (weight["bytes"], weight["packet"]) == (8, "reduction")
    frame, once = weight["frame"], weight["once_a_reduction"]
    assert (frame["beats"], frame["steps_per_group"], frame["record"]["bytes"]) == (1, 2, 2)
    assert frame["groups"] * frame["record"]["bytes"] <= 8
    [record] = once["records"]
    assert (once["beats"], record["bytes"], record["fields"][0]["format"]) == (1, 4, "fp32")
    assert manifest["records"]["result"]["packet"] == "reduction"


PRESETS = sorted(
    path.name.removesuffix(".toml")
    for path in files("macsmith").joinpath("presets").iterdir()
    if path.name.endswith(".toml")
)


@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_no_preset_s_answer_changes(name):
    """As a 4 × 4 × 4 array; those without scales are refused."""
    plain = design(name)
    asked = Options(axis_width=64, interleave=True)
    if not any(mode.levels for mode in plain.modes):
        with pytest.raises(DesignError, match=f"{name} has no scales"):
            design(name, asked)
        return
    wide = hardware(design(name, asked))
    tried, trials = harness(wide), harness(hardware(plain)).stimuli(3, 1)[:12]
    found = wide.answer({stream.name: tried.sent(stream, trials) for stream in wide.sources})
    wanted = tried.sent(wide.results[0], trials)
    for one, other in zip(found["result"].values, wanted.values, strict=True):
        assert np.array_equal(one, other)


#: Groups alone, reductions alone, both; scales gathered from three groups; a bias; two columns.
DESIGNS = {
    "groups": ("w4a8", {"cols": 2, "axis_width": 128}),
    "gathered": ("nvfp4", {"lanes": 8}),
    "reductions": ("w8a8", {"rows": 3, "axis_width": 32}),
    "bias": ("w4a8", {"axis_width": 256, "bias": "fp16"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", DESIGNS)
def test_hardware_equals_the_golden_model_whoever_stalls(name):
    preset, options = DESIGNS[name]
    assert verify(made(preset, **options), count=20).results > 100
