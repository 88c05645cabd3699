"""How rows are laid out in the parts of DSP blocks."""

import pytest
from macsmith.golden.interval import Range
from macsmith.hw.arith.digits import Digit
from macsmith.hw.dsp.adding import addings
from macsmith.hw.dsp.kinds import DSP48E1, DSP48E2
from macsmith.hw.engine.planner import plan

from macsmith import Options, design

#: Rows of bytes times -1, 0 and 1: inverted, and one short, where they are negative.
TERNARY = Digit(Range(0, -128, 127), Range(0, -128, 128), True)


def layouts(lanes, k_max, kind=DSP48E2, digit=TERNARY, shape=(8, 2)):
    return addings(kind, digit, lanes, k_max, shape)


@pytest.mark.parametrize("lanes", [1, 2, 7, 16, 17, 40])
@pytest.mark.parametrize("kind", [DSP48E2, DSP48E1], ids=lambda kind: kind.name)
def test_parts_hold_what_they_add(kind, lanes):
    """And no more cascades than that takes: 12 bits hold sixteen rows of bytes."""
    k_max = 4096 // lanes * lanes
    found = layouts(lanes, k_max, kind)
    assert {layout.parts for layout in found} == {4, 2}
    for layout in found:
        rows, cols = layout.tile
        assert rows * cols <= layout.parts and layout.size * layout.parts == 48
        terms = [term for chain in layout.chains for term in chain]
        assert terms == list(range(lanes + layout.counted))
        assert all(layout.cycle(term) < layout.longest for term in terms)
        for chain in layout.chains:
            # At both ends of every row; a sum over K counts what rows are short of.
            for end in (-128, 128) if layout.held else (-128, 127):
                total = (k_max if layout.held else len(chain)) * end
                assert (total + (1 << layout.size - 1)) >> layout.size == 0, layout
        if layout.parts == 4 and not layout.held:
            assert max(map(len, layout.chains)) == min(lanes, 16)


def test_who_accumulates_beside_a_cascade():
    """A DSP48E1 adds its own sum or that of the block below."""
    assert any(layout.held for layout in layouts(16, 4096))
    assert not any(layout.held for layout in layouts(16, 4096, DSP48E1))
    assert any(layout.held for layout in layouts(1, 4096, DSP48E1))
    assert not any(layout.held for layout in layouts(16, 1 << 20))


def test_explained():
    shape = {"rows": 8, "cols": 2, "lanes": 16}
    given = Options(policy="dsp", datapath="dsp_adders", **shape)
    [remark] = plan(design("ternaryxint8", given)).remarks
    assert "in 4 parts of 12 bits, cascades of 8, every step's sums read" in remark
