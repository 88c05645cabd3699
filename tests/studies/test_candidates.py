"""Designs at equal MACs a cycle: shapes, steps of several cycles, what cannot be made equal."""

from math import prod

import pytest
from macsmith.boards import lookup
from macsmith.studies.candidates import buildable, candidate, equal, shapes, together

from macsmith import DesignError, Options, design, explain
from macsmith.cli import main

U280 = lookup("u280")


@pytest.mark.parametrize("macs", [1, 6, 16, 64, 256, 1000])
def test_shapes_make_the_macs_that_are_asked_for(macs):
    found = list(shapes(macs))
    assert found and all(prod(shape) == macs for shape in found)
    assert len(set(found)) == len(found)


def test_the_first_shapes():
    """16 lanes and a square, which most groups allow; then others."""
    assert next(shapes(256)) == (4, 4, 16)
    assert next(shapes(32)) == (2, 1, 16)
    assert list(shapes(8, lanes=4)) == [(2, 1, 4), (1, 2, 4)]
    assert list(shapes(8, rows=8)) == [(8, 1, 1)] and list(shapes(8, rows=3)) == []


def test_steps_of_three_cycles_take_three_times_the_rows():
    found = equal("bitserial", 16, (1, 1, 16), 4096, "lut", U280)
    assert explain(design("bitserial")).facts["cycles_per_step"] == 3
    assert found.shape == (3, 1, 16) and found.rate == 16


def test_a_rate_that_no_number_of_rows_makes():
    with pytest.raises(DesignError, match="4 MACs a cycle at 1x1x4, and no number of rows makes 6"):
        equal("int8xint8", 6, (1, 1, 4), 4096, "lut", U280)


def test_partial_sums_are_as_many_as_the_shape_needs():
    """A whole tree of them: 7 additions are on the way, one begins every two cycles."""
    found = buildable("mxfp4", Options(rows=1, cols=1, lanes=16), U280)
    assert found.options.partials == found.engine.arithmetic.accumulate[-1].partials == 4
    assert buildable("mxfp4", Options(rows=4, cols=4, lanes=4), U280).options.partials is None


def test_partial_sums_of_scales_that_options_give():
    """No exact sum holds powers of two of both sides: they are added up in FP32."""
    scaled = Options(rows=2, cols=2, lanes=16, group=32, scale="e8m0", activation_group=32,
                     activation_scale="e8m0")  # fmt: skip
    found = buildable("int4xint8", scaled, U280)
    assert found.options.partials == 4 and found.options.accumulate == "fp32"
    assert found.engine.arithmetic.accumulate[-1].partials == 4


def test_all_take_the_first_shape_that_serves_all():
    """NVFP4's groups of 16 refuse 32 lanes."""
    tried = [(1, 1, 32), (2, 1, 16)]
    found = together(["int8", "nvfp4"], 32, 4096, ["lut", "dsp"], U280, tried)
    assert [(c.name, c.policy, c.shape) for c in found] == [
        ("int8", "lut", (2, 1, 16)), ("int8", "dsp", (2, 1, 16)),
        ("nvfp4", "lut", (2, 1, 16)), ("nvfp4", "dsp", (2, 1, 16)),
    ]  # fmt: skip
    with pytest.raises(DesignError, match="nvfp4 at 1x1x32: lanes must divide the group of 16"):
        together(["nvfp4"], 32, 4096, ["lut"], U280, tried[:1])
    with pytest.raises(DesignError, match="must make 32 MACs"):
        together(["nvfp4"], 32, 4096, ["lut"], U280, [])


def test_units_make_no_macs():
    with pytest.raises(DesignError, match="hadamard is a unit, no engine"):
        buildable("hadamard", Options(), U280)


@pytest.mark.parametrize("name", ["w4a8", "preset:mxint8xnvfp4"])
def test_words_name_the_same_design_on_a_command_line(name, capsys):
    found = candidate(name, (1, 2, 16), 1024, "dsp", U280)
    assert main(["explain", *found.words.split(), "--json"]) == 0
    assert f'"{found.engine.name}"' in capsys.readouterr().out
