"""What an engine occupies: each kept module counted once, times the places where it stands.

The rule that turns cells into LUT sites belongs to the family: :mod:`.families.xilinx_slice`,
:mod:`.families.lattice`, :mod:`.families.ice40`, :mod:`.families.gowin`. LUTs are paired within a
module, never across.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from ..golden.errors import DesignError
from .families.roles import Family, Tally
from .netlist import Module, Netlist


@dataclass(frozen=True)
class Usage:
    """What one top occupies.

    Parameters
    ----------
    resources : by name, in the family's order of reports. ``sites`` are LUT sites (logic cells on
        ice40), ``lut`` LUT cells, ``lut_packed`` = ``lut`` − pairs, ``bare`` positions that need a
        site without a LUT, ``bram36`` in halves; the others are cells.
    bounds : what ``sites`` is the largest of, by name.
    """

    resources: Mapping[str, float]
    bounds: Mapping[str, float]

    @property
    def sites(self) -> int:
        """LUT sites, rounded up."""
        return int(self.resources["sites"])


def usage(netlist: Netlist, top: str, family: Family) -> Usage:
    """What ``top`` occupies with everything below it.

    Raises
    ------
    DesignError : a cell type that the family does not know.
    UnknownName : no such top.
    """
    counts: defaultdict[str, float] = defaultdict(float)
    bounds: defaultdict[str, float] = defaultdict(float)
    for name, times in netlist.instances(top).items():
        tally = _tally(netlist, netlist.modules[name], family)
        for key, amount in tally.counts.items():
            counts[key] += amount * times
        for key, amount in tally.bounds.items():
            bounds[key] += amount * times
    counts["sites"] = ceil(max(bounds.values()))
    return Usage({key: _tidy(counts[key]) for key in family.counted}, dict(bounds))


def _tally(netlist: Netlist, module: Module, family: Family) -> Tally:
    for cell in module.cells:
        if cell.type not in family.roles and cell.type not in netlist.modules:
            raise DesignError(
                f"cell type {cell.type!r} is not known to family {family.name}, "
                f"got {cell.name!r} in module {module.name!r}"
            )
    return family.tally(module, family)


def _tidy(amount: float) -> float:
    return int(amount) if amount == int(amount) else amount
