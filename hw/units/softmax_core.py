"""The softmax itself: a token waits for its greatest value, then its powers for their sum."""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out

from ...golden.bounds import Range
from ...golden.formats import Minifloat, lookup
from ...golden.units import Softmax
from ..arith.shared import instance
from ..arith.specials import specials
from ..arith.timing import delayed
from ..arith.tree import AdderTree, tree_levels
from ..fp import FloatAdd, FloatMultiply, FloatToInteger
from .buffer import Buffer
from .softmax_parts import Power, Reciprocal, Term, between

#: Beats that may wait beyond a token and the cycles until it goes on.
BEYOND = 12


class SoftmaxPlan:
    """The blocks of a softmax, and how long they take.

    Parameters
    ----------
    unit : :class:`Softmax`
    """

    def __init__(self, unit: Softmax):
        self.unit = unit
        fmt, single, parts = unit.format, lookup("fp32"), unit.parts
        assert isinstance(fmt, Minifloat) and isinstance(single, Minifloat)
        self.format = fmt
        rows = unit.build.policy == "lut"
        self.apart = FloatAdd(fmt, fmt, single, short=True).staged()
        self.distance = FloatToInteger(single, parts.distance, short=True).staged()
        self.power = Power(parts).staged()
        self.term = Term(parts, self.power.n_width).staged()
        #: Bits of a sum.
        self.total = parts.term + (unit.token - 1).bit_length()
        self.reciprocal = Reciprocal(parts, self.total).staged()
        middle = between(parts)
        self.product = FloatMultiply(middle, middle, fmt, rows=rows, short=True).staged()

    @property
    def greatest_cycles(self) -> int:
        """From a token's last beat to its greatest value."""
        return 2 + tree_levels(self.unit.lanes)

    @property
    def power_cycles(self) -> int:
        """From a beat to its powers."""
        return self.apart.latency + self.distance.latency + self.power.latency

    @property
    def sum_cycles(self) -> int:
        """From a token's last powers to the reciprocal of their sum."""
        return self.term.latency + tree_levels(self.unit.lanes) + 1 + self.reciprocal.latency

    @property
    def depths(self) -> tuple[int, int]:
        """Beats of values and of powers that may wait."""
        beats = self.unit.beats + BEYOND
        return beats + self.greatest_cycles, beats + self.sum_cycles


