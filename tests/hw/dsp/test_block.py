"""A block as plain arithmetic is the maker's block, by its model: proven for every mode."""

import re
from pathlib import Path

import macsmith.sim
import numpy as np
import pytest
from amaranth.back import rtlil
from amaranth.hdl import Fragment, Module, Signal
from macsmith.boards import families
from macsmith.golden.errors import ToolFailed
from macsmith.hw.dsp.adder import Adder, AdderMode
from macsmith.hw.dsp.block import Block, BlockMode, instances
from macsmith.hw.dsp.kinds import (
    BLOCK_KINDS,
    DSP48E1,
    DSP48E2,
    DSP58,
    MULT18X18,
    MULT18X18D,
    MULTADDSUB18X18,
    SB_MAC16,
)
from macsmith.sim.sweep import Sweep
from macsmith.tools import yosys

FOLDER = Path(macsmith.sim.__file__).parent / "primitives"
MODELS = {kind.cell: (FOLDER / f"{kind.cell}.v").read_text() for kind in BLOCK_KINDS.values()}

#: All that engines use: at the bottom of a cascade, within, at its top; with sums held or not;
#: with a factor that stays.
MODES = {
    "bottom": (DSP48E2, BlockMode(start=0x123456789ABC)),
    "within": (DSP48E2, BlockMode(delay=1, cascades=True)),
    "top": (DSP48E2, BlockMode(delay=1, cascades=True, accumulates=True, start=0xABCDEF)),
    "chooses": (DSP48E2, BlockMode(delay=1, cascades=True, chooses=True)),
    "narrow_stays_late": (DSP48E2, BlockMode(delay=1, cascades=True, stays=1)),
    "adder_within": (DSP48E2, AdderMode(4, cascades=True)),
    "adder_top": (DSP48E2, AdderMode(2, cascades=True, accumulates=True)),
}
OTHERS = {
    "dsp48e1_within": (DSP48E1, BlockMode(delay=1, cascades=True)),
    "dsp48e1_alone": (DSP48E1, BlockMode(accumulates=True, start=0x800000000000)),
    "dsp48e1_stays": (DSP48E1, BlockMode(delay=1, start=5, stays=0)),
    "mult18x18d": (MULT18X18D, BlockMode()),
    "sb_mac16_bottom": (SB_MAC16, BlockMode(start=0x12345678)),
    "sb_mac16_within": (SB_MAC16, BlockMode(delay=1, cascades=True)),
    "multaddsub18x18": (MULTADDSUB18X18, BlockMode(start=0x12345678)),
    "multaddsub18x18_alone": (MULTADDSUB18X18, BlockMode(accumulates=True, start=0x30000000000000)),
    "mult18x18": (MULT18X18, BlockMode()),
    "dsp48e1_adder": (DSP48E1, AdderMode(2, accumulates=True)),
    "dsp58_top": (DSP58, BlockMode(delay=1, cascades=True, accumulates=True, start=0x2AB00CDEF)),
}
MORE = {
    "chooses_bottom": (DSP48E2, BlockMode(start=3, chooses=True)),
    "dsp48e1_chooses": (DSP48E1, BlockMode(delay=1, start=3, chooses=True)),
    "adder_bottom": (DSP48E2, AdderMode(4)),
    "dsp48e1_adder_within": (DSP48E1, AdderMode(4, cascades=True)),
    "bottom_plain": (DSP48E2, BlockMode()),
    "late_bottom": (DSP48E2, BlockMode(delay=1, start=5)),
    "alone": (DSP48E2, BlockMode(accumulates=True, start=0x800000000000)),
    "wide_stays": (DSP48E2, BlockMode(start=5, stays=0)),
    "dsp48e1_bottom": (DSP48E1, BlockMode(start=0x123456789ABC)),
    "narrow_stays": (DSP48E2, BlockMode(start=7, stays=1)),
    "wide_stays_late": (DSP48E2, BlockMode(delay=1, cascades=True, stays=0)),
    "late_bottom_stays": (DSP48E2, BlockMode(delay=1, start=3, stays=0)),
    "dsp48e1_plain": (DSP48E1, BlockMode()),
    "dsp48e1_late": (DSP48E1, BlockMode(delay=1, start=3)),
    "dsp58_bottom": (DSP58, BlockMode(start=0x123456789ABCDE)),
    "dsp58_chooses": (DSP58, BlockMode(delay=1, cascades=True, chooses=True)),
    "dsp58_wide_stays": (DSP58, BlockMode(start=0x2AB00CDEF1234, stays=0)),
    "dsp58_narrow_stays_late": (DSP58, BlockMode(delay=1, cascades=True, stays=1)),
    "dsp48e1_narrow_stays": (DSP48E1, BlockMode(cascades=True, delay=1, stays=1)),
}


