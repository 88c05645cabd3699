"""Cells that 7 series and UltraScale+ share, as ``synth_xilinx`` emits them."""

from __future__ import annotations

import re

from ..netlist import Cell
from .roles import Bundle, Carry, Position, Role, clocked

#: ``-noiopad -noclkbuf``: engines are parts of a larger design, so nothing goes to pads.
SYNTH = "synth_xilinx -family {family} -noiopad -noclkbuf -flatten"

MODELS = ("xilinx/cells_sim.v",)

#: ABC9 takes a LUT for 0.24 ns with two inputs and 0.64 ns with six, and 0.3 ns for the wire to it.
#: It therefore strings four small ones wherever a carry run elsewhere is slower. With wires of
#: 10 ns all LUTs count alike. Wide multiplexers, which then seem free, would cost more than LUTs.
LEVELS = (("scratchpad -set synth_xilinx.abc9.W 10000",), "-nowidelut")


def carry(width: int, *initial: str) -> Carry:
    """CARRY4 and CARRY8: O = S ^ carry-in, CO = S ? carry-in : DI, from bit 0 up."""
    return Carry(
        tuple(
            Position((("S", i), ("DI", i)), (("S", i),), ("O", i), ("CO", i)) for i in range(width)
        ),
        chain_in=("CI", 0),
        chain_out=("CO", width - 1),
        initial=tuple((port, 0) for port in initial),
    )


def read_port(cell: Cell) -> tuple[Bundle, ...]:
    """LUTRAM and SRL read combinationally: each output follows the address of its own port."""
    bundles = []
    for out in cell.outputs:
        pattern = {"DPO": r"DPRA\d*", "SPO": r"A\d*", "O": r"A\d*", "Q": r"A\d*"}.get(out)
        if pattern is None:
            pattern = f"ADDR{out[2:]}" if out.startswith("DO") else r"(?!)"
        address = tuple(p for p in cell.pins if re.fullmatch(pattern, p))
        bundles.append((address, (out,)))
    return tuple(bundles)


def dsp(cell: Cell) -> tuple[Bundle, ...]:
    """What reaches P of a DSP48 without meeting a register that the parameters switch on.

    UG579, "DSP48E2 attributes": xREG = 0 bypasses a register; all default to 1.
    """

    def through(port: str, register: str) -> tuple[str, ...]:
        return () if cell.value(register, 1) else (port,)

    cascades = (
        *(((("A", "ACIN"), ("ACOUT",)),) if not cell.value("ACASCREG", 1) else ()),
        *(((("B", "BCIN"), ("BCOUT",)),) if not cell.value("BCASCREG", 1) else ()),
    )
    if cell.value("PREG", 1):
        return cascades
    operands = (*through("A", "AREG"), *through("B", "BREG"))
    operands += ("ACIN",) if "A" in operands else ()
    operands += ("BCIN",) if "B" in operands else ()
    multiplier = (*operands, *through("INMODE", "INMODEREG"))
    if not cell.value("ADREG", 1):
        multiplier += through("D", "DREG")
    use = cell.parameters.get("USE_MULT", "MULTIPLY")
    entering = (
        *(multiplier if use != "NONE" and not cell.value("MREG", 1) else ()),
        *(operands if use != "MULTIPLY" else ()),
        *through("C", "CREG"),
        *through("OPMODE", "OPMODEREG"),
        *through("ALUMODE", "ALUMODEREG"),
        *through("CARRYIN", "CARRYINREG"),
        *through("CARRYINSEL", "CARRYINSELREG"),
        *("PCIN", "CARRYCASCIN", "MULTSIGNIN"),
    )
    leaving = tuple(sorted(cell.outputs - {"ACOUT", "BCOUT"}))
    return ((tuple(dict.fromkeys(entering)), leaving), *cascades)


def _lutram(sites: int) -> Role:
    return Role("lutram", uses={"lutram": sites}, arcs=read_port, level="lut")


def memory(amount: float, resource: str = "bram36") -> Role:
    return Role("memory", uses={resource: amount}, arcs=clocked)


#: Sites of distributed RAMs (UG574, "Distributed RAM"; UG474 for RAM32M, RAM64M).
_LUTRAM_SITES = {
    "RAM32X1S": 1, "RAM64X1S": 1, "RAM128X1S": 2, "RAM256X1S": 4, "RAM512X1S": 8,
    "RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1D": 4, "RAM256X1D": 8,
    "RAM32M": 4, "RAM64M": 4, "RAM32M16": 8, "RAM64M8": 8, "RAM32X16DR8": 8, "RAM64X8SW": 8,
}  # fmt: skip

_FF = Role("ff", uses={"ff": 1}, arcs=clocked)
_MUX = Role("mux", uses={"muxf": 1}, level="mux")
_SRL = Role("srl", uses={"srl": 1}, arcs=read_port, level="lut")

ROLES: dict[str, Role] = {
    **{f"LUT{n}": Role("lut", n, {"lut": 1}, level="lut") for n in range(1, 7)},
    "LUT6_2": Role("lut", 6, {"lut": 2}, level="lut"),
    "INV": Role("inverter"),
    "GND": Role("constant"),
    "VCC": Role("constant"),
    **dict.fromkeys(("IBUF", "OBUF", "BUFG", "BUFGCE"), Role("buffer")),
    **dict.fromkeys(("MUXF7", "MUXF8", "MUXF9"), _MUX),
    "CARRY4": Role("carry", uses={"carry4": 1}, carry=carry(4, "CYINIT")),
    **dict.fromkeys(("FDRE", "FDSE", "FDCE", "FDPE", "LDCE", "LDPE"), _FF),
    **dict.fromkeys(("FDRE_1", "FDSE_1", "FDCE_1", "FDPE_1"), _FF),
    **dict.fromkeys(("SRL16E", "SRLC16E", "SRLC32E"), _SRL),
    **{name: _lutram(sites) for name, sites in _LUTRAM_SITES.items()},
}

SHARED_COUNTS = ("sites", "lut", "lut_packed", "bare", "ff", "carry4")