class SoftmaxCore(wiring.Component):
    """Results of tokens, a beat a cycle.

    Values wait in a memory until the greatest of their token is known, powers in another until
    their sum is. While a token is divided, the next one's powers are made, and the one behind
    comes in.

    Parameters
    ----------
    unit : :class:`Softmax`

    Members
    -------
    values : :py:`In(stream.Signature(…))`
        Beats of values, and ``last``.
    result : :py:`Out(stream.Signature(…))`
        For each a beat of results, and the token's end.
    """

    def __init__(self, unit: Softmax):
        self.unit, self.plan = unit, SoftmaxPlan(unit)
        codes = data.ArrayLayout(unit.format.bits, unit.lanes)
        given = data.StructLayout({"values": codes, "last": 1})
        made = data.StructLayout({"value": codes, "last": 1})
        super().__init__(
            {"values": In(stream.Signature(given)), "result": Out(stream.Signature(made))}
        )

    def elaborate(self, platform: Any) -> Module:
        m, unit, plan = Module(), self.unit, self.plan
        bits, lanes = unit.format.bits, unit.lanes
        m.submodules.values_buffer = source = Buffer(self.values.payload.shape())
        wiring.connect(m, wiring.flipped(self.values), source.i)

        # Values wait for the greatest of their token.
        depth, power_depth = plan.depths
        m.submodules.waiting = waiting = SyncFIFOBuffered(width=lanes * bits + 1, depth=depth)
        m.submodules.greatest = greatest = SyncFIFOBuffered(width=bits + 1, depth=depth)
        taken, ends, room = Signal(), self._ends(m, source.o), _room(m, waiting, "room")
        codes = Value.cast(source.o.payload.values)
        m.d.comb += [
            source.o.ready.eq(room),
            taken.eq(source.o.valid & room),
            waiting.w_en.eq(taken),
            waiting.w_data.eq(Cat(ends, codes)),
        ]
        self._greatest(m, greatest, codes, taken, ends)

        # Powers of what is below it, which wait for their sum.
        width = between(unit.parts).bits - 1
        m.submodules.powers = powers = SyncFIFOBuffered(width=lanes * width + 1, depth=power_depth)
        m.submodules.sums = sums = SyncFIFOBuffered(width=width + 1, depth=power_depth)
        self._powers(m, waiting, greatest, powers, sums)

        # Powers by their sum.
        self._products(m, powers, sums, width)
        return m

    def _ends(self, m: Module, source: Any) -> Value:
        """Whether a beat ends its token: it is marked, or the token is as long as it may be."""
        beats = self.unit.beats
        ends = Signal(name="ends")
        if beats == 1:
            m.d.comb += ends.eq(1)
            return ends
        count, final = Signal(range(beats)), Signal(name="final")
        m.d.comb += ends.eq(source.payload.last | final)
        with m.If(source.valid & source.ready):
            m.d.sync += [count.eq(Mux(ends, 0, count + 1)), final.eq(~ends & (count == beats - 2))]
        return ends

    def _greatest(self, m: Module, kept: Any, codes: Value, taken: Value, ends: Value) -> None:
        """Keeps a token's greatest value, and whether its results are NaN."""
        unit, always = self.unit, Const(1, 1)
        fmt, bits = self.plan.format, unit.format.bits
        # In the order of values as numbers without sign.
        entries: list[Value] = []
        nans = []
        for lane in range(unit.lanes):
            code = codes.word_select(lane, bits)
            key = Signal(bits, name=f"key_{lane}")
            m.d.comb += key.eq(Mux(code[-1], ~code, Cat(code[:-1], Const(1, 1))))
            entries.append(key)
            nans.append(specials(fmt, code)[0])
        nan = delayed(m, always, Cat(*nans).any(), 1, "nan")
        entries = [delayed(m, always, key, 1, f"key_{lane}") for lane, key in enumerate(entries)]
        level = 0
        while len(entries) > 1:
            pairs = zip(entries[::2], entries[1::2], strict=False)
            merged = [Mux(a > b, a, b) for a, b in pairs] + entries[
                len(entries) - len(entries) % 2 :
            ]
            entries = [
                delayed(m, always, value, 1, f"key_{level}_{n}") for n, value in enumerate(merged)
            ]
            level += 1
        late = level + 1
        valid = delayed(m, always, taken, late, "greatest_valid", reset=True)
        end = delayed(m, always, ends, late, "greatest_end")
        nan = delayed(m, always, nan, level, "greatest_nan")

        # Over beats: the register begins anew behind a token's end.
        most, some, fresh = Signal(bits), Signal(), Signal(init=1)
        key, here = Signal(bits), Signal()
        m.d.comb += [
            key.eq(Mux(fresh | (entries[0] > most), entries[0], most)),
            here.eq(nan | (some & ~fresh)),
        ]
        with m.If(valid):
            m.d.sync += [most.eq(key), some.eq(here), fresh.eq(end)]
        done = delayed(m, always, valid & end, 1, "greatest_done", reset=True)
        code = Mux(most[-1], Cat(most[:-1], Const(0, 1)), ~most)
        m.d.comb += [kept.w_en.eq(done), kept.w_data.eq(Cat(some, code))]

    def _powers(self, m: Module, waiting: Any, greatest: Any, powers: Any, sums: Any) -> None:
        """From values and the greatest to powers, and to the reciprocals of their sums."""
        unit, plan, always = self.unit, self.plan, Const(1, 1)
        bits = unit.format.bits
        enable, taken = Signal(name="power_enable"), Signal(name="power_taken")
        last, codes = waiting.r_data[0], waiting.r_data[1:]
        bad, most = greatest.r_data[0], greatest.r_data[1:]
        m.d.comb += [
            taken.eq(waiting.r_rdy & greatest.r_rdy & enable),
            waiting.r_en.eq(taken),
            greatest.r_en.eq(taken & last),
        ]
        cycles = plan.power_cycles
        valid = delayed(m, enable, taken, cycles, "power_valid", reset=True)
        end = delayed(m, enable, last, cycles, "power_end")
        # Infinity, or minus infinity as the greatest value, is no number's power.
        fmt = plan.format
        infinite = most[fmt.mantissa_width : -1].all()
        nan = delayed(m, enable, bad | infinite, cycles, "power_nan")
        m.d.comb += enable.eq(~valid | _room(m, powers, "power_room"))

        leaves, found, terms = valid & enable, [], []
        for lane in range(unit.lanes):
            code = codes.word_select(lane, bits)
            apart = instance(m, f"apart_{lane}", "apart", plan.apart.component)
            distance = instance(m, f"away_{lane}", "distance", plan.distance.component)
            power = instance(m, f"power_{lane}", "power", plan.power.component)
            term = instance(m, f"term_{lane}", "term", plan.term.component)
            m.d.comb += [
                *(block.enable.eq(enable) for block in (apart, distance, power)),
                apart.a.eq(most),
                apart.b.eq(Cat(code[:-1], ~code[-1])),
                distance.i.eq(apart.o),
                power.d.eq(distance.o),
                term.enable.eq(1),
                term.significand.eq(power.significand),
                term.n.eq(power.n),
            ]
            found.append(self._code(m, power.significand, power.n, lane))
            terms.append(term.o)
        m.d.comb += [powers.w_en.eq(leaves), powers.w_data.eq(Cat(end, *found))]

        # Sums go on whether powers do or not.
        tree = AdderTree(Range(0, 0, (1 << unit.parts.term) - 1), unit.lanes)
        m.submodules.tree = tree
        m.d.comb += [tree.enable.eq(1), *(tree.i[n].eq(term) for n, term in enumerate(terms))]
        late = plan.term.latency + tree.latency
        valid = delayed(m, always, leaves, late, "sum_valid", reset=True)
        end = delayed(m, always, end, late, "sum_end")
        nan = delayed(m, always, nan, late + 1, "sum_nan")
        total, fresh = Signal(plan.total, name="sum"), Signal(init=1, name="sum_fresh")
        with m.If(valid):
            m.d.sync += [total.eq(tree.o + Mux(fresh, 0, total)), fresh.eq(end)]
        done = delayed(m, always, valid & end, 1, "sum_done", reset=True)
        m.submodules.reciprocal = inverse = plan.reciprocal.component()
        m.d.comb += [inverse.enable.eq(1), inverse.total.eq(total), inverse.nan.eq(nan)]
        made = delayed(m, always, done, plan.reciprocal.latency, "inverse_valid", reset=True)
        m.d.comb += [sums.w_en.eq(made), sums.w_data.eq(inverse.o)]

    def _code(self, m: Module, significand: Value, n: Value, lane: int) -> Value:
        """A power as a float without its sign."""
        fmt = between(self.unit.parts)
        exponent = Signal(fmt.exponent_width, name=f"exponent_{lane}")
        m.d.comb += exponent.eq(Mux(significand[-1], fmt.bias - 1 - n, 0))
        return Cat(significand[:-1], exponent)

    def _products(self, m: Module, powers: Any, sums: Any, width: int) -> None:
        """Powers times the reciprocal of their sum."""
        unit, plan = self.unit, self.plan
        enable, taken = Signal(name="product_enable"), Signal(name="product_taken")
        last, codes = powers.r_data[0], powers.r_data[1:]
        m.d.comb += [
            taken.eq(powers.r_rdy & sums.r_rdy & enable),
            powers.r_en.eq(taken),
            sums.r_en.eq(taken & last),
        ]
        m.submodules.result_buffer = result = Buffer(self.result.payload.shape())
        wiring.connect(m, result.o, wiring.flipped(self.result))
        cycles = plan.product.latency
        valid = delayed(m, enable, taken, cycles, "product_valid", reset=True)
        m.d.comb += [
            enable.eq(result.i.ready),
            result.i.valid.eq(valid),
            result.i.payload.last.eq(delayed(m, enable, last, cycles, "product_last")),
        ]
        for lane in range(unit.lanes):
            product = instance(m, f"scaled_{lane}", "product", partial(plan.product.component))
            m.d.comb += [
                product.enable.eq(enable),
                product.a.eq(codes.word_select(lane, width)),
                product.b.eq(sums.r_data),
                result.i.payload.value[lane].eq(product.o),
            ]


def _room(m: Module, memory: Any, name: str) -> Value:
    """Whether a memory takes a beat, from a register: one that may come meanwhile has room too."""
    room = Signal(name=name, init=1)
    m.d.sync += room.eq(memory.w_level < memory.depth - 2)
    return room
