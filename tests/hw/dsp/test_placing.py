"""Which floats a block multiplies, by plain arithmetic; the hardware's products are tested beside
those of other datapaths."""

import numpy as np
import pytest
from macsmith.golden.formats import Kind
from macsmith.hw.dsp.kinds import DSP48E1, DSP48E2, MULT18X18D
from macsmith.hw.dsp.placing import Placing, placements

from macsmith import lookup

#: Format -> the best and the last shifts into 18 bits, and how many more ways there are.
PLACES = {
    "int8": ((0,), (0,), 1),
    "e2m3": ((0,), (0,), 1),
    "e3m4_ieee": ((0,), (0,), 1),
    "e4m3": ((0, 8), (0, 1), 15),
    "ue4m3": ((0, 8), (0, 1), 15),
    "e5m2": ((0, 15), (0, 15), 2),
    "e5m1": ((0, 16), (0, 15), 3),
    "fp16": ((0, 7, 14, 21, 23), (0, 7, 14, 21, 23), 1),
    "posit8_1": (None, None, 0),
}


@pytest.mark.parametrize("name", PLACES)
def test_every_number_is_reached_by_a_shift(name):
    fmt = lookup(name)
    best, last, count = PLACES[name]
    ways = list(placements(fmt, 18))
    assert len(ways) == count
    if not ways:
        return
    assert (ways[0], ways[-1]) == (best, last)
    codes = np.asarray(fmt.legal)
    fields = fmt.fields(codes)
    finite = fields.kind == Kind.FINITE
    place = fields.exponent[finite].astype(int) - fmt.lsb
    significand = np.where(fields.sign, -1, 1)[finite] * fields.significand[finite].astype(int)
    for shifts in ways if best != (0,) else ():
        stands = np.array(shifts)[np.searchsorted(shifts, place, "right") - 1]
        narrow = significand << (place - stands)
        assert narrow.min() >= -(1 << 17) and narrow.max() < 1 << 17
        assert (narrow << stands == fmt.integers(codes)[finite]).all()


@pytest.mark.parametrize(
    "pair, kind, shifts",
    [
        ("e4m3 e4m3", DSP48E2, (0, 8)),
        ("e4m3 e4m3", DSP48E1, (0, 1)),
        ("int8 e5m2", DSP48E2, (0, 15)),
        ("e2m3 e5m2", DSP48E2, (0, 15)),
        ("int8 e5m2", DSP48E1, (0, 15)),
        ("e3m2 e5m2", DSP48E1, (0, 15)),
        ("e4m3 int8", DSP48E1, (0,)),
        ("int4 fp16", DSP48E2, (0, 7, 14, 21, 23)),
        ("uint4 fp16", DSP48E2, None),  # by a bit
        ("int2 fp16", DSP48E1, (0, 7, 14, 21, 23)),
        ("int4 fp16", DSP48E1, None),
        ("e5m2 e5m2", DSP48E2, None),
        ("e4m3 e5m2", DSP48E2, None),
        ("int4 bf16", DSP48E2, None),
        ("int8 e4m3", MULT18X18D, None),
    ],
)
def test_what_fits(pair, kind, shifts):
    """The wide factor first."""
    found = Placing.of(tuple(map(lookup, pair.split())), False, kind.geometry)
    assert (found and found.shifts) == shifts
    if found:
        least, most = (end << shifts[-1] for end in (found.elements[0].low, found.elements[0].high))
        assert -(1 << kind.geometry.wide - 1) <= least and most < 1 << kind.geometry.wide - 1
