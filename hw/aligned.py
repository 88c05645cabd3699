"""The processing element that aligns: floating-point accumulation as tensor cores do it."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Signal, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from ..golden.aligned import leading
from ..golden.bounds import Range
from ..golden.formats import Minifloat
from ..golden.products import RULES
from .pe import elements, operand_ports
from .plan import Plan
from .product import FlaggedLayout, raise_flags
from .shapes import shape_of
from .shift import leading_zeros, shift_left, shift_right
from .sums import Sum


class Term(data.StructLayout):
    """An addend before alignment: ``(-1)**sign * magnitude``, and ``exponent`` of its leading bit.

    Exponents count from a common origin that makes them all non-negative.
    """

    def __init__(self, magnitude_width: int, exponent_width: int):
        super().__init__({"sign": 1, "magnitude": magnitude_width, "exponent": exponent_width})


class AlignedElement(wiring.Component):
    """``lanes`` products a step, aligned with the accumulator, truncated and added.

    The rule, bit for bit, is :func:`macsmith.golden.aligned.accumulate`. The accumulator is a
    floating-point number; its whole step (align, add, normalise, truncate) takes one cycle, which
    bounds the clock. Same ports as :class:`ProcessingElement`; ``o.value`` is the accumulator's
    code.
    """

    def __init__(self, plan: Plan, total: Sum):
        assert isinstance(total.stage.format, Minifloat) and total.stage.fraction
        assert len(total.pairs) == 1, "an aligned sum has one plane a side"
        self.plan, self.total = plan, total
        self.format = total.stage.format
        self.fraction = total.stage.fraction
        self._place_exponents()
        super().__init__(
            {
                "enable": In(1),
                "accumulate": In(1),
                "first": In(1),
                **operand_ports(plan, total),
                "o": Out(FlaggedLayout(total.total, total.flags)),
            }
        )

    def _place_exponents(self) -> None:
        """The common origin of exponents, and the widths that follow from it."""
        (weight, activation), fmt = self.total.pairs[0].formats, self.format
        pair = self.total.pairs[0]
        datapath = self._datapath = self.plan.dot(pair)
        self._top = RULES[pair.rule].leading(weight, activation)
        product = pair.product.lsb + self._top
        held = fmt.lsb + leading(fmt)
        self.origin = min(product, held)
        self._product_offset, self._held_offset = product - self.origin, held - self.origin
        spans = (
            product + datapath.exponent_span,
            held + fmt.exponent_span,
        )
        self._exponent_width = (max(spans) - self.origin).bit_length()
        self._product_width = datapath.magnitude_width
        self._infinite = datapath.flags

    def elaborate(self, platform):
        m = Module()
        terms, marks = self._products(m)

        # The accumulator as one more addend; a reduction starts from +0.
        held = Signal(self.format.bits)
        start = Mux(self.first, 0, held)
        own, own_marks = self._held(m, start)

        # Everything is moved to the greatest exponent, truncated and added.
        greatest = _greatest(m, [term.exponent for term in terms] + [own.exponent])
        addends = [self._align(m, term, greatest, self._top) for term in terms]
        addends.append(self._align(m, own, greatest, leading(self.format)))
        widest = (1 << (self.fraction + 2)) - 1
        bounds = Range(0, -widest, widest).times(len(addends))
        total = Signal(shape_of(bounds))
        m.d.comb += total.eq(_tree(addends))

        result = self._round(m, total, greatest)
        with m.If(self.enable & self.accumulate):
            m.d.sync += held.eq(self._specials(m, result, marks, own_marks))
        m.d.comb += self.o.value.eq(held)
        return m

    def _products(self, m):
        """Registered products, and whether any lane is NaN, +infinity, -infinity."""
        flags = self._infinite
        terms, marks = [], []
        pair = self.total.pairs[0]
        weights, activations = (elements(m, self, self.plan, pair, side) for side in (0, 1))
        for lane, (w, a) in enumerate(zip(weights, activations, strict=True)):
            product = self._datapath.factors(m, w, a)
            term = Signal(Term(self._product_width, self._exponent_width), name=f"term_{lane}")
            layout = FlaggedLayout(Range(0, 0, 0), flags)
            mark = Signal(layout, name=f"mark_{lane}", reset_less=True)
            raised = Signal.like(mark, name=f"raised_{lane}")
            raise_flags(m, flags, w, a, raised)
            with m.If(self.enable):
                m.d.sync += [
                    term.sign.eq(product.negative),
                    term.magnitude.eq(product.magnitude),
                    term.exponent.eq(product.exponent + self._product_offset),
                    mark.eq(raised),
                ]
            terms.append(term)
            marks.append(mark)
        any_of = {
            name: Cat(*(mark[name] for mark in marks)).any()
            for name in ("nan", "positive", "negative")
            if name in marks[0].shape().members
        }
        return terms, any_of

    def _held(self, m, code):
        """The accumulator's code as a term, and what it is if special."""
        fmt = self.format
        mantissa = code[: fmt.mantissa_width]
        biased = code[fmt.mantissa_width : -1]
        term = Signal(Term(fmt.significand_width, self._exponent_width), name="own")
        m.d.comb += [
            term.sign.eq(code[-1]),
            term.magnitude.eq(Cat(mantissa, biased.any())),
            term.exponent.eq(Mux(biased.any(), biased - 1, 0) + self._held_offset),
        ]
        special = biased.all()
        infinite = special & ~mantissa.any()
        return term, {
            "nan": special & mantissa.any(),
            "positive": infinite & ~code[-1],
            "negative": infinite & code[-1],
        }

    def _align(self, m, term, greatest, top: int):
        """The signed addend in units of ``2**(greatest - fraction)``."""
        up, down = max(self.fraction - top, 0), max(top - self.fraction, 0)
        distance = Signal(self._exponent_width + 1)
        m.d.comb += distance.eq(greatest - term.exponent + down)
        magnitude = shift_right(m, Cat(Const(0, up), term.magnitude), distance)
        return Mux(term.sign, -magnitude, magnitude)

    def _round(self, m, total, greatest):
        """``total`` units truncated to the accumulator's format; overflow gives infinity."""
        fmt = self.format
        negative = total[-1]
        magnitude = Signal(unsigned(len(total) - 1))
        m.d.comb += magnitude.eq(Mux(negative, -total, total))

        # The biased exponent if the top bit is the leading one; the shift stops at subnormals.
        above = len(magnitude) - 1 - self.fraction + self.origin + fmt.bias
        limit = Signal(signed(self._exponent_width + 3))
        m.d.comb += limit.eq(greatest + (above - 1))
        zeros = leading_zeros(m, magnitude)
        shift = Signal(len(zeros))
        m.d.comb += shift.eq(Mux(zeros > limit, limit, zeros))
        moved = shift_left(m, magnitude, shift, len(magnitude))

        normal = moved[-1]
        field = Signal(signed(self._exponent_width + 3))
        m.d.comb += field.eq(Mux(normal, limit - shift + 1, 0))
        padded = Cat(Const(0, fmt.mantissa_width), moved)
        mantissa = padded[len(padded) - 1 - fmt.mantissa_width : len(padded) - 1]
        over = field >= (1 << fmt.exponent_width) - 1
        finite = Cat(mantissa, field[: fmt.exponent_width])
        return Cat(Mux(over, fmt.inf_code, finite)[: fmt.bits - 1], negative)

    def _specials(self, m, result, marks, own):
        """The result, or what NaN and infinities make of it."""
        fmt = self.format
        found = {name: marks.get(name, 0) | own[name] for name in own}
        nan = found["nan"] | (found["positive"] & found["negative"])
        infinite = found["positive"] | found["negative"]
        infinity = Cat(Const(fmt.inf_code, fmt.bits - 1), found["negative"])
        return Mux(nan, fmt.nan_code, Mux(infinite, infinity, result))


def _greatest(m: Module, values):
    """The greatest of unsigned values, by a tree."""
    while len(values) > 1:
        pairs = []
        for a, b in zip(values[::2], values[1::2], strict=False):
            pairs.append(Signal.like(a, name="greatest"))
            m.d.comb += pairs[-1].eq(Mux(a > b, a, b))
        values = pairs + values[len(values) - len(values) % 2 :]
    return values[0]


def _tree(values):
    """The sum of signed values, by a tree."""
    while len(values) > 1:
        pairs = [a + b for a, b in zip(values[::2], values[1::2], strict=False)]
        values = pairs + values[len(values) - len(values) % 2 :]
    return values[0]
