"""Aligned sums in several parts: addend i goes to part i mod P, in a loop of registers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from .aligned_sum import SumAlignment
from .greatest import greatest, levels
from .partial_rounding import Marked, Rounding
from .partial_word import PartialWord, distance, infinite, nought, own_top, shifted
from .rows import plus
from .shapes import shape_of
from .store import Store
from .timing import delayed

#: Sums whose parts are kept: one that is added to, and one that is read.
BANKS = 2


class Pending:
    """A number in a tree of additions: what is missing to it, 0 or 1, is added later."""

    def __init__(self, value: Value, carry: Value):
        self.value, self.carry = value, carry


@dataclass(frozen=True)
class PartialLoop:
    """When what happens in the loop of an aligned sum in parts; cycle 0 has a step's exponents.

    Parameters
    ----------
    plan : what is aligned.
    """

    plan: SumAlignment

    @property
    def partials(self) -> int:
        """Parts of a sum."""
        return self.plan.total.stage.partials

    @property
    def stride(self) -> int:
        """Places of a bank."""
        return 1 << (self.partials - 1).bit_length()

    @property
    def depth(self) -> int:
        """Places of the store."""
        return BANKS * self.stride

    @property
    def lanes(self) -> int:
        return self.plan.datapath.lanes

    @property
    def meets(self) -> int:
        """The cycle in which the greatest exponent of the products meets that of a part."""
        return max(levels(self.lanes), 1)

    @property
    def magnitudes(self) -> int:
        """The cycle in which magnitudes are taken: all have been compared, distances are there."""
        return self.meets + 2

    @property
    def added(self) -> int:
        """Registers of the tree that adds the products and the part."""
        return levels(self.lanes + 1)

    @property
    def width(self) -> int:
        """Bits of the sum."""
        return self.plan.addend_width + 1 + self.added

    @property
    def rounding(self) -> Rounding:
        return Rounding(self.plan, self.width)

    @property
    def written(self) -> int:
        """The cycle in which the sum can be read."""
        return self.magnitudes + 1 + self.added + self.rounding.latency + 1

    @property
    def length(self) -> int:
        """Cycles from the reading of a part until it can be read with the addend in it."""
        return self.written - (self.meets - 1)


def place_layout(loop: PartialLoop) -> data.StructLayout:
    """Which part a step adds to: whether there is a step at all, whether it starts the part."""
    return data.StructLayout({"valid": 1, "fresh": 1, "address": (loop.depth - 1).bit_length()})


def places(m: Module, enable: Value, accumulate: Value, first: Value, loop: PartialLoop) -> Signal:
    """The part of each step: the first one's is 0, in the other bank."""
    bits = (loop.stride - 1).bit_length()
    following, bank, fresh = Signal(bits), Signal(), Signal()
    now = Signal(place_layout(loop), name="place")
    part = Mux(first, 0, following)
    ends = part == loop.partials - 1
    m.d.comb += [
        now.valid.eq(accumulate),
        now.fresh.eq(first | fresh),
        now.address.eq(Cat(part, bank ^ first)),
    ]
    with m.If(enable & accumulate):
        m.d.sync += [
            following.eq(Mux(ends, 0, part + 1)),
            bank.eq(bank ^ first),
            fresh.eq(now.fresh & ~ends),
        ]
    return now


