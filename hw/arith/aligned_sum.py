"""Products aligned, truncated and added as tensor cores do it, to a floating-point accumulator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ...golden.aligned import ZERO_EXPONENT, leading
from ...golden.bounds import Range
from ...golden.formats import Minifloat
from ...golden.products import RULES
from .product import FlaggedLayout
from .shapes import fraction_below, shape_of
from .shift import leading_zeros, shift_left, shift_right
from .specials import specials
from .sums import Sum

if TYPE_CHECKING:
    from ..datapaths import Datapath


class AlignedTerm(data.StructLayout):
    """An addend before alignment: ``(-1)**sign * magnitude``, and ``exponent`` of its leading bit.

    Exponents count from :attr:`Alignment.origin`.
    """

    def __init__(self, magnitude_width: int, exponents: Range):
        super().__init__({"sign": 1, "magnitude": magnitude_width, "exponent": shape_of(exponents)})


@dataclass(frozen=True)
class SumAlignment:
    """A sum that aligns the products of a datapath: where exponents count from, and widths.

    See :mod:`zeros` for which exponents zeros have.
    """

    datapath: Datapath
    total: Sum

    def __post_init__(self) -> None:
        assert len(self.total.pairs) == 1, "an aligned sum has one plane a side"
        assert self.total.stage.fraction

    @property
    def format(self) -> Minifloat:
        """The accumulator's."""
        fmt = self.total.stage.format
        assert isinstance(fmt, Minifloat)
        return fmt

    @property
    def fraction(self) -> int:
        """Places that are kept below the greatest exponent."""
        fraction = self.total.stage.fraction
        assert fraction is not None
        return fraction

    @property
    def top(self) -> int:
        """The position of a product's leading bit."""
        pair = self.total.pairs[0]
        return RULES[pair.rule].leading(*pair.formats)

    @property
    def origin(self) -> int:
        """The exponent that counts as 0: of the least product, less the datapath's excess."""
        pair = self.total.pairs[0]
        below = sum(map(fraction_below, pair.formats))
        return pair.product.lsb + self.top - below - self.datapath.excess

    @property
    def offset(self) -> int:
        """What is added to the exponents of what the accumulator holds."""
        return self.format.lsb + leading(self.format) - self.origin

    @property
    def zero(self) -> int | None:
        """The exponent of a zero that the accumulator holds, if another than its least.

        Up to that of the least product, they are all the same.
        """
        zero, least = ZERO_EXPONENT - self.origin, self.datapath.excess
        settled = zero == self.offset or max(zero, self.offset) <= least
        return None if settled else max(zero, 0)

    @property
    def products(self) -> Range:
        """Exponents of products."""
        return Range(0, *self.datapath.exponents)

    @property
    def held(self) -> Range:
        """Exponents of what the accumulator holds."""
        zero = self.offset if self.zero is None else self.zero
        return Range(0, min(self.offset, zero), max(self.offset + self.format.exponent_span, zero))

    @property
    def greatest(self) -> Range:
        """Greatest exponents."""
        products, held = self.products, self.held
        return Range(0, max(products.low, held.low), max(products.high, held.high))

    @property
    def term(self) -> AlignedTerm:
        """The layout of a product."""
        return AlignedTerm(self.datapath.magnitude_width, self.products)

    @property
    def marks(self) -> FlaggedLayout:
        """The layout of a product's flags."""
        return FlaggedLayout(Range(0, 0, 0), self.datapath.flags)

    @property
    def addend_width(self) -> int:
        """Bits of any addend's magnitude, once aligned."""
        product = max(self.fraction - self.top, 0) + self.datapath.magnitude_width
        return max(product, self.fraction + 1)


