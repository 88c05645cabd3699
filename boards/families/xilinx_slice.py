"""Counts LUT sites by the rules of the 7-series and UltraScale(+) slice.

The bounds, of which the largest is ``sites`` (DESIGN.md, "What the numbers promise"):

``lut``   LUTs + bare positions + SRLs + LUTRAM − pairs
``carry`` 4·CARRY4: a chain owns all LUT sites beside it
``ff``    FF / 2: two flip-flops stand beside each LUT site. Control sets are not modelled.

**Bare positions.** The S input of a carry, and the data inputs of MUXF7, come from the O6 output of
the LUT beside them and from nowhere else (UG574, "Carry Logic", "Multiplexers"). Where the netlist
connects something else, or a LUT that already stands beside another such pin, the site becomes a
route-through, and one with a constant S ties its O6. Positions of a carry count only up to the
highest one used. MUXF8 and MUXF9 take the wide multiplexers beside them, so an input of theirs
that no wide multiplexer drives costs a site too.

**Pairs.** Two functions of at most five distinct inputs share a site, one leaves by O6, one by O5
(:mod:`macsmith.boards.pairs`). Each site has the outputs O (O6 only), MUX (one of O6, O5, XOR,
carry, wide multiplexer) and the inputs of its flip-flops. So beside a carry position O5 is free to
leave by MUX only if neither the sum nor the carry there needs it: neither is read, or one of them
has a single reader, a flip-flop, which takes it inside. All such flip-flops of a CARRY4 must have
one clock, reset and enable, since they share those pins; otherwise no position of it is open. A LUT
whose only reader is the position's own DI reaches it from O5 inside and needs no output at all.
The carry's other DI comes by the X bypass input, which is free: flip-flops that need a bypass
have one of their own. LUTs beside wide multiplexers never share: MUX is taken.

**Inverters.** An INV that LUTs read is free: they absorb it (and count its input as theirs). One
that only the clock or set/reset of flip-flops read is free: the slice inverts those locally. One
that a carry's S or a MUXF7 reads becomes that position's bare site. For any other reader
(a flip-flop's D or CE, a carry's DI, a port, a memory) it costs a LUT of one input.

SRLs count one site each (two SRL16 could share one if all controls are equal; not claimed).
"""

from __future__ import annotations

from itertools import pairwise
from math import ceil

from ..carries import Chain, chains
from ..netlist import Bit, Cell, Module, Pin
from ..pairs import Function, pair
from .roles import Family, Role, Tally, uses

#: Pins of flip-flops that the slice can invert (UG574: clock and set/reset, not CE, not D).
INVERTIBLE = frozenset({"C", "R", "S", "CLR", "PRE", "G"})
_RESETS = ("R", "S", "CLR", "PRE")


def tally(module: Module, family: Family) -> Tally:
    """What ``module`` occupies, its children left out."""
    return _Slice(module, family).tally()


def functions(module: Module, family: Family) -> list[Function]:
    """Everything that may share a site: LUTs, inverters that need one, bare positions."""
    return _Slice(module, family).functions()


