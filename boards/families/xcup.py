"""AMD UltraScale+ (``synth_xilinx -family xcup``).

yosys maps carries to CARRY4; the device has CARRY8, which ``carry8`` counts per chain. It absorbs
no register into a DSP48E2: engines of the policy ``dsp`` instantiate it.
"""

from __future__ import annotations

from .roles import Family, Role
from .xilinx import MODELS, ROLES, SHARED_COUNTS, SYNTH, carry, dsp, memory
from .xilinx_slice import tally

_SYNTH = SYNTH.format(family="xcup")

FAMILY = Family(
    name="xcup",
    flags={"lut": f"{_SYNTH} -nodsp", "dsp": _SYNTH},
    roles={
        **ROLES,
        "CARRY8": Role("carry", uses={"carry4": 2}, carry=carry(8)),
        "DSP48E2": Role("dsp", uses={"dsp": 1}, arcs=dsp, level="dsp"),
        **dict.fromkeys(("RAMB18E2", "FIFO18E2"), memory(0.5)),
        **dict.fromkeys(("RAMB36E2", "FIFO36E2"), memory(1)),
        **dict.fromkeys(("URAM288", "URAM288_BASE"), memory(1, "uram")),
    },
    tally=tally,
    models=MODELS,
    block="dsp48e2",
    counted=(*SHARED_COUNTS, "carry8", "dsp", "bram36", "uram", "srl", "lutram", "muxf"),
)
