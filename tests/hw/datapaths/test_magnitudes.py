"""Which products of sums that align share DSP blocks."""

import pytest
from macsmith.hw.datapaths import Magnitudes, Multiply, Setting, aligning
from macsmith.hw.engine.planner import plan

from macsmith import DesignError, Options, design, lookup

DSP = Setting("dsp", (6, 6), 4)


def kind(name, pair, setting=DSP):
    return aligning(name, *map(lookup, pair.split()), setting=setting)


@pytest.mark.parametrize(
    "pair, products",
    [
        ("int4 bf16", 3),  # magnitudes of 4 and 8 bits: 11 bits a product
        ("int8 bf16", 2),
        ("e4m3 e4m3", 4),
        ("e5m2 e5m2", 6),
        ("int4 fp16", 2),
        ("fp16 fp16", 1),
        ("posit8_1 int8", 2),
    ],
)
def test_as_many_share_a_block_as_fit(pair, products):
    formats = [lookup(name) for name in pair.split()]
    found = Magnitudes(*formats, lanes=4, sharing=(6, 6))
    packing = found.layout.packing
    assert packing.products == products
    # All ones in every element: the greatest sum is that of products side by side.
    wide, narrow = packing.elements
    word = sum(wide.high << place for place in packing.wide)
    total = word * sum(narrow.high << place for place in packing.narrow)
    for field in packing.fields:
        bits = packing.bits(1, field)
        assert total >> field.offset & (1 << bits) - 1 == wide.high * narrow.high
    assert word < 1 << 26


def test_who_gets_blocks():
    assert kind("auto", "int8 bf16") is Magnitudes
    assert kind("dsp", "e2m1 e2m1") is Magnitudes
    assert kind("auto", "e2m1 e2m1") is Multiply, "small products are left to LUTs"
    assert kind("multiply", "int8 bf16") is Multiply
    assert kind("auto", "fp32 fp32") is Multiply, "as wide as no block"
    assert kind("auto", "int8 bf16", Setting("lut")) is Multiply
    assert kind("auto", "int8 bf16", Setting("dsp", blocks="inferred")) is Multiply
    with pytest.raises(DesignError, match="choose --policy dsp"):
        kind("dsp", "int8 bf16", Setting("lut"))
    with pytest.raises(DesignError, match="instances: choose --blocks auto"):
        kind("dsp", "int8 bf16", Setting("dsp", blocks="inferred"))
    with pytest.raises(DesignError, match="wider than the DSP blocks"):
        kind("dsp", "fp32 fp32")


def test_explained():
    given = Options(policy="dsp", accumulate="aligned", fraction=24, rows=6, cols=2)
    [remark] = plan(design("int4xbf16", given)).remarks
    assert remark == "DSP blocks: significands of 3 rows × 1 columns a block, exponents beside"
