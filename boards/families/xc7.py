"""AMD 7 series (``synth_xilinx -family xc7``); its slice shares sites as UltraScale+ does."""

from __future__ import annotations

from .roles import Family, Role
from .xilinx import LEVELS, MODELS, ROLES, SHARED_COUNTS, SYNTH, dsp, memory
from .xilinx_slice import tally

_SYNTH = SYNTH.format(family="xc7")

FAMILY = Family(
    name="xc7",
    flags={"lut": f"{_SYNTH} -nodsp", "dsp": _SYNTH},
    roles={
        **ROLES,
        "DSP48E1": Role("dsp", uses={"dsp": 1}, arcs=dsp, level="dsp"),
        **dict.fromkeys(("RAMB18E1", "FIFO18E1"), memory(0.5)),
        **dict.fromkeys(("RAMB36E1", "FIFO36E1"), memory(1)),
    },
    tally=tally,
    models=MODELS,
    levels=LEVELS,
    block="dsp48e1",
    counted=(*SHARED_COUNTS, "dsp", "bram36", "srl", "lutram", "muxf"),
)
