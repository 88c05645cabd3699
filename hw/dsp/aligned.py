"""Float sums of a tile: significands in shared blocks; signs, exponents and flags beside them."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Member, Out

from ..arith.aligned_sum import AlignedSum, SumAlignment
from ..arith.partial_sums import PartialLoop, PartialSums, places
from ..arith.partial_word import PartialWord
from ..arith.product import exponent_sum, raise_flags
from ..arith.shapes import member
from ..arith.sums import Sum
from ..arith.timing import delayed
from .element import Cascades
from .words import word

if TYPE_CHECKING:
    from ..datapaths.magnitudes import Magnitudes


class MagnitudeTile(wiring.Component):
    """Products of some rows and columns that share blocks, and what there is beside them.

    Parameters
    ----------
    datapath : :class:`Magnitudes`
    total : :class:`Sum`

    Members
    -------
    enable, accumulate, first : :py:`In(1)`
    weight, activation : :py:`In(datapath.words_layout(…))`
    """

    def __init__(self, datapath: Magnitudes, total: Sum, more: dict[str, Member]):
        self.datapath = datapath
        self.alignment = SumAlignment(datapath, total)
        super().__init__(
            {
                "enable": In(1),
                "accumulate": In(1),
                "first": In(1),
                "weight": In(datapath.words_layout(0)),
                "activation": In(datapath.words_layout(1)),
                **more,
            }
        )

    def _products(self, m: Module, waits: int = 0) -> list[dict[tuple[int, int], Value]]:
        """The magnitudes of every lane's products, by row and column; operands wait before."""
        layout = self.datapath.layout
        packing = layout.packing
        m.submodules.blocks = blocks = Cascades(layout)
        m.d.comb += blocks.enable.eq(self.enable)
        found = []
        for lane in range(layout.lanes):
            for side, operand in enumerate((self.weight, self.activation)):
                port_side = side ^ packing.swapped
                port = (blocks.wide, blocks.narrow)[port_side]
                many = range(self.datapath.tile[side])
                numbers = [operand[lane][number].significand for number in many]
                numbers = [
                    delayed(m, self.enable, value, waits, f"significand_{side}_{lane}")
                    for value in numbers
                ]
                m.d.comb += port[lane].eq(word(packing, port_side, numbers))
            magnitudes = {}
            for field in packing.fields:
                at = (field.wide, field.narrow)[:: -1 if packing.swapped else 1]
                bits = packing.bits(1, field)
                magnitudes[at] = blocks.o[lane][field.offset : field.offset + bits]
            found.append(magnitudes)
        return found

    def _beside(self, m: Module, side: int, many: int, waits: int) -> list[list[Signal]]:
        """What else there is of every element, some cycles later; row or column by lane.

        What has to do with both elements of a product is found in that cycle.
        """
        found = []
        for number in range(many):
            lanes = []
            for lane in range(self.datapath.lanes):
                element = (self.weight, self.activation)[side][lane][number]
                names = [name for name in element.shape().members if name != "significand"]
                layout = data.StructLayout({name: element.shape().members[name] for name in names})
                label = f"{('weight', 'activation')[side]}_{number}_{lane}"
                bits = Cat(element[name] for name in names)
                late = Signal(layout, name=f"beside_{label}")
                m.d.comb += late.eq(delayed(m, self.enable, bits, waits, f"waits_{label}"))
                lanes.append(late)
            found.append(lanes)
        return found

    def _term(self, m: Module, w: Value, a: Value, label: str) -> tuple[Signal, Signal]:
        """Sign and exponent of a product, and its flags."""
        plan, datapath = self.alignment, self.datapath
        term = Signal(plan.term, name=f"term_{label}", reset_less=True)
        mark = Signal(plan.marks, name=f"mark_{label}", reset_less=True)
        raised = Signal.like(mark, name=f"raised_{label}")
        raise_flags(m, datapath.flags, w, a, raised)
        with m.If(self.enable):
            m.d.sync += [
                term.sign.eq(member(w, "sign") ^ member(a, "sign")),
                term.exponent.eq(exponent_sum(w, a)),
                mark.eq(raised),
            ]
        return term, mark


