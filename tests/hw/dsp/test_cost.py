"""What blocks hold, nothing outside does."""

import re

import pytest
from amaranth.back import rtlil
from macsmith.boards import lookup as board
from macsmith.boards import synthesize
from macsmith.golden.bounds import Range, of_format
from macsmith.hw.dsp.block import instances
from macsmith.hw.dsp.element import Cascades
from macsmith.hw.dsp.kinds import DSP48E2
from macsmith.hw.dsp.layout import Layout
from macsmith.hw.dsp.packing import packings
from macsmith.hw.text.emit import emit

from macsmith import Options, design, lookup


def layout(pair, tile, lanes, count):
    sides = [of_format(lookup(name)) for name in pair.split()]
    sides = [Range(0, side.low, side.high) for side in sides]
    found = [
        packing for packing in packings(*sides, DSP48E2.geometry, tile) if packing.tile == tile
    ]
    found = max(found, key=lambda packing: packing.terms)
    return Layout(DSP48E2, found, lanes, lanes, count)


@pytest.mark.parametrize("count", [0, 2048], ids=["read every step", "sums held"])
@pytest.mark.parametrize("pair, tile", [("int16 int16", (1, 1)), ("int4 int8", (2, 1))])
def test_a_cascade_of_skewed_inputs_takes_nothing_but_blocks(pair, tile, count, build_folder):
    """Four taps; the sign of a packed element goes to its place by wires."""
    cascade = Cascades(layout(pair, tile, 4, count))
    with instances():
        text = rtlil.convert(cascade, name="taps", emit_src=False)
    # ABC takes bits of ports by these names.
    text = re.sub(r"\\\S+", lambda name: name[0].replace("[", ".").replace("]", ""), text)
    costs = synthesize(text, ["taps"], board("u280"), "dsp", [], build_folder)
    used = {name: n for name, n in costs["taps"].resources.items() if n}
    if not count:
        assert used == {"dsp": 4}
        return
    # Whether a held sum changes, and whether its own or the start is added: two functions.
    assert used["dsp"] == 4 and used["lut"] == 2 and "ff" not in used and "srl" not in used


#: Pair, flow, then MACs a block at least, LUTs and flip-flops a MAC at most.
TARGETS = [
    ("ternaryxint8 dsp_adders", "broadcast", 8, 11, 15),
    ("int2xint8 dsp_adders", "broadcast", 8, 13, 12),
    ("int8xint8", "weight_stationary", 2, 4, 12),
    ("int8xint8", "broadcast", 2, 8, 16),
    ("int4xint8", "broadcast", 2, 8, 16),
    ("int4xint4", "broadcast", 4, 6, 12),
    ("e2m1xe2m1", "broadcast", 4, 8, 12),
    ("e4m3xe4m3", "broadcast", 1, 30, 60),
    ("int4xfp16", "broadcast", 1, 37, 48),
    ("int8xint8", "systolic_os", 2, 8, 30),
    ("int4xint4", "systolic_os", 4, 6, 16),
]


@pytest.mark.slow
@pytest.mark.parametrize("pair, flow, most, lut, ff", TARGETS)
def test_packed_engines_take_as_little_as_promised(pair, flow, most, lut, ff, build_folder):
    """At 8 rows, 2 columns, 16 lanes, with read-out, accumulators and streams."""
    pair, *datapath = pair.split()
    shape = {"rows": 8, "cols": 2, "lanes": 16, "flow": flow, "output": "raw"}
    given = Options(policy="dsp", datapath=(*datapath, "auto")[0], **shape)
    emitted = emit(design(pair, given))
    [cost] = synthesize(
        emitted.fabric, [emitted.core], board("u280"), "dsp", emitted.keep, build_folder
    ).values()
    used, macs = cost.resources, emitted.plan.macs_per_cycle
    assert macs >= most * used["dsp"]
    assert used["lut"] <= lut * macs and used["ff"] <= ff * macs
