"""AMD's DSP48E2 (UltraScale and UltraScale+, UG579), DSP48E1 (7 series, UG479), DSP58 (Versal)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amaranth.hdl import Cat, ClockSignal, Const, Value

from ..packing import Geometry
from .kind import Kind, Ports

if TYPE_CHECKING:
    from ..adder import Adder
    from ..block import Block


def _ports(block: Block, opmode: Value, more: dict[str, Any], constant: Value) -> Ports:
    """What all have alike."""
    mode, size = block.mode, block.kind.geometry
    spare = _A_BITS[block.kind.cell] - size.wide
    twice = mode.twice(0), mode.twice(1)
    parameters = {
        **dict.fromkeys(("AREG", "ACASCREG", "DREG", "MREG", "PREG"), 1),
        **dict.fromkeys(("BREG", "BCASCREG"), 1 + twice[1]),
        **dict.fromkeys(("OPMODEREG", "ALUMODEREG"), 0),
        "INMODEREG": int(mode.chooses),
        **dict.fromkeys(("CARRYINREG", "CARRYINSELREG", "CREG"), 0),
        "ADREG": int(twice[0]),
        **more,
    }
    (early_wide, late_wide), (early_narrow, late_narrow) = map(block.enables, range(2))
    # A single register of A and B is the second.
    enables = {
        **dict.fromkeys(("A1", "A2", "D"), early_wide), "AD": late_wide,
        "B1": early_narrow, "B2": late_narrow if twice[1] else early_narrow,
        "M": block.enable, "P": block.takes,
    }  # fmt: skip
    inmode: Value = Const(0b01100, 5)  # D - A
    if mode.chooses:
        inmode = Cat(Const(0, 1), block.choose, block.choose, Const(0, 2))  # D or A
    inputs = {
        "CLK": ClockSignal(),
        "A": Cat(block.a, block.a[-1].replicate(spare)),
        "B": block.b,
        "C": constant,
        "D": block.d,
        "INMODE": inmode,
        "CEINMODE": early_wide if mode.chooses else Const(0, 1),
        "OPMODE": opmode,
        **({"PCIN": block.below} if mode.cascades else {}),
        **{f"CE{name}": value for name, value in enables.items()},
        **_TIED,
    }
    return Ports(parameters, inputs, {"P": block.p, "PCOUT": block.above})


def _dsp48e2(block: Block) -> Ports:
    """W: the start (RND), or the sum; Z: the block below; X and Y: the product."""
    mode, size = block.mode, block.kind.geometry.sum
    held: Value = Const(2 * bool(mode.start), 2)
    if mode.accumulates:
        held = Cat(~block.first, block.first)
    opmode = Cat(Const(0b0101, 4), Const(int(mode.cascades), 3), held)
    more = {"AMULTSEL": "AD", "RND": Const(mode.start, size)}
    return _ports(block, opmode, more, Const(0, size))


def _dsp58(block: Block) -> Ports:
    """The mode in which it is a DSP48E2 with wider ports (AM004)."""
    found = _dsp48e2(block)
    parameters = {**found.parameters, "DSP_MODE": "INT24", "RESET_MODE": "SYNC"}
    inputs = {**found.inputs, "NEGATE": Const(0, 3), "ASYNC_RST": Const(0, 1)}
    return Ports(parameters, inputs, found.outputs)


def _dsp48e1(block: Block) -> Ports:
    """Z: the start (C), or the sum, or the block below; X and Y: the product."""
    mode = block.mode
    added: Value = Const(0b001 if mode.cascades else 0b011 if mode.start else 0, 3)
    if mode.accumulates:
        added = Cat(block.first, Const(0b01, 2))
    opmode = Cat(Const(0b0101, 4), added)
    return _ports(block, opmode, {"USE_DPORT": "TRUE"}, Const(mode.start, block.kind.geometry.sum))


def _adder(adder: Adder, opmode: Value) -> Ports:
    """What both have alike: X is A and B together, Y is C."""
    mode = adder.mode
    parameters = {
        **dict.fromkeys(("AREG", "ACASCREG", "BREG", "BCASCREG", "CREG", "PREG"), 1),
        **dict.fromkeys(("OPMODEREG", "ALUMODEREG", "INMODEREG", "MREG", "ADREG", "DREG"), 0),
        **dict.fromkeys(("CARRYINREG", "CARRYINSELREG"), 0),
        "USE_MULT": "NONE",
        "USE_SIMD": {2: "TWO24", 4: "FOUR12"}[mode.parts],
    }
    # A single register of A and B is the second.
    enables = {name: adder.enable for name in ("A2", "B2", "C")} | {"P": adder.takes}
    inputs = {
        **_TIED,
        "CLK": ClockSignal(),
        "A": adder.a[18:], "B": adder.a[:18], "C": adder.c,
        "D": Const(0, adder.kind.geometry.wide),
        "INMODE": Const(0, 5),
        "OPMODE": opmode,
        **({"PCIN": adder.below} if mode.cascades else {}),
        **{f"CE{name}": Const(0, 1) for name in ("A1", "B1", "D", "AD", "M", "INMODE")},
        **{f"CE{name}": value for name, value in enables.items()},
    }  # fmt: skip
    return Ports(parameters, inputs, {"P": adder.p, "PCOUT": adder.above})


def _dsp48e2_adder(adder: Adder) -> Ports:
    """W: the sum; Z: the block below."""
    mode = adder.mode
    held: Value = Cat(~adder.first, Const(0, 1)) if mode.accumulates else Const(0, 2)
    return _adder(adder, Cat(Const(0b1111, 4), Const(int(mode.cascades), 3), held))


def _dsp48e1_adder(adder: Adder) -> Ports:
    """Z: the sum, or the block below."""
    mode = adder.mode
    added: Value = Const(int(mode.cascades), 3)
    if mode.accumulates:
        added = Cat(Const(0, 1), ~adder.first, Const(0, 1))
    return _adder(adder, Cat(Const(0b1111, 4), added))


#: Bits of the port A, of which the multiplier takes the low ones.
_A_BITS = {"DSP48E2": 30, "DSP48E1": 30, "DSP58": 34}

#: Inputs that no mode here uses. ACIN, BCIN, CARRYCASCIN and MULTSIGNIN are wires from the block
#: below: nothing else reaches them, so they stay open.
_TIED = {
    **{name: Const(0, size) for name, size in {
        "ALUMODE": 4, "CARRYIN": 1, "CARRYINSEL": 3,
    }.items()},
    **{f"CE{name}": Const(0, 1) for name in ("C", "ALUMODE", "CARRYIN", "CTRL")},
    **{f"RST{name}": Const(0, 1) for name in (
        "A", "ALLCARRYIN", "ALUMODE", "B", "C", "CTRL", "D", "INMODE", "M", "P",
    )},
}  # fmt: skip

#: A 27 × 18 multiplier behind a pre-adder, and 48 bits that add up four numbers.
DSP48E2 = Kind("dsp48e2", "DSP48E2", Geometry(27, 18, 48), _dsp48e2, _dsp48e2_adder)

#: 25 × 18, and 48 bits that add up three: what is held, what starts a sum, or the block below.
DSP48E1 = Kind("dsp48e1", "DSP48E1", Geometry(25, 18, 48, holds="alone"), _dsp48e1, _dsp48e1_adder)

#: 27 × 24, and 58 bits that add up four numbers.
DSP58 = Kind("dsp58", "DSP58", Geometry(27, 24, 58), _dsp58)