class AlignedSum(wiring.Component):
    """``lanes`` products a step, aligned with the accumulator, truncated and added.

    The rule, bit for bit, is :func:`macsmith.golden.aligned.accumulate`. The accumulator is a
    floating-point number; its whole step (align, add, normalise, truncate) takes one cycle, which
    bounds the clock.

    Parameters
    ----------
    plan : :class:`SumAlignment`

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    accumulate, first : :py:`In(1)`
        The products are of a step; it starts a sum.
    terms, marks : :py:`In(ArrayLayout(…, lanes))`
        The products, and their flags.
    o : :py:`Out(format.bits)`
        The accumulator's code.
    """

    def __init__(self, plan: SumAlignment):
        self.plan, lanes = plan, plan.datapath.lanes
        super().__init__(
            {
                "enable": In(1),
                "accumulate": In(1),
                "first": In(1),
                "terms": In(data.ArrayLayout(plan.term, lanes)),
                "marks": In(data.ArrayLayout(plan.marks, lanes)),
                "o": Out(plan.format.bits),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m, plan = Module(), self.plan
        terms = [self.terms[lane] for lane in range(plan.datapath.lanes)]

        # The accumulator as one more addend; a reduction starts from +0.
        held = Signal(plan.format.bits)
        start = Mux(self.first, 0, held)
        own, own_marks = self._held(m, start)

        # Everything is moved to the greatest exponent, truncated and added.
        greatest = Signal(shape_of(plan.greatest), name="greatest_of_all")
        products = _greatest(m, [term.exponent for term in terms])
        m.d.comb += greatest.eq(Mux(own.exponent > products, own.exponent, products))
        # Numbers that are not zero are no less than the least product, or what was held before.
        least = plan.datapath.excess, plan.held.low
        tops = plan.top, leading(plan.format)
        addends = [self._align(m, term, greatest, tops[0], least[0]) for term in terms]
        addends.append(self._align(m, own, greatest, tops[1], least[1]))
        widest = (1 << (plan.fraction + 2)) - 1
        bounds = Range(0, -widest, widest).times(len(addends))
        total = Signal(shape_of(bounds))
        m.d.comb += total.eq(_tree(addends))

        result = self._round(m, total, greatest)
        with m.If(self.enable & self.accumulate):
            m.d.sync += held.eq(self._specials(m, result, self._any_marks(), own_marks))
        m.d.comb += self.o.eq(held)
        return m

    def _any_marks(self) -> dict[str, Value]:
        """Whether any lane is NaN, +infinity, -infinity."""
        lanes = range(self.plan.datapath.lanes)
        return {
            name: Cat(self.marks[lane][name] for lane in lanes).any()
            for name in ("nan", "positive", "negative")
            if name in self.plan.marks.members
        }

    def _held(self, m: Module, code: Value) -> tuple[data.View, dict[str, Value]]:
        """The accumulator's code as a term, and what it is if special."""
        fmt = self.plan.format
        mantissa = code[: fmt.mantissa_width]
        biased = code[fmt.mantissa_width : -1]
        term = Signal(AlignedTerm(fmt.significand_width, self.plan.held), name="own")
        exponent = Mux(biased.any(), biased - 1, 0) + self.plan.offset
        if self.plan.zero is not None:
            exponent = Mux(code[:-1].any(), exponent, self.plan.zero)
        m.d.comb += [
            term.sign.eq(code[-1]),
            term.magnitude.eq(Cat(mantissa, biased.any())),
            term.exponent.eq(exponent),
        ]
        nan, infinite = specials(fmt, code)
        return term, {
            "nan": nan,
            "positive": infinite & ~code[-1],
            "negative": infinite & code[-1],
        }

    def _align(self, m: Module, term: data.View, greatest: Value, top: int, least: int) -> Value:
        """The signed addend in units of ``2**(greatest - fraction)``."""
        fraction = self.plan.fraction
        up, down = max(fraction - top, 0), max(top - fraction, 0)
        distance = Signal((self.plan.greatest.high - least + down).bit_length())
        m.d.comb += distance.eq(greatest - term.exponent + down)
        magnitude = shift_right(m, Cat(Const(0, up), term.magnitude), distance)
        return Mux(term.sign, -magnitude, magnitude)

    def _round(self, m: Module, total: Value, greatest: Value) -> Value:
        """``total`` units truncated to the accumulator's format; overflow gives infinity."""
        fmt, exponents = self.plan.format, self.plan.greatest
        negative = total[-1]
        magnitude = Signal(unsigned(len(total) - 1))
        m.d.comb += magnitude.eq(Mux(negative, -total, total))

        # The biased exponent if the top bit is the leading one, less 1; the shift stops at
        # subnormals. It is negative where everything is smaller and the accumulator holds zero.
        above = len(magnitude) - 1 - self.plan.fraction + self.plan.origin + fmt.bias
        limits = exponents + Range(0, above - 1, above - 1)
        limit = Signal(signed(limits.width + 1))
        m.d.comb += limit.eq(greatest + (above - 1))
        stop = limit
        if limits.low < 0:
            below = Signal((-limits.low).bit_length())
            stop = Mux(limit[-1], 0, limit)
            m.d.comb += below.eq(Mux(limit[-1], -limit, 0))
            magnitude = shift_right(m, magnitude, below)
        zeros = leading_zeros(m, magnitude)
        shift = Signal(len(zeros))
        m.d.comb += shift.eq(Mux(zeros > stop, stop, zeros))
        moved = shift_left(m, magnitude, shift, len(magnitude))

        normal = moved[-1]
        field = Signal(signed(limits.width + 2))
        m.d.comb += field.eq(Mux(normal, stop - shift + 1, 0))
        padded = Cat(Const(0, fmt.mantissa_width), moved)
        mantissa = padded[len(padded) - 1 - fmt.mantissa_width : len(padded) - 1]
        over = field >= (1 << fmt.exponent_width) - 1
        finite = Cat(mantissa, field[: fmt.exponent_width])
        return Cat(Mux(over, fmt.inf_code, finite)[: fmt.bits - 1], negative)

    def _specials(
        self, m: Module, result: Value, marks: dict[str, Value], own: dict[str, Value]
    ) -> Value:
        """The result, or what NaN and infinities make of it."""
        fmt = self.plan.format
        found = {name: marks.get(name, 0) | own[name] for name in own}
        nan = found["nan"] | (found["positive"] & found["negative"])
        infinite = found["positive"] | found["negative"]
        infinity = Cat(Const(fmt.inf_code, fmt.bits - 1), found["negative"])
        return Mux(nan, fmt.nan_code, Mux(infinite, infinity, result))


def _greatest(m: Module, values: list[Value]) -> Value:
    """The greatest of values, by a tree."""
    while len(values) > 1:
        pairs = []
        for a, b in zip(values[::2], values[1::2], strict=False):
            pairs.append(Signal.like(a, name="greatest"))
            m.d.comb += pairs[-1].eq(Mux(a > b, a, b))
        values = pairs + values[len(values) - len(values) % 2 :]
    return values[0]


def _tree(values: list[Value]) -> Value:
    """The sum of signed values, by a tree."""
    while len(values) > 1:
        pairs = [a + b for a, b in zip(values[::2], values[1::2], strict=False)]
        values = pairs + values[len(values) - len(values) % 2 :]
    return values[0]
