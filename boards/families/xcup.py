"""AMD UltraScale+ (``synth_xilinx -family xcup``).

yosys maps carries to CARRY4; the device has CARRY8, which ``carry8`` counts per chain. It puts no
register and no adder into a DSP48E2. Engines of the policy ``dsp`` instantiate this block; plain
products become DSP48E1 here, 7 series' block, which yosys packs, and then DSP48E2: where the one
does what the other does, and its multiplier is given the width of the other.
"""

from __future__ import annotations

from pathlib import Path

from .roles import Family, Role
from .xilinx import LEVELS, MODELS, ROLES, SHARED_COUNTS, SYNTH, carry, dsp, memory
from .xilinx_slice import tally

_SYNTH = SYNTH.format(family="xcup")
_MAPS = tuple(Path(__file__).parent / f"xcup_{name}.v" for name in ("product", "block"))

#: As yosys does for xcup, but for the maps and the packer's family. Products of up to 4 × 4 bits
#: stay in LUTs, as UG901 suggests.
_LIMITS = {"A_MAXWIDTH": 27, "B_MAXWIDTH": 18, "A_MAXWIDTH_PARTIAL": 18, "A_MINWIDTH": 2,
           "B_MINWIDTH": 2, "Y_MINWIDTH": 9, "SIGNEDONLY": 1, "NAME": "$__MUL27X18"}  # fmt: skip
_DSP = (
    "memory_dff",
    "alumacc -macc-only",
    "maccmap -unmap",
    "opt_clean",
    f"techmap -map +/mul2dsp.v -map {_MAPS[0].name} "
    + " ".join(f"-D DSP_{name}={value}" for name, value in _LIMITS.items()),
    "select a:mul2dsp",
    "setattr -unset mul2dsp",
    "opt_expr -fine",
    "wreduce",
    "select -clear",
    "xilinx_dsp -family xc7",
    "chtype -set $mul t:$__soft_mul",
    f"techmap -map {_MAPS[1].name}",
)

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
    levels=LEVELS,
    block="dsp48e2",
    dsp=_DSP,
    maps=_MAPS,
    counted=(*SHARED_COUNTS, "carry8", "dsp", "bram36", "uram", "srl", "lutram", "muxf"),
)
