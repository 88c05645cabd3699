"""What UltraScale+ itself allows: the clock tree, and DSP blocks by the registers that they use."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..netlist import Netlist


@dataclass(frozen=True)
class Grade:
    """A speed grade and the core voltage, in volts, that it is for.

    Parameters
    ----------
    bufg, dsp : the greatest frequency of the global clock tree, and of a DSP48E2 with all
        registers, in MHz.
    no_mreg, no_adreg, neither : of a block without one of its inner registers, or without both.
    """

    speed: int
    volts: float
    bufg: int
    dsp: int
    no_mreg: int
    no_adreg: int
    neither: int

    def __str__(self) -> str:
        return f"-{self.speed} at {self.volts:.2f} V"


#: "DSP48 Slice Switching Characteristics" and "Clock Buffers and Networks" of DS922 v1.18 (Kintex),
#: DS923 v1.20 (Virtex, Alveo), DS925 v1.29 (Zynq): FMAX, the same in all; -1 at 0.72 V of DS925.
GRADES = (
    Grade(3, 0.90, 891, 891, 635, 655, 483),
    Grade(2, 0.85, 775, 775, 544, 565, 410),
    Grade(1, 0.85, 667, 645, 456, 468, 338),
    Grade(2, 0.72, 725, 644, 440, 453, 323),
    Grade(1, 0.72, 667, 600, 413, 423, 304),
)

_SPEED = re.compile(r"-([123])(LV|LI|L|)(-|$)", re.IGNORECASE)


def grade(part: str) -> Grade | None:
    """The grade that a part's name tells, such as ``xcu280-fsvh2892-2L-e``; None if it does not.

    LV stands for 0.72 V. A part that may run at either voltage is taken at 0.85 V, as Vivado does.
    """
    found = _SPEED.search(part)
    if found is None:
        return None
    low = found[2].upper() == "LV"
    speed = int(found[1])
    return next((g for g in GRADES if g.speed == speed and low == (g.volts == 0.72)), None)


def limit(netlist: Netlist, top: str, of: Grade) -> int:
    """The greatest frequency, in MHz, that the clock tree and the DSP blocks of a design allow."""
    found = of.bufg
    for name in netlist.instances(top):
        for cell in netlist.modules[name].cells:
            if cell.type == "DSP48E2":
                multiplies = cell.parameters.get("USE_MULT", "MULTIPLY") != "NONE"
                adds = "AD" in (cell.parameters.get("AMULTSEL"), cell.parameters.get("BMULTSEL"))
                bare = multiplies and not cell.value("MREG", 1)
                late = adds and not cell.value("ADREG", 1)
                kinds = {
                    (False, False): of.dsp,
                    (True, False): of.no_mreg,
                    (False, True): of.no_adreg,
                    (True, True): of.neither,
                }
                found = min(found, kinds[bare, late])
    return found
