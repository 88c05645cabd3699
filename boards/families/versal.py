"""AMD Versal: DSP58, which engines instantiate; nothing else is known of a mapped netlist.

yosys has no family for it, so that nothing is counted: ``missing`` says so. Datapaths are chosen by
the costs of UltraScale+, whose look-up tables have as many inputs.
"""

from __future__ import annotations

from .roles import Family
from .xilinx_slice import tally

FAMILY = Family(
    name="versal",
    flags={},
    roles={},
    tally=tally,
    models=(),
    block="dsp58",
    counted=("lut", "ff", "dsp", "bram36", "uram"),
    missing="yosys has no family for Versal, so nothing is counted there; macsmith generate writes "
    "the Verilog, with DSP58 under --policy dsp, and scripts with which Vivado counts",
    fabric="xcup",
)
