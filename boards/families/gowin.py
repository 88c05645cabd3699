"""Gowin GW1N and GW2A (``synth_gowin -family``, which a board's ``flags`` name).

A configurable function unit has eight LUT4, of which six can be an ALU (a bit of a carry chain)
instead, and six flip-flops (UG288, "CFU"). ``sites`` counts LUT4 positions, the largest of

``lut``  LUTs and flip-flops that stand alone; the ALUs of each chain, with one that the carry
         enters by and one by which the fabric reads it, up to an even number, since both positions
         of a slice are ALUs or none is; eight for a 16×4 RAM
``alu``  4/3 of the ALUs
``ff``   4/3 of the flip-flops

These are the rules by which nextpnr packs: a flip-flop joins the LUT or the ALU that drives its D,
and any other takes a position of its own. MUX2_LUT5 to MUX2_LUT8 stand beside the LUTs that they
join and cost nothing. Constants are cells for ``synth_gowin``; they are made constants again.

Under the policy ``dsp`` engines instantiate MULT18X18, with its registers; products that are left
become LUTs. Blocks that ``synth_gowin`` infers have no registers, and MULT9X9 and MULT36X36 have no
model to be simulated by.
"""

from __future__ import annotations

from pathlib import Path

from ..carries import chains
from ..netlist import Cell, Module
from .roles import Bundle, Carry, Family, Position, Role, Tally, clocked, uses

REFUSAL = (
    "DSP blocks of gowin are not left to yosys, which uses them without registers and in sizes "
    "without a model (MULT9X9, MULT36X36); choose --blocks auto, or --policy lut"
)


def tally(module: Module, family: Family) -> Tally:
    """What ``module`` occupies, its children left out."""
    counts = uses(module, family)
    counts["lut_packed"] = counts["lut"]
    alus = _alu_positions(module, family)
    lut = counts["lut"] + _lone_flip_flops(module, family) + alus + counts["lutram"]
    return Tally(counts, {"lut": lut, "alu": alus * 4 / 3, "ff": counts["ff"] * 4 / 3})


def _alu_positions(module: Module, family: Family) -> int:
    """Each chain with both its ends, in pairs."""
    taken = 0
    for chain in chains(module, family.roles):
        leaves = module.is_read(module.cells[chain.cells[-1]].bit("COUT"))
        taken += -(-(1 + len(chain.cells) + leaves) // 2) * 2
        for index, above in zip(chain.cells, chain.cells[1:], strict=False):
            net = module.cells[index].bit("COUT")
            readers = module.readers.get(net, []) if isinstance(net, int) else []
            taken += 2 * any(pin.cell != above for pin in readers)
    return taken


def _lone_flip_flops(module: Module, family: Family) -> int:
    """Flip-flops beside no LUT and no ALU: each of those has one beside it at most."""
    joined, lone = set[int](), 0
    for cell in module.cells:
        if cell.type in family.roles and family.roles[cell.type].kind == "ff":
            data = cell.bit("D")
            driver = module.drivers.get(data) if isinstance(data, int) else None
            kind = family.roles.get(module.cells[driver.cell].type) if driver else None
            beside = kind is not None and kind.kind in ("lut", "carry")
            if driver is not None and beside and driver.cell not in joined:
                joined.add(driver.cell)
            else:
                lone += 1
    return lone


def _multiplier(cell: Cell) -> tuple[Bundle, ...]:
    """MULT18X18: what reaches DOUT without meeting a register; none is on by default."""
    if cell.value("OUT_REG", 0) or cell.value("PIPE_REG", 0):
        return ()
    entering = tuple(side for side in "AB" if not cell.value(f"{side}REG", 0))
    signs = tuple(f"{side}SIGN" for side in "AB" if not cell.value(f"{side}SIGN_REG", 0))
    return (((*entering, *signs), tuple(sorted(cell.outputs))),)


def _read_port(_: Cell) -> tuple[Bundle, ...]:
    return ((("RAD",), ("DO",)),)


_FLIP_FLOPS = [
    f"DFF{edge}{reset}{enable}"
    for edge in ("", "N")
    for reset in ("", "R", "S", "C", "P")
    for enable in ("", "E")
]
_RAM = Role("lutram", uses={"lutram": 8}, arcs=_read_port, level="lut")

FAMILY = Family(
    name="gowin",
    flags=dict.fromkeys(("lut", "dsp"), "synth_gowin -noiopads -nodsp"),
    roles={
        **{f"LUT{n}": Role("lut", n, {"lut": 1}, level="lut") for n in range(1, 5)},
        **{f"MUX2_LUT{n}": Role("mux", uses={"muxf": 1}, level="mux") for n in range(5, 9)},
        "ALU": Role(
            "carry",
            uses={"alu": 1},
            carry=Carry(
                (
                    Position(
                        (("I0", 0), ("I1", 0), ("I3", 0)),
                        (("I0", 0), ("I1", 0), ("I3", 0)),
                        ("SUM", 0),
                        ("COUT", 0),
                    ),
                ),
                chain_in=("CIN", 0),
                chain_out=("COUT", 0),
            ),
        ),
        **dict.fromkeys(_FLIP_FLOPS, Role("ff", uses={"ff": 1}, arcs=clocked)),
        **dict.fromkeys(("RAM16SDP1", "RAM16SDP2", "RAM16SDP4"), _RAM),
        "MULT18X18": Role("dsp", uses={"dsp": 1}, arcs=_multiplier, level="dsp"),
        **dict.fromkeys(
            ("SP", "SPX9", "SDPB", "SDPX9B", "DPB", "DPX9B", "pROM", "pROMX9"),
            Role("memory", uses={"bsram": 1}, arcs=clocked),
        ),
        "VCC": Role("constant"),
        "GND": Role("constant"),
        "BUFG": Role("buffer"),
    },
    tally=tally,
    models=("gowin/cells_sim.v",),
    block="mult18x18",
    refusal=REFUSAL,
    after=("techmap -map constants.v", "opt_clean"),
    maps=(Path(__file__).parent / "constants.v",),
    counted=("sites", "lut", "lut_packed", "ff", "alu", "dsp", "bsram", "lutram", "muxf"),
)
