"""What a comparison is: what was asked for, a design under a policy, and all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ..boards import Board
from ..boards.estimates import Estimate, Figure
from ..boards.routing import Routed
from ..report import Report
from .accuracy import Accuracy, Data
from .candidates import Candidate
from .exchange import exchange
from .front import front
from .traffic import bits_of, bytes_a_cycle, element_bits

#: Both, told apart: without DSP blocks, and with them.
POLICIES = ("lut", "dsp")


@dataclass(frozen=True)
class Asked:
    """What is compared.

    Parameters
    ----------
    names : designs.
    board : for which they are synthesized.
    macs : a cycle.
    k : elements of a reduction.
    policies : ``lut``, ``dsp`` or both.
    rows, cols, lanes : sides of the shape; None leaves them to :func:`.candidates.shapes`.
    dsp_sites : LUT sites that a DSP block is worth; None: the board's LUTs over its blocks.
    seed : of data that are drawn.
    scaling : also cost each design at half and a quarter of its lanes, under the first policy.
    costs : tell costs at all.
    fast : foresee them, from plans, instead of synthesizing.
    seeds : place and route what is synthesized too, once with each.
    """

    names: tuple[str, ...]
    board: Board
    macs: int = 256
    k: int = 4096
    policies: tuple[str, ...] = POLICIES
    rows: int | None = None
    cols: int | None = None
    lanes: int | None = None
    dsp_sites: float | None = None
    seed: int = 1
    scaling: bool = True
    costs: bool = True
    fast: bool = False
    seeds: tuple[int, ...] = ()

    @property
    def routes(self) -> bool:
        """Whether designs are routed."""
        return bool(self.seeds) and self.costs and not self.fast

    @property
    def exchange(self) -> float:
        """Sites that a DSP block counts."""
        if self.dsp_sites is not None:
            return self.dsp_sites
        return exchange(self.board)


@dataclass(frozen=True)
class Entry:
    """A design under one policy.

    Parameters
    ----------
    candidate : the engine.
    asked : what it is compared for.
    lost : its accuracy by name of the data; None where there is none, which a remark says.
    report : its cost; None if nothing is synthesized.
    remarks : what is to be known of it, a line each.
    """

    candidate: Candidate
    asked: Asked
    lost: Mapping[str, Accuracy | None]
    report: Report | None = None
    remarks: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.candidate.name

    @property
    def policy(self) -> str:
        return self.candidate.policy if self.report else "–"

    @property
    def operand_bits(self) -> tuple[int, int]:
        """Bits of an element of the weight, and of the activation."""
        arithmetic = self.candidate.engine.modes[0]
        return element_bits(arithmetic.weight), element_bits(arithmetic.activation)

    @property
    def weight_bits(self) -> float:
        """Bits a weight, scales and all."""
        return float(bits_of(self.candidate.engine.modes[0].weight, self.asked.k))

    @cached_property
    def bytes_a_cycle(self) -> Mapping[str, float] | None:
        """By stream."""
        found = bytes_a_cycle(self.candidate.hardware, self.asked.k)
        return None if found is None else {name: float(many) for name, many in found.items()}

    def used(self, resource: str, part: str = "all") -> float | None:
        """A resource of all of it, of the scale ``path``, or of the ``array``: of all the rest.

        None where nothing was synthesized; 0 for the path of a design without one.
        """
        if self.report is None:
            return None
        whole = float(self.report.cost.resources.get(resource, 0))
        path = self.report.parts.get("scale path")
        of_path = float(path.resources.get(resource, 0)) if path else 0.0
        return {"all": whole, "path": of_path, "array": whole - of_path}[part]

    @property
    def fmax(self) -> Estimate | None:
        """The frequency that Vivado or nextpnr may reach, as far as it is known."""
        if self.report is None:
            return None
        return self.report.fmax or (self.report.vivado.fmax if self.report.vivado else None)

    @property
    def vivado_lut(self) -> Figure | None:
        """Vivado's LUTs, estimated, where the error is known."""
        found = self.report.vivado if self.report else None
        return found.lut if found else None

    @property
    def routed(self) -> Routed | None:
        """What an open router makes of it, if it was asked, and the part is large enough."""
        return self.report.routed if self.report else None

    @property
    def cost(self) -> float | None:
        """Sites, each DSP block counted as so many."""
        sites, blocks = self.used("sites"), self.used("dsp")
        if sites is None or blocks is None:
            return None
        return sites + self.asked.exchange * blocks


@dataclass(frozen=True)
class Point:
    """A design at other lanes, for the curve of its cost."""

    name: str
    candidate: Candidate
    report: Report
    exchange: float

    @property
    def lanes(self) -> int:
        return self.candidate.shape[2]

    @property
    def per_mac(self) -> float:
        """Sites, with DSP blocks at their rate, for each MAC a cycle."""
        used = self.report.cost.resources
        return (used["sites"] + self.exchange * used.get("dsp", 0)) / float(self.candidate.rate)


@dataclass(frozen=True)
class Comparison:
    """What came out.

    Parameters
    ----------
    asked : what was compared.
    entries : a design and policy each, in the order in which they were named.
    data : what accuracies are of.
    points : the curve of cost over lanes, of the first policy.
    """

    asked: Asked
    entries: tuple[Entry, ...]
    data: tuple[Data, ...]
    points: tuple[Point, ...] = ()
    _fronts: dict[str, list[bool]] = field(default_factory=dict, compare=False)

    def fronts(self, entry: Entry) -> list[str]:
        """The data on whose Pareto front of cost and error an entry is."""
        place = self.entries.index(entry)
        return [data.name for data in self.data if self.front(data.name)[place]]

    def front(self, data: str) -> list[bool]:
        """For each entry, whether no other is cheaper without losing more on some data."""
        if data not in self._fronts:
            self._fronts[data] = front([_point(entry, data) for entry in self.entries])
        return self._fronts[data]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What makes the figures less comparable than they look."""
        pairs: dict[tuple[int, int], list[str]] = {}
        for entry in self.entries:
            names = pairs.setdefault(entry.operand_bits, [])
            if entry.name not in names:
                names.append(entry.name)
        found = []
        if len(pairs) > 1:
            told = "; ".join(
                f"{weight} × {activation} bits: {', '.join(names)}"
                for (weight, activation), names in sorted(pairs.items())
            )
            found.append(
                "the operands differ in precision, weight × activation, so neither cost nor error "
                f"is of the format alone ({told})"
            )
        for entry in self.entries:
            for remark in entry.remarks:
                found.append(f"{entry.name}: {remark}")
        return tuple(dict.fromkeys(found))


def _point(entry: Entry, data: str) -> tuple[float, float] | None:
    """An entry's cost and dB on some data, where both are known: to a tenth, as it is printed."""
    lost = entry.lost.get(data)
    return None if lost is None or entry.cost is None else (entry.cost, round(lost.product, 1))
