"""Names become designs: presets, pairs of formats, files; options override."""

import pytest

from macsmith import DesignError, Options, Stage, design, from_toml, lookup, to_toml
from macsmith.designs import presets


@pytest.mark.parametrize(
    "name, weight, activation",
    [
        ("int4xint8", "int4", "int8"),
        ("ternaryxint8", "ternary", "int8"),
        ("e2m1xe4m3", "e2m1", "e4m3"),
        ("mxint8xint8", "mxint8", "int8"),
        ("int8xmxint8", "int8", "mxint8"),
        ("mxint8xmxint8", "mxint8", "mxint8"),
        ("float8_e4m3fnxbfloat16", "e4m3", "bf16"),
        ("INT4xE5M2", "int4", "e5m2"),
        ("e4m3_ieeexuint3", "e4m3_ieee", "uint3"),
    ],
)
def test_two_formats_make_a_raw_engine(name, weight, activation):
    arithmetic = design(name).arithmetic
    assert arithmetic.weight.planes[0].element == lookup(weight)
    assert arithmetic.activation.planes[0].element == lookup(activation)
    assert arithmetic.accumulate == (Stage(),) and arithmetic.output.format is None


@pytest.mark.parametrize(
    "name, weight, activation",
    [
        ("int8", "int8", "int8"),
        ("int4", "int4", "int4"),
        ("ternary", "ternary", "int8"),
        ("binary", "binary", "int8"),
        ("int2", "int2", "int8"),
        ("E5M2", "e5m2", "e5m2"),
        ("fp8_e4m3", "e4m3", "e4m3"),
        ("posit8_2", "posit8_2", "posit8_2"),
        ("bipolar3", "bipolar3", "bipolar3"),
        ("denseshift4", "denseshift4", "int8"),
        ("flint4", "flint4", "int8"),
    ],
)
def test_one_format_makes_an_engine_as_deployed(name, weight, activation):
    """A scale per row of either side, FP32 results, an exact sum between."""
    found = design(name).arithmetic
    assert found.weight.planes[0].element == lookup(weight)
    assert found.activation.planes[0].element == lookup(activation)
    assert [(str(level.span), level.format.name) for level in found.levels] == [("row", "fp32")] * 2
    assert found.accumulate == (Stage(),) and found.output.format == lookup("fp32")


@pytest.mark.parametrize("name", presets())
def test_presets_survive_their_own_toml(name):
    engine = design(name)
    assert engine.name == name and from_toml(to_toml(engine)) == engine


DEPLOYED = {
    "w4a8": ("uint4", "int8", 128, 1, "exact"),
    "w4a16": ("uint4", "fp16", 128, 0, "exact"),
    "w8a8": ("int8", "int8", None, 2, "exact"),
    "mxfp8_e4m3": ("e4m3", "e4m3", 32, 0, "fp"),
    "mxfp8_e5m2": ("e5m2", "e5m2", 32, 0, "fp"),
    "mxfp6_e2m3": ("e2m3", "e2m3", 32, 0, "fp"),
    "mxfp6_e3m2": ("e3m2", "e3m2", 32, 0, "fp"),
    "mxfp4": ("e2m1", "e2m1", 32, 0, "fp"),
    "mxint8": ("mxint8", "mxint8", 32, 0, "fp"),
    "mxfp4xmxfp8_e4m3": ("e2m1", "e4m3", 32, 0, "fp"),
    "nvfp4": ("e2m1", "e2m1", 16, 2, "exact"),
    "bitnet": ("ternary", "int8", None, 2, "exact"),
    "deepseek_fp8": ("e4m3", "e4m3", 128, 0, "fp"),
}


@pytest.mark.parametrize("name", DEPLOYED)
def test_the_formats_that_people_deploy(name):
    """Elements, group, scales at the end, last rule; all give FP32 on a 4 × 4 × 4 array."""
    engine = design(name)
    found = engine.arithmetic
    late = [level for level in found.levels if level.when == "end"]
    planes = found.weight.planes[0].element.name, found.activation.planes[0].element.name
    last = found.accumulate[-1].rule
    assert (*planes, found.group, len(late), last) == DEPLOYED[name]
    assert found.output.format == lookup("fp32")
    assert (engine.build.rows, engine.build.cols, engine.build.lanes) == (4, 4, 4)


def test_options_override_what_a_design_says():
    engine = design("int4xint8", Options(rows=8, lanes=16, k_max=64, accumulate="int20"))
    assert (engine.build.rows, engine.build.cols, engine.build.lanes) == (8, 4, 16)
    assert engine.arithmetic.k_max == 64
    assert engine.arithmetic.accumulate == (Stage("int", format=lookup("int20")),)


def test_aligned_sums_as_many_products_as_there_are_lanes():
    options = Options(lanes=8, accumulate="aligned", fraction=13, accumulator="e8m13_ieee")
    stage = design("e5m2xe5m2", options).arithmetic.accumulate[0]
    assert (stage.terms, stage.fraction, stage.format) == (8, 13, lookup("e8m13_ieee"))


def test_a_file_with_aligned_keeps_its_terms():
    text = to_toml(design("e5m2xe5m2", Options(lanes=8, accumulate="aligned", fraction=13)))
    with pytest.raises(DesignError, match="lanes must be 8, got 4"):
        from_toml(text.replace("lanes = 8", "lanes = 4"))