class AlignedTile(MagnitudeTile):
    """The aligned sums of some rows and columns, whose products share blocks.

    Parameters
    ----------
    late : cycles by which the sums are to leave later.

    Members
    -------
    o : :py:`Out(ArrayLayout(format.bits, rows * cols))`
        As of :class:`Tile`.
    """

    def __init__(self, datapath: Magnitudes, total: Sum, late: int):
        self.late = late
        rows, cols = datapath.tile
        fmt = SumAlignment(datapath, total).format
        super().__init__(datapath, total, {"o": Out(data.ArrayLayout(fmt.bits, rows * cols))})

    def elaborate(self, platform: Any) -> Module:
        m, datapath, plan = Module(), self.datapath, self.alignment
        rows, cols = datapath.tile
        products = self._products(m)
        waits = datapath.layout.latency - 1
        beside = self._beside(m, 0, rows, waits), self._beside(m, 1, cols, waits)
        for row, col in product(range(rows), range(cols)):
            found, label = AlignedSum(plan), f"{row}_{col}"
            m.submodules[f"sum_{label}"] = found
            m.d.comb += [
                found.enable.eq(self.enable),
                found.accumulate.eq(self.accumulate),
                found.first.eq(self.first),
            ]
            for lane in range(datapath.lanes):
                w, a = beside[0][row][lane], beside[1][col][lane]
                term, mark = self._term(m, w, a, f"{label}_{lane}")
                m.d.comb += [
                    found.terms[lane].eq(term),
                    found.terms[lane].magnitude.eq(products[lane][row, col]),
                    found.marks[lane].eq(mark),
                ]
            late = delayed(m, self.enable, found.o, self.late, f"late_{label}")
            m.d.comb += self.o[row * cols + col].eq(late)
        return m


class PartialTile(MagnitudeTile):
    """The aligned sums in parts of some rows and columns, whose products share blocks.

    Exponents are compared first; the significands wait for it, before they are multiplied.

    Members
    -------
    read_address : :py:`In(range(depth))`
    o : :py:`Out(ArrayLayout(PartialWord(plan), rows * cols))`
        The part there of each sum.
    """

    def __init__(self, datapath: Magnitudes, total: Sum):
        rows, cols = datapath.tile
        self.loop = loop = PartialLoop(SumAlignment(datapath, total))
        words = data.ArrayLayout(PartialWord(loop.plan), rows * cols)
        more = {"read_address": In(range(loop.depth)), "o": Out(words)}
        super().__init__(datapath, total, more)

    def elaborate(self, platform: Any) -> Module:
        m, datapath, loop = Module(), self.datapath, self.loop
        rows, cols = datapath.tile
        told = min(datapath.layout.latency, loop.meets) - 1
        waits = datapath.layout.latency - 1 - told
        products = self._products(m, loop.magnitudes - told)
        beside = self._beside(m, 0, rows, waits), self._beside(m, 1, cols, waits)
        waits += loop.magnitudes - 1
        late = self._beside(m, 0, rows, waits), self._beside(m, 1, cols, waits)
        place = places(m, self.enable, self.accumulate, self.first, loop)
        for row, col in product(range(rows), range(cols)):
            found, label = PartialSums(loop, told), f"{row}_{col}"
            m.submodules[f"sum_{label}"] = found
            m.d.comb += [
                found.enable.eq(self.enable),
                found.place.eq(place),
                found.read_address.eq(self.read_address),
                self.o[row * cols + col].eq(found.o),
            ]
            for lane in range(datapath.lanes):
                w, a = beside[0][row][lane], beside[1][col][lane]
                term, mark = self._term(m, w, a, f"{label}_{lane}")
                w, a = late[0][row][lane], late[1][col][lane]
                again, _ = self._term(m, w, a, f"late_{label}_{lane}")
                sign = delayed(m, self.enable, again.sign, 1, f"sign_{label}_{lane}")
                m.d.comb += [
                    found.exponents[lane].eq(term.exponent),
                    found.marks[lane].eq(mark),
                    found.magnitudes[lane].eq(products[lane][row, col]),
                    found.late_exponents[lane].eq(again.exponent),
                    found.signs[lane].eq(sign),
                ]
        return m
