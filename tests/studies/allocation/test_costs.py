"""Bits, sites and times of allocations, by hand."""

import numpy as np
import pytest
from macsmith.boards import lookup
from macsmith.golden.errors import DesignError
from macsmith.models.model import open_model
from macsmith.studies.allocation import costs as module
from macsmith.studies.allocation.choices import choices
from macsmith.studies.allocation.costs import (
    Built,
    Target,
    bits,
    built,
    milliseconds,
    sites_of_layers,
)
from macsmith.studies.allocation.losses import items
from macsmith.studies.allocation.tables import read_table
from macsmith.studies.prediction.foresee import built_for, foreseen
from safetensors.numpy import save_file

from macsmith import Options, cost, design

U280 = lookup("u280")


@pytest.fixture
def given(tmp_path):
    """Matrices of 64 × 128 and 192 × 128: a quarter, and three."""
    weights = {"a": np.ones((64, 128), np.float32), "b": np.ones((192, 128), np.float32)}
    save_file(weights, tmp_path / "m.safetensors")
    return items(list(open_model(tmp_path / "m.safetensors").matrices.values()))


def test_bits_are_codes_and_scales(given):
    """MXFP4 has a byte more for 32; INT8 without scales has 8 bits."""
    found = bits(given, choices(["mxfp4", "int8xint8"]))
    assert found == pytest.approx(np.array([[0.25], [0.75]]) * [4.25, 8])


def test_modes_are_choices_of_one_array():
    found = choices(["simd", "mxfp4", "simd"])
    assert [choice.name for choice in found] == [
        "simd:int16", "simd:int8", "simd:int4", "simd:e2m1", "simd:posit8_0", "mxfp4"
    ]  # fmt: skip
    assert [choice.group for choice in found] == [0, 0, 0, 0, 0, 1]
    assert found[2].arithmetic.weight.planes[0].element.name == "int4"
    with pytest.raises(DesignError, match="hadamard is a unit"):
        choices(["hadamard"])
    with pytest.raises(DesignError, match="name designs"):
        choices([])


def test_engines_of_layers_share_macs_as_products_are_shared(given):
    two = choices(["simd", "mxfp4"])
    arrays = [Built(1000.0, (16.0, 32.0, 64.0, 64.0, 32.0)), Built(300.0, (16.0,))]
    found = sites_of_layers(given, two, arrays, 64)
    # A quarter of 64 MACs is 16, for which INT16 takes a whole array and INT4 a quarter of one.
    assert found[0] == pytest.approx([1000, 500, 250, 250, 500, 300])
    assert found[1] == pytest.approx(3 * found[0])


def test_times_are_of_products_or_of_memory(given):
    two = choices(["mxfp4"])
    arrays = [Built(300.0, (16.0,))]
    target = Target(U280, "shared", megahertz=250, vectors=3)
    found = milliseconds(given, two, arrays, target)[:, 0]
    assert found == pytest.approx(np.array([64, 192]) * 128 * 3 / 16 / 250e3)
    # So many MACs that weights come too slowly.
    fast = [Built(300.0, (1e9,))]
    found = milliseconds(given, two, fast, target)[:, 0]
    seconds = np.array([64, 192]) * 128 * 4.25 / 8 / (U280.memory.bandwidth * 1e9)
    assert found == pytest.approx(1e3 * seconds)
    with pytest.raises(DesignError, match="layers or shared"):
        Target(U280, "both")


def test_arrays_cost_what_cost_says(given):
    target = Target(U280, macs=4)
    [found] = built(choices(["int4xint4"]), target, 128)
    engine = design("int4xint4", Options(rows=1, cols=1, lanes=4, k_max=128, policy="lut"))
    assert found == Built(cost(engine, U280).cost.resources["sites"], (4.0,))


def test_fast_arrays_cost_what_is_foreseen(given, monkeypatch):
    """With DSP blocks as the plan has them, and nothing is synthesized."""
    monkeypatch.setattr(module, "cost", None)
    target = Target(U280, macs=64, policy="dsp", exchange=100.0, fast=True)
    two = built(choices(["int8xint8", "simd"]), target, 128)
    shape = Options(rows=2, cols=2, lanes=16, k_max=128, policy="dsp")
    [wanted] = foreseen([built_for(design("int8xint8", shape), U280)], U280)
    assert wanted.dsp > 0 and two[0] == Built(round(wanted.sites) + 100 * wanted.dsp, (64.0,))
    assert len(two[1].rates) == 5 and two[1].sites > 0


TABLE = "item,design,loss,bits\na,x,1,2\na,y,0.5,4\nb,x,2,2\n"


def test_a_table_is_a_problem(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(TABLE, encoding="utf-8")
    found = read_table(path)
    assert found.items == ("a", "b") and found.choices == ("x", "y")
    assert found.sums["loss"].tolist() == [[1, 0.5], [2, 0]]
    assert found.possible.tolist() == [[True, True], [True, False]]
    assert found.uniform(1) is None and found.total("bits", np.array([1, 0])) == 6


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("item,design\na,x\n", "must name the columns loss"),
        ("item,design,loss\n", "no row"),
        ("item,design,loss\na,x\n", "t.csv:2: 3 cells"),
        ("item,design,loss\na,x,1,2\n", "t.csv:2: 3 cells"),
        ("item,design,loss\na,x,-1\n", "t.csv:2: loss must be a number from 0 on, got '-1'"),
        ("item,design,loss\na,x,nan\n", "got 'nan'"),
        ("item,design,loss\na,x,1\na,x,2\n", "t.csv:3: a with x stands there twice"),
        ("item,design,loss,loss\na,x,1,2\n", "twice"),
        ('item,design,loss\n"a\n', "cannot be read"),
        ("", "must name the columns"),
    ],
)
def test_a_wrong_table_is_told_by_its_line(tmp_path, text, message):
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DesignError, match=message):
        read_table(tmp_path / "t.csv")
    with pytest.raises(
        DesignError, match="cannot read the table .*none.csv: No such file or directory$"
    ):
        read_table(tmp_path / "none.csv")