#: Inputs that only the block beside may drive: a constant there has no route.
NEIGHBOURS = {
    **dict.fromkeys(("DSP48E1", "DSP48E2"), {"ACIN", "BCIN", "PCIN", "CARRYCASCIN", "MULTSIGNIN"}),
    "MULT18X18D": {f"SRI{side}{n}" for side in "AB" for n in range(18)},
    "MULT18X18": {"SIA", "SIB"},
}


def block(kind, mode):
    return (Adder if isinstance(mode, AdderMode) else Block)(kind, mode)


def prove(modes, folder, models=None, meeting=None):
    """Raises ToolFailed unless plain arithmetic and instances are proven equal.

    ``meeting`` are signals of both that are proven equal first, where structures differ.
    """
    for name, (kind, mode) in modes.items():
        text = rtlil.convert(block(kind, mode), name=name, emit_src=False)
        (folder / f"{name}_gold.il").write_text(text)
        with instances():
            text = rtlil.convert(block(kind, mode), name=name, emit_src=False)
        assert text.count(f"cell \\{kind.cell} ") == 1
        (folder / f"{name}_gate.il").write_text(text)
        (folder / f"{kind.cell}.v").write_text((models or MODELS)[kind.cell])
    whole = ["proc", "flatten", "opt -full", "wreduce", "opt_clean", "opt_dff", "opt -full"]
    commands = []
    for name, (kind, _) in modes.items():
        for side in ("gold", "gate"):
            read = [f"read_verilog {kind.cell}.v"] if side == "gate" else []
            commands += [*read, f"read_rtlil {name}_{side}.il", f"hierarchy -top {name}", *whole]
            commands += [f"rename {name} {side}", f"design -stash {side}"]
        commands += ["design -copy-from gold gold", "design -copy-from gate gate"]
        commands += ["equiv_make gold gate proof", "hierarchy -top proof", "opt_clean"]
        commands += ["opt_merge -share_all", "opt_clean"]
        if meeting:
            commands += ["cd proof", f"equiv_add {meeting}", "cd ..", "equiv_simple"]
        commands += ["equiv_struct -icells", "equiv_simple"]
        commands += ["equiv_induct", "equiv_status -assert", "design -reset"]
    yosys.run(commands, folder)


@pytest.mark.often(1)
@pytest.mark.cases(0)
@pytest.mark.parametrize("modes", [MODES, OTHERS], ids=["dsp48e2", "others"])
def test_every_mode_is_the_block(modes, build_folder):
    prove(modes, build_folder)


@pytest.mark.parametrize("name", [*MODES, *OTHERS])
def test_wires_from_the_block_beside_stay_open(name):
    kind, mode = (MODES | OTHERS)[name]
    ports = kind.parts if isinstance(mode, AdderMode) else kind.ports
    made = block(kind, mode)
    wires = NEIGHBOURS.get(kind.cell, set()) & ports(made).inputs.keys()
    Fragment.get(made, None)  # what is made and not used is told by a warning
    assert wires == ({"PCIN"} if mode.cascades and kind.cell.startswith("DSP48") else set())
    assert NEIGHBOURS.get(kind.cell, set()) <= set(re.findall(r"\w+", MODELS[kind.cell]))


@pytest.mark.slow
def test_7_series_blocks_are_those_of_yosys(build_folder):
    """Which has a model of its own."""
    cells = families.models("xc7")[0].read_text()
    start = cells.index("module DSP48E1 (")
    model = cells[start : cells.index("endmodule", start)] + "endmodule\n"
    modes = {name: item for name, item in (OTHERS | MORE).items() if item[0] == DSP48E1}
    # There a pre-adder chooses by adding zero.
    chosen = {name: item for name, item in modes.items() if getattr(item[1], "chooses", False)}
    meeting = "\\wide_gold \\block.AD_result_gate"
    assert len(chosen) == 1
    prove(chosen, build_folder, {"DSP48E1": model}, meeting)
    both = model.replace("INMODEr[1] ? 25'b0 : Ar12_muxed", "Ar12_muxed")
    assert both != model
    with pytest.raises(ToolFailed, match="unproven"):
        prove(chosen, build_folder, {"DSP48E1": both}, meeting)
    prove({n: item for n, item in modes.items() if n not in chosen}, build_folder,
          {"DSP48E1": model})  # fmt: skip
    wrong = model.replace("(Dr_gated - Ar12_gated)", "(Dr_gated + Ar12_gated)")
    assert wrong != model
    with pytest.raises(ToolFailed, match="unproven"):
        prove({"stays": OTHERS["dsp48e1_stays"]}, build_folder, {"DSP48E1": wrong})


