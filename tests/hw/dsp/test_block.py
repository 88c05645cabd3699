"""A block as plain arithmetic is the maker's block, by its model: proven for every mode."""

from pathlib import Path

import macsmith.sim
import pytest
from amaranth.back import rtlil
from macsmith.golden.errors import ToolFailed
from macsmith.hw import yosys
from macsmith.hw.dsp.block import Block, Mode, instances

MODEL = (Path(macsmith.sim.__file__).parent / "primitives" / "DSP48E2.v").read_text()

#: All that engines use: at the bottom of a cascade, within, at its top; with sums held or not.
MODES = {
    "bottom": Mode(start=0x123456789ABC),
    "bottom_plain": Mode(),
    "late_bottom": Mode(delay=1, start=5),
    "within": Mode(delay=1, cascades=True),
    "top": Mode(delay=1, cascades=True, accumulates=True, start=0xABCDEF),
    "alone": Mode(accumulates=True, start=0x800000000000),
    "wide_stays": Mode(start=5, stays=0),
    "narrow_stays_late": Mode(delay=1, cascades=True, stays=1),
}
MORE = {
    "narrow_stays": Mode(start=7, stays=1),
    "wide_stays_late": Mode(delay=1, cascades=True, stays=0),
    "late_bottom_stays": Mode(delay=1, start=3, stays=0),
}


def prove(modes, folder, model=MODEL):
    """Raises ToolFailed unless plain arithmetic and instances are proven equal."""
    for name, mode in modes.items():
        text = rtlil.convert(Block(mode), name=name, emit_src=False)
        (folder / f"{name}_gold.il").write_text(text)
        with instances():
            text = rtlil.convert(Block(mode), name=name, emit_src=False)
        assert text.count("cell \\DSP48E2 ") == 1
        (folder / f"{name}_gate.il").write_text(text)
    (folder / "model.v").write_text(model)
    whole = ["proc", "flatten", "opt -full", "wreduce", "opt_clean", "opt_dff", "opt -full"]
    commands = []
    for name in modes:
        for kind in ("gold", "gate"):
            models = ["read_verilog model.v"] if kind == "gate" else []
            commands += [*models, f"read_rtlil {name}_{kind}.il", f"hierarchy -top {name}", *whole]
            commands += [f"rename {name} {kind}", f"design -stash {kind}"]
        commands += ["design -copy-from gold gold", "design -copy-from gate gate"]
        commands += ["equiv_make gold gate proof", "hierarchy -top proof", "opt_clean"]
        commands += ["opt_merge -share_all", "opt_clean", "equiv_struct -icells", "equiv_simple"]
        commands += ["equiv_induct", "equiv_status -assert", "design -reset"]
    yosys.run(commands, folder)


def test_every_mode_is_the_block(build_folder):
    prove(MODES, build_folder)


@pytest.mark.slow
def test_more_modes_are_the_block(build_folder):
    prove(MORE, build_folder)


@pytest.mark.parametrize(
    "old, new",
    [
        ("inmode[3] ? d_gated - given", "inmode[3] ? d_gated + given"),
        ("3'b001: z = PCIN", "3'b001: z = PCIN + 1"),
        ("2'b10: w = RND", "2'b10: w = 48'b0"),
    ],
)
def test_a_wrong_model_is_not_proven(build_folder, old, new):
    assert old in MODEL
    with pytest.raises(ToolFailed, match="unproven"):
        prove({"top": MODES["top"]}, build_folder, MODEL.replace(old, new))