class PartialSums(wiring.Component):
    """``lanes`` products a step, aligned with a part of the sum, truncated and added.

    The rule, bit for bit, is that of :class:`AlignedSum` with the part for the accumulator; a part
    may be added to every ``loop.length`` cycles.

    Parameters
    ----------
    loop : :class:`PartialLoop`
    told : :class:`int`
        The cycle in which ``place`` is said, ``loop.meets - 1`` at most.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    exponents, marks : :py:`In(ArrayLayout(…, lanes))`
        Of the products, in cycle 0.
    place : :py:`In(place_layout(loop))`
        The part that they go to, in cycle ``told``.
    late_exponents : :py:`In(ArrayLayout(…, lanes))`
        The exponents again, in the cycle before ``loop.magnitudes``: whoever has them of operands
        that many sums share lets these wait.
    magnitudes, signs : :py:`In(…)`
        Of the products, in cycle ``loop.magnitudes``.
    read_address : :py:`In(range(depth))`
    o : :py:`Out(PartialWord(plan))`
        The part there, in the same cycle.
    """

    def __init__(self, loop: PartialLoop, told: int):
        self.loop, self.plan, self.told = loop, loop.plan, told
        assert told < loop.meets
        term, lanes = self.plan.term, loop.lanes
        super().__init__(
            {
                "enable": In(1),
                "exponents": In(data.ArrayLayout(term.members["exponent"], lanes)),
                "marks": In(data.ArrayLayout(self.plan.marks, lanes)),
                "place": In(place_layout(loop)),
                "late_exponents": In(data.ArrayLayout(term.members["exponent"], lanes)),
                "magnitudes": In(data.ArrayLayout(term.members["magnitude"], lanes)),
                "signs": In(lanes),
                "read_address": In(range(loop.depth)),
                "o": Out(PartialWord(self.plan)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m, loop, plan = Module(), self.loop, self.plan
        m.submodules.store = store = Store(PartialWord(plan).size, loop.depth, 2, distributed=True)
        own = self._own(m, store)
        products = self._late(m, self._greatest(m), loop.meets - levels(loop.lanes), "greatest")

        # The greatest exponent, and how far everything is below.
        most = Signal(shape_of(PartialWord(plan).exponents), name="most")
        m.d.comb += most.eq(Mux(own.exponent > products, own.exponent, products))
        marked = self._marked(m, own)
        most = self._late(m, most, 1, "most")
        addends = self._addends(m, own, most)

        total = self._tree(m, addends)
        waits = loop.magnitudes + 1 + loop.added - (loop.meets + 1)
        word = loop.rounding.write(
            m,
            self.enable,
            total.value,
            total.carry,
            self._late(m, most, waits, "most_of_total"),
            Marked(*(self._late(m, value, waits - 1, "marked") for value in marked)),
        )
        cycles = loop.written - 1 - self.told
        m.d.comb += [
            store.data.eq(Value.cast(word)),
            store.address.eq(self._late(m, self.place.address, cycles, "written_address")),
            store.write.eq(self.enable & self._late(m, self.place.valid, cycles, "written")),
            store.read_address_1.eq(self.read_address),
            self.o.eq(store.read_1),
        ]
        return m

    def _late(self, m: Module, value: Value, cycles: int, name: str) -> Value:
        return delayed(m, self.enable, value, cycles, name)

    def _own(self, m: Module, store: Any) -> data.View:
        """The part, when the products' greatest exponent is there."""
        waits = self.loop.meets - 1 - self.told
        address = self._late(m, self.place.address, waits, "address")
        fresh = self._late(m, self.place.fresh, waits, "fresh")
        own = Signal(PartialWord(self.plan), name="own", reset_less=True)
        m.d.comb += store.read_address_0.eq(address)
        with m.If(self.enable):
            m.d.sync += own.eq(Mux(fresh, Value.cast(nought(self.plan)), store.read_0))
        return own

    def _greatest(self, m: Module) -> Value:
        """The greatest exponent of the products."""
        shape = shape_of(self.plan.products)
        low = self.plan.products.low
        # Counted from the least one, they are compared without a sign.
        from_least = []
        for lane in range(self.loop.lanes):
            exponent = self.exponents[lane]
            flipped = Cat(exponent[:-1], ~exponent[-1]) if shape.signed else exponent
            from_least.append(flipped)
        found = greatest(m, self.enable, from_least, "greatest")
        assert shape.signed or low >= 0
        return Cat(found[:-1], ~found[-1]).as_signed() if shape.signed else found

    def _marked(self, m: Module, own: data.View) -> Marked:
        """What NaN and infinities make of the sum, two cycles after all has met."""
        lanes, names = range(self.loop.lanes), self.plan.marks.members
        found = {}
        for name in ("nan", "positive", "negative"):
            here = Cat(self.marks[lane][name] for lane in lanes).any() if name in names else None
            found[name] = Const(0, 1) if here is None else self._late(
                m, here, self.loop.meets + 1, f"any_{name}"
            )  # fmt: skip
        here = {"infinite": infinite(self.plan, own), "negative": own.negative, "nan": own.nan}
        late = {name: self._late(m, value, 1, f"own_{name}") for name, value in here.items()}
        positive = found["positive"] | (late["infinite"] & ~late["negative"])
        negative = found["negative"] | (late["infinite"] & late["negative"])
        nan = found["nan"] | late["nan"] | (positive & negative)
        made = (nan, positive | negative, negative)
        return Marked(*(self._late(m, value, 1, "met") for value in made))

    def _addends(self, m: Module, own: data.View, most: Value) -> list[Pending]:
        """Everything in the same unit; ones' complements with what is missing to them."""
        loop, plan = self.loop, self.plan
        found = []
        for lane in range(loop.lanes):
            exponent = self.late_exponents[lane]
            far = self._late(m, distance(m, most, exponent, plan.top, plan), 1, f"far_{lane}")
            sign = self.signs[lane]
            moved = shifted(m, self.magnitudes[lane], far, sign, plan.top, plan)
            found.append(self._pending(m, moved, sign, f"addend_{lane}"))
        top = own_top(plan)
        exponent = self._late(m, own.exponent, 1, "own_exponent")
        far = self._late(m, distance(m, most, exponent, top, plan), 1, "own_far")
        significand = self._late(m, own.significand, 2, "own_significand")
        sign = self._late(m, own.negative, 2, "own_sign")
        moved = shifted(m, significand, far, sign, top, plan)
        found.append(self._pending(m, moved, sign, "own_addend"))
        return found

    def _pending(self, m: Module, value: Value, carry: Value, name: str) -> Pending:
        return Pending(self._late(m, value, 1, name), self._late(m, carry, 1, f"{name}_carry"))

    def _tree(self, m: Module, addends: list[Pending]) -> Pending:
        """The sum. Each addition takes what is missing to one of its numbers, or to none."""
        left: list[Value] = []
        for level in range(self.loop.added):
            pairs, after, carries = [], [], []
            for start in range(0, len(addends) - 1, 2):
                a, b = addends[start : start + 2]
                left += [] if isinstance(b.carry, Const) else [b.carry]
                carry = a.carry
                if isinstance(carry, Const) and left:
                    carry = left.pop()
                pairs.append((a, b, carry))
            for index, (a, b, carry) in enumerate(pairs):
                width = max(len(a.value), len(b.value)) + 1
                total = plus(a.value, b.value, carry, width=width).as_signed()
                name = f"sum_{level}_{index}"
                after.append(Pending(self._late(m, total, 1, name), Const(0, 1)))
            for rest in addends[2 * len(pairs) :]:
                after.append(self._pending(m, rest.value, rest.carry, f"rest_{level}"))
            carries = [self._late(m, carry, 1, f"carry_{level}") for carry in left]
            addends, left = after, carries
        [total] = addends
        assert len(left) <= 1, "an addition for every number but one"
        [last] = left or [Const(0, 1)]
        return Pending(total.value, last)
