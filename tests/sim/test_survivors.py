"""Faults that stimuli have missed before: the hardware is broken by hand, and must be found out.

By the directed reductions of a verification, and by those of an emitted test bench, each alone.
"""

from dataclasses import replace

import pytest
from amaranth.hdl import Cat, Const, Mux
from macsmith.hw.array.systolic import SystolicArray
from macsmith.hw.datapaths.minifloat import MinifloatTable
from macsmith.hw.fp import multiply, rows
from macsmith.hw.fp.pack import Packing
from macsmith.hw.fp.round import Rounding
from macsmith.hw.text.emit import emit
from macsmith.sim.batch import run_batch
from macsmith.sim.directed import directed, units_of
from macsmith.sim.harness import harness
from macsmith.sim.streams import Simulator

from macsmith.designs import Options, design

pytestmark = pytest.mark.slow


def flushed(monkeypatch):
    """Subnormal results become zero."""
    kept = Packing._finish

    def finish(self, m, pipe, live):
        normal = live.total[self.format.mantissa_width :].any()
        live.total = Mux(normal, live.total, 0)[: len(live.total)]
        return kept(self, m, pipe, live)

    monkeypatch.setattr(Packing, "_finish", finish)


def without_sticky(monkeypatch):
    """Of what is shifted out, nothing is remembered."""
    kept = Rounding._decide

    def decide(self, m, live):
        live.sticky = Const(0, 1)
        lost = len(live.bits) - self.normalisation.width(len(self.normalisation.levels))
        live.bits = Cat(live.negative.replicate(lost), live.bits[lost:])
        kept(self, m, live)

    monkeypatch.setattr(Rounding, "_decide", decide)


def truncated(monkeypatch):
    """What is cut off never rounds a result up."""
    kept = Rounding._up

    def up(self, m, live, *others):
        kept(self, m, live, *others)
        return Const(0, 1)

    monkeypatch.setattr(Rounding, "_up", up)


def infinity_missed(monkeypatch):
    """An infinite factor counts as the number that its bits would be."""
    kept, calls = multiply.unpack, []

    def unpack(m, fmt, code, **options):
        calls.append(code)
        found = kept(m, fmt, code, **options)
        return found if len(calls) % 2 else replace(found, inf=Const(0, 1))

    monkeypatch.setattr(multiply, "unpack", unpack)


def low_bit_of_a_row(monkeypatch):
    """The lowest bit of a Booth row of two floats' significands is stuck."""
    kept = rows._row

    def row(m, live, digit, name):
        found = kept(m, live, digit, name)
        return Cat(Const(0, 1), found[1:]) if name == "factor_0_0" else found

    monkeypatch.setattr(rows, "_row", row)


def row_not_held(monkeypatch):
    """The register of the last row's weights moves on while the array holds still."""
    kept = SystolicArray._edge

    def edge(self, m, advance, side, index, *others):
        moving = Const(1, 1) if not side and index == self.plan.grid[0] - 1 else advance
        return kept(self, m, moving, side, index, *others)

    monkeypatch.setattr(SystolicArray, "_edge", edge)


def one_entry(monkeypatch):
    """One product of one lane's table is wrong."""
    kept, calls = MinifloatTable.encode, []

    def encode(self, m, stage, weight, activation, before):
        found = kept(self, m, stage, weight, activation, before)
        calls.append(found)
        if len(calls) % 4 != 3:
            return found
        here = (weight == 0b1101) & (activation == 0b0011)
        return found ^ here

    monkeypatch.setattr(MinifloatTable, "encode", encode)


SMALL = Options(rows=2, cols=2)

#: fault, engine, options: what the part is in.
FAULTS = [
    (flushed, "w4a8", SMALL),
    (flushed, "mxfp4", Options(rows=2, cols=2, partials=2)),
    (without_sticky, "w4a8", SMALL),
    (without_sticky, "posit8_0", SMALL),
    (truncated, "w4a8", SMALL),
    (truncated, "posit8_0", SMALL),
    (infinity_missed, "w8a8", SMALL),
    (infinity_missed, "nvfp4", SMALL),
    (low_bit_of_a_row, "w8a8", SMALL),
    (row_not_held, "int8xint8", Options(flow="systolic_os", rows=3, cols=3)),
    (one_entry, "e2m1xe2m1", SMALL),
]


@pytest.mark.parametrize(
    "fault, name, options", FAULTS, ids=[f"{fault.__name__}-{name}" for fault, name, _ in FAULTS]
)  # fmt: skip
def test_the_fault_is_found(monkeypatch, fault, name, options):
    engine = design(name, options)
    sound = emit(engine)
    fault(monkeypatch)
    broken = emit(engine)
    assert broken.rtlil != sound.rtlil, "nothing was broken"
    machine = Simulator(replace(sound, rtlil=broken.rtlil, keep=broken.keep))
    long = (
        directed(engine, 1, units=units_of(sound.plan))
        or harness(sound.hardware).chosen(40, 1).held
    )
    for sent in (long, harness(sound.hardware).chosen(40, 1).held):
        assert run_batch(sound, sent, simulator=machine, stalls=1, turns=True).report


#: Faults in the Verilog of w4a8, 2 x 2 x 4: what is written there, and instead.
WRITTEN = {
    "an accumulator is one bit short": (
        "held <= held_difference[19:1];",
        "held <= {held_difference[18], held_difference[18:1]};",
    ),
    "two nibbles are swapped": (
        ".weight(weight),\n        .activation(activation),\n        .clk(clk),\n        .o(i)",
        ".weight({weight[15:8], weight[3:0], weight[7:4]}),\n        .activation(activation),\n"
        "        .clk(clk),\n        .o(i)",
    ),
}


@pytest.mark.parametrize("fault", WRITTEN)
def test_the_emitted_bench_finds_what_was_changed_by_hand(fault):
    sound = emit(design("w4a8", Options(rows=2, cols=2, lanes=4)))
    old, new = WRITTEN[fault]
    assert sound.verilog.count(old) == 1
    machine = Simulator(sound, core=sound.verilog.replace(old, new))
    assert run_batch(sound, harness(sound.hardware).chosen(40, 1).freely, simulator=machine).report