class _Slice:
    def __init__(self, module: Module, family: Family):
        self.module, self.family = module, family
        self.chains: list[Chain] = chains(module, family.roles)
        self.above = {low: high for c in self.chains for low, high in pairwise(c.cells)}
        self.claimed: dict[int, Pin] = {}
        self.positions: list[Function] = []
        self.bare = 0
        self._carry_positions()
        self._wide_multiplexers()

    def tally(self) -> Tally:
        counts = uses(self.module, self.family)
        luts = self._luts()
        doubles = sum(cell.type == "LUT6_2" for cell in self.module.cells)
        pairs = len(pair(self.functions())) + doubles
        counts["lut"] += sum(is_inverter for _, is_inverter in luts)
        counts["lut_packed"] = counts["lut"] - pairs
        counts["bare"] = self.bare
        counts["carry8"] = sum(ceil(self._carry4s(chain) / 2) for chain in self.chains)
        bounds = {
            "lut": counts["lut_packed"] + self.bare + counts["srl"] + counts["lutram"],
            "carry": 4 * counts["carry4"],
            "ff": counts["ff"] / 2,
        }
        return Tally(counts, bounds)

    def functions(self) -> list[Function]:
        return [*(f for f, _ in self._luts()), *self.positions]

    def _role(self, cell: Cell) -> Role | None:
        return self.family.roles.get(cell.type)

    def _kind(self, cell: Cell) -> str | None:
        role = self._role(cell)
        return role.kind if role else None

    def _carry4s(self, chain: Chain) -> float:
        roles = self.family.roles
        return sum(roles[self.module.cells[i].type].uses["carry4"] for i in chain.cells)

    def _carry_positions(self) -> None:
        """Claims a LUT for each used S input, or makes the position bare."""
        self.open: dict[tuple[int, int], bool] = {}
        for chain in self.chains:
            for cell, used in zip(chain.cells, chain.used, strict=True):
                self.open.update(self._open_positions(cell, len(used)))
                for index, is_used in enumerate(used):
                    if is_used:
                        self._claim(Pin(cell, "S", index), (cell, index))

    def _claim(self, pin: Pin, position: tuple[int, int] | None) -> None:
        """Puts the LUT that drives ``pin`` beside it, or counts a bare position."""
        net = self.module.cells[pin.cell].bit(pin.port, pin.bit)
        driver = self.module.drivers.get(net) if isinstance(net, int) else None
        if driver is not None and driver.cell not in self.claimed:
            cell = self.module.cells[driver.cell]
            if self._kind(cell) == "lut" and driver.port != "O5":
                self.claimed[driver.cell] = Pin(pin.cell, pin.port, pin.bit)
                return
        self.bare += 1
        if position is not None:
            inputs = self._absorbed([net])
            self.positions.append(Function(inputs, position, self.open[position]))

    def _wide_multiplexers(self) -> None:
        for index, cell in enumerate(self.module.cells):
            if self._kind(cell) != "mux":
                continue
            for port in ("I0", "I1"):
                net = cell.bit(port)
                driver = self.module.drivers.get(net) if isinstance(net, int) else None
                inner = driver is not None and self._kind(self.module.cells[driver.cell]) == "mux"
                if cell.type == "MUXF7" or not inner:
                    self._claim(Pin(index, port, 0), None)

    def _open_positions(self, index: int, width: int) -> dict[tuple[int, int], bool]:
        """For each position of a carry cell, whether its MUX output is free."""
        cell = self.module.cells[index]
        controls: set[tuple[Bit, ...]] = set()
        free = []
        for bit in range(width):
            outputs = [(cell.bit(port, bit), port) for port in ("O", "CO")]
            outside = [net for net, port in outputs if self._leaves(net, index, port)]
            flip_flop = self._flip_flop(outside[0]) if len(outside) == 1 else None
            if flip_flop is not None:
                controls.add(flip_flop)
            free.append(not outside or flip_flop is not None)
        return {(index, bit): ok and len(controls) <= 1 for bit, ok in enumerate(free)}

    def _leaves(self, net: Bit, cell: int, port: str) -> bool:
        """Whether an output is read by anything but the chain's own wire."""
        if not isinstance(net, int) or not self.module.is_read(net):
            return False
        if net in self.module.outputs:
            return True
        wire = (self.above.get(cell) if port == "CO" else None, "CI")
        return any((pin.cell, pin.port) != wire for pin in self.module.readers[net])

    def _flip_flop(self, net: Bit) -> tuple[Bit, ...] | None:
        """The control set of the flip-flop that is the only reader of ``net``, by D."""
        pin = self.module.sole_reader(net)
        if pin is None or pin.port != "D":
            return None
        cell = self.module.cells[pin.cell]
        if self._kind(cell) != "ff":
            return None
        reset = next((p for p in _RESETS if p in cell.pins), "")
        kind = "async" if reset in ("CLR", "PRE") else "sync"
        return (cell.bit("C"), cell.bit("CE"), cell.bit(reset), kind)

    def _luts(self) -> list[tuple[Function, bool]]:
        """The LUTs that a pairing may use, and the inverters that need one (marked True)."""
        found = []
        for index, cell in enumerate(self.module.cells):
            kind = self._kind(cell)
            if kind == "inverter" and self._needs_lut(cell):
                found.append((self._function(index, cell, ["I"]), True))
            elif kind == "lut" and cell.type != "LUT6_2":
                ports = [p for p in cell.pins if p not in cell.outputs]
                found.append((self._function(index, cell, ports), False))
        return found

    def _function(self, index: int, cell: Cell, ports: list[str]) -> Function:
        inputs = self._absorbed([cell.bit(port) for port in ports])
        beside = self.claimed.get(index)
        if beside is not None and beside.port == "S":
            position = (beside.cell, beside.bit)
            return Function(inputs, position, self.open[position])
        if beside is not None:
            return Function(inputs, alone=True)
        reader = self.module.sole_reader(cell.bit("O"))
        feeds = (reader.cell, reader.bit) if reader and reader.port == "DI" else None
        return Function(inputs, feeds=feeds if feeds in self.open else None)

    def _absorbed(self, bits: list[Bit]) -> frozenset[int]:
        """Distinct nets, each inverter replaced by what it inverts; constants take no input."""
        nets = set()
        for bit in bits:
            driver = self.module.drivers.get(bit) if isinstance(bit, int) else None
            if driver is not None and self._kind(self.module.cells[driver.cell]) == "inverter":
                bit = self.module.cells[driver.cell].bit("I")
            if isinstance(bit, int):
                nets.add(bit)
        return frozenset(nets)

    def _needs_lut(self, inverter: Cell) -> bool:
        net = inverter.bit("O")
        if not isinstance(net, int):
            return False
        if net in self.module.outputs:
            return True
        return not all(self._absorbs(pin) for pin in self.module.readers.get(net, []))

    def _absorbs(self, reader: Pin) -> bool:
        """Whether a reader takes an inversion for nothing, or pays for it as a bare position."""
        cell = self.module.cells[reader.cell]
        kind = self._kind(cell)
        if kind == "ff":
            return reader.port in INVERTIBLE
        if kind == "carry":
            return reader.port == "S"
        return kind in ("lut", "inverter") or (kind == "mux" and reader.port != "S")
