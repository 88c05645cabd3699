"""Names become designs: presets, pairs of formats, files; options override."""

from functools import cache

import pytest
from macsmith.golden.formats import names
from macsmith.hw.datapaths import choose
from macsmith.hw.engine.planner import plan

from macsmith import DesignError, Options, Stage, design, from_toml, lookup, to_toml
from macsmith.designs import presets, reading
from macsmith.pairs import Half, paired

FORMATS = set(names())


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
    with pytest.raises(DesignError, match="must be the lanes, got 4: choose --lanes 8"):
        from_toml(text.replace("lanes = 8", "lanes = 4"))


#: Words that a refusal of a pair names, one at least.
REASONS = (
    *("scale", "group", "product", "combined", "modes", "span", "structure", "select"),
    "an exact sum of",
)


@pytest.fixture(scope="module")
def quick():
    """Datapaths are chosen once for each pair of formats, not once for each pair of presets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("macsmith.hw.plan.chosen.choose", cache(choose))
        yield


@pytest.mark.parametrize("weight", presets())
def test_all_pairs_of_presets_plan_or_say_what_does_not_fit(weight, quick):
    left = design(weight)
    for activation in presets():
        right = design(activation)
        try:
            made = design(f"preset:{weight}xpreset:{activation}")
        except DesignError as error:
            assert "\n" not in str(error) and any(word in str(error) for word in REASONS), error
            assert weight != activation and weight in str(error) and activation in str(error)
            continue
        plan(made)
        assert [mode.weight for mode in made.modes] == [mode.weight for mode in left.modes]
        assert [mode.activation for mode in made.modes] == [m.activation for m in right.modes]
        if weight == activation:
            assert from_toml(to_toml(made)) == made
            assert made.modes == left.modes and made.build == left.build


@pytest.mark.parametrize(
    "name, group, last, output",
    [
        ("mxfp4xmxfp8_e5m2", 32, "fp", "fp32"),
        ("w4a8xw4a16", 128, "exact", "fp32"),
        ("nvfp4xmxfp4", 16, "fp", "fp32"),
        ("bitnetxgguf_q8_0", 32, "exact", "fp32"),
        ("mxfp4xint8", 32, "fp", "fp32"),
        ("int4xmxfp8_e4m3", 32, "fp", "fp32"),
        ("tpe_opt1xw8a8", None, "exact", "fp32"),
        ("tpe_opt1xtpe_opt2", None, "exact", None),
        ("preset:mxint8xint8", 32, "fp", "fp32"),
        ("int8xpreset:mxint8", 32, "fp", "fp32"),
    ],
)
def test_what_a_pair_takes_from_its_halves(name, group, last, output):
    """Groups close at their gcd; sums stay exact where 128 bits hold them."""
    found = design(name)
    assert found.arithmetic.group == group and found.arithmetic.accumulate[-1].rule == last
    assert found.arithmetic.output.format == (output and lookup(output))
    plan(found)


def test_the_result_is_the_weight_s_and_lanes_divide_the_group():
    left, right = (Half(n, design(n, Options(output=o)), True) for n, o in
                   (("mxfp4", "bf16"), ("mxint8", "fp16")))  # fmt: skip
    assert paired("x", left, right).arithmetic.output.format == lookup("bf16")
    assert paired("x", right, left).arithmetic.output.format == lookup("fp16")
    raw = Half("tpe_opt1", design("tpe_opt1"), True)
    assert paired("x", raw, left).arithmetic.output.format == lookup("bf16")
    narrow = Half("narrow", design("int4xint8", Options(group=2, lanes=2)), True)
    assert paired("x", narrow, left).build.lanes == 2
    assert paired("x", right, narrow).build.lanes == 4


def test_a_pair_that_is_a_preset_is_that_preset():
    assert design("preset:mxfp4xpreset:mxfp8_e4m3") == design("mxfp4xmxfp8_e4m3")
    assert design("preset:mxint8") == design("mxint8")
    assert design("PRESET:MXFP4xMXFP8_E5M2") == design("mxfp4xmxfp8_e5m2")


BOTH = [name for name in presets() if name in FORMATS]


def test_names_that_are_preset_and_element():
    """A pair of them is of elements, as it was; ``preset:`` forces the other reading, which has a
    name of its own, and :func:`reading` tells which was taken."""
    assert {"mxint8", "nf4", "posit8_0", "ue5m3"} < set(BOTH)
    for name in BOTH:
        element, forced = design(f"{name}xint8"), f"preset:{name}xint8"
        assert not element.arithmetic.levels and element.name == f"{name}xint8"
        assert f"preset:{name} names the preset" in reading(f"{name}xint8")
        assert reading(forced) is None and reading(name) is None
        try:
            other = design(forced)
        except DesignError:
            continue
        assert other.name == f"preset_{name}xint8" and other != element
        assert other.arithmetic.weight == design(name).arithmetic.weight


@pytest.mark.parametrize(
    "name, told",
    [
        ("mxint8xint8", "mxint8xint8: both halves are element formats; preset:mxint8 names the "
         "preset"),
        ("mxint8xnf4", "mxint8xnf4: both halves are element formats; preset:mxint8 and preset:nf4 "
         "name the presets"),
        ("mxfp4xmxint8", "mxfp4xmxint8: read as preset:mxint8, for mxint8 and the other half can "
         "be presets"),
        ("preset:mxint8xpreset:nf4", None),
        ("mxfp4xmxfp8_e5m2", None),
        ("int4xint8", None),
        ("w4a8", None),
        ("no_such_thing", None),
        ("out/design.toml", None),
    ],
)  # fmt: skip
def test_which_reading_was_taken_is_told(name, told):
    assert reading(name) == told


@pytest.mark.parametrize(
    "name, message",
    [
        ("mxfp4xlmul", "the weight of mxfp4 does not fit the activation of lmul: their product "
         "rules differ, exact and lmul: a pair has one"),
        ("simdxw8a8", "both halves of a pair need the same number of modes: simd has 5"),
        ("ifairyxw8a8", "the weight of ifairy does not fit the activation of w8a8: complex "
         "or signed planes, whose products are not just added"),
        ("nm_sparsexgguf_q8_0", None),
        ("preset:nope", "unknown preset 'nope'"),
        ("preset:int8xint8", "unknown preset 'int8xint8'"),
    ],
)  # fmt: skip
def test_halves_that_do_not_fit(name, message):
    if message is None:
        plan(design(name))
        return
    with pytest.raises(DesignError) as error:
        design(name)
    assert str(error.value).startswith(message)


def test_options_say_how_a_pair_accumulates():
    """Also where no exact sum of its own would do."""
    options = Options(accumulate="aligned", fraction=13, rows=2, partials=2)
    made = design("mxfp4xmxfp8_e5m2", options)
    assert [stage.rule for stage in made.arithmetic.accumulate] == ["aligned", "fp"]


def test_a_long_name_is_not_tried_as_ten_thousand_pairs(monkeypatch):
    """Which took seconds, and the memory of as many refusals."""
    asked = []
    monkeypatch.setattr("macsmith.designs.lookup", lambda name: asked.append(name) or lookup(name))
    for name in ("x" * 5000, "int4x" * 1000):
        with pytest.raises(DesignError) as error:
            design(name)
        assert len(str(error.value)) < 2000
    assert len(asked) < 10