def test_ice40_blocks_are_those_of_yosys():
    """Which has a model of its own, of four products of bytes, with resets that never come."""
    cells = families.models("ice40")[0].read_text()
    start = cells.index("module SB_MAC16 (")
    model = cells[start : cells.index("endmodule", start)] + "endmodule\n"
    # No reset ever comes, and one that is asynchronous is not simulated.
    for reset in ("IRSTTOP", "IRSTBOT", "ORSTTOP", "ORSTBOT"):
        model = model.replace(f", posedge {reset}", "")
    modes = [item[1] for item in OTHERS.values() if item[0] == SB_MAC16]
    assert all(agrees(SB_MAC16, mode, model).all() for mode in modes)
    assert "+ HCI" in model
    assert not agrees(SB_MAC16, modes[1], model.replace("+ HCI", "")).all()


def test_nexus_blocks_are_those_of_yosys():
    """Which has a model of all blocks in one."""
    share = families.models("xc7")[0].parents[1]
    cells = (share / "nexus" / "cells_sim.v").read_text()
    parts = []
    for name in ("OXIDE_DSP_REG", "OXIDE_DSP_SIM", "MULTADDSUB18X18"):
        start = cells.index(f"module {name} ")
        parts.append(cells[start : cells.index("endmodule", start)] + "endmodule\n")
    model = "".join(parts)
    modes = [item[1] for item in OTHERS.values() if item[0] == MULTADDSUB18X18]
    assert len(modes) == 2
    assert all(agrees(MULTADDSUB18X18, mode, model).all() for mode in modes)
    # The sign of a product is held by a register of the controls.
    wrong = model.replace("sgd_r2 ? pipe_q", "sgd_r ^ 1'b1 ? pipe_q")
    assert wrong != model and not agrees(MULTADDSUB18X18, modes[0], wrong).all()


class Placed(Block):
    """The instance, wherever it stands."""

    def elaborate(self, platform):
        return self._instance()


def agrees(kind, mode, model):
    """Whether plain arithmetic and the instance agree in each of many cycles of random numbers."""
    m, w, a = Module(), Signal(64, name="w"), Signal(64, name="a")
    enable, agree = Signal(name="enable"), Signal(name="agree")
    m.submodules.plain = plain = Block(kind, mode)
    m.submodules.placed = placed = Placed(kind, mode)
    for block in (plain, placed):
        m.d.comb += [block.enable.eq(enable), block.d.eq(w), block.b.eq(w >> 20)]
        if mode.cascades:
            m.d.comb += block.below.eq(a)
        if mode.accumulates:
            m.d.comb += [block.take.eq(a[0]), block.first.eq(a[1:4].all())]
    same = plain.p == placed.p
    if kind.geometry.cascades:
        same = same & (plain.above == placed.above)
    m.d.comb += agree.eq(same)
    outputs, sources = {"agree": agree}, {"model.v": model}
    sweep = Sweep(m, w, a, outputs, enable=enable, latency=1, sources=sources)
    codes = np.random.default_rng(1).integers(0, 1 << 63, (2, 5000), np.uint64)
    # Until a sum has started, or a constant is in its register, anything may come.
    settled = 200 if mode.accumulates else 4 if mode.start and not kind.geometry.cascades else 0
    return sweep.run(*codes, 1)["agree"][settled:, 0] == 1


@pytest.mark.slow
def test_more_modes_are_the_block(build_folder):
    prove(MORE, build_folder)


@pytest.mark.often(1)
@pytest.mark.parametrize(
    "old, new",
    [
        ("x[part * SIZE +: SIZE] + y", "(part == 1) + x[part * SIZE +: SIZE] + y"),
        ("inmode[3] ? d_gated - given", "inmode[3] ? d_gated + given"),
        ("3'b001: z = PCIN", "3'b001: z = PCIN + 1"),
        ("2'b10: w = RND", "2'b10: w = 48'b0"),
    ],
)
def test_a_wrong_model_is_not_proven(build_folder, old, new):
    model = MODELS["DSP48E2"]
    assert old in model
    modes = {"top": MODES["top"]} if "part" not in old else {"within": MODES["adder_within"]}
    with pytest.raises(ToolFailed, match="unproven"):
        prove(modes, build_folder, {"DSP48E2": model.replace(old, new)})
