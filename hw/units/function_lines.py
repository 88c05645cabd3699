"""From a value to its line, and from a line to the result's code."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib.wiring import In, Member, Out

from ...golden.functions import Curve
from ...golden.functions.segments import GUARD, STEP
from ..arith.shift import shift_left
from ..arith.table import LUT_INPUTS, parted
from ..arith.timing import select
from ..fp.pipeline import Pipeline, Pipelined
from ..fp.rows import digits, multiply

#: Parts of a table among which two levels of LUTs choose.
_EIGHT = 8


class Words:
    """The lines of a curve as bits.

    Parameters
    ----------
    curve : the lines.
    """

    def __init__(self, curve: Curve):
        self.curve = curve
        fmt = curve.format
        #: Bits of an exponent, modulo which they follow: one more where results may be too large.
        self.exponent = fmt.exponent_width + curve.reaches_infinity
        self.start = fmt.mantissa_width + 2 + GUARD
        rises = [rise for _, _, rise in curve.words]
        self.rise = 1 + max(max(rises).bit_length(), (~min(rises)).bit_length())
        self.address = max((curve.entries - 1).bit_length(), 1)
        self.steps = curve.shape.steps
        #: Whether any line's exponent follows the argument's.
        self.follows = any(use.follows for use in curve.uses)

    @property
    def reading(self) -> int:
        """Cycles to look a line up in LUTs: its parts, one of up to eight of them; of more, one of
        four in between."""
        return 2 + (self.curve.entries > _EIGHT << LUT_INPUTS)

    @property
    def width(self) -> int:
        return self.exponent + self.start + self.rise

    @property
    def values(self) -> list[int]:
        """Exponent, start and rise from the low bits, by address."""
        found = []
        for exponent, start, rise in self.curve.words:
            word = exponent % (1 << self.exponent) | start << self.exponent
            found.append(word | rise % (1 << self.rise) << self.exponent + self.start)
        return found

    @property
    def beside(self) -> dict[str, int]:
        """What a value hands on beside its line, and how many bits."""
        found = {"tau": self.steps, "nan": 1}
        found |= {"sign": 1} if self.curve.function.signed else {}
        return found | ({"argument": self.exponent} if self.follows else {})


class LineAddress(Pipelined):
    """The address of a value's line, and what is needed of the value beside it.

    Pipeline as :class:`Pipelined`: one value a cycle.

    Parameters
    ----------
    curve : :class:`Curve`
        The lines.
    stages : :class:`int`
        Registers on the way, up to ``len(levels)``.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    i : :py:`In(format.bits)`
        The value's code.
    address : :py:`Out(…)`
    tau : :py:`Out(…)`
        The place in the segment.
    nan, sign : :py:`Out(1)`
        Whether the value is NaN; its sign, where results have it.
    argument : :py:`Out(…)`
        What is added to the line's exponent, where any follows.
    """

    def __init__(self, curve: Curve, *, stages: int = 0):
        self.curve, self.words = curve, Words(curve)
        ports: dict[str, Member] = {"i": In(curve.format.bits), "address": Out(self.words.address)}
        ports |= {name: Out(bits) for name, bits in self.words.beside.items()}
        #: Whether sign and exponent are more than a LUT takes.
        self.parted = curve.format.exponent_width + 1 > LUT_INPUTS
        super().__init__(ports, (2, 2 if self.parted else 1, 2, 2), stages)

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        fmt, words = self.curve.format, self.words
        width = fmt.mantissa_width
        mantissa, exponent = io.i[:width], io.i[width:-1]
        # Which block: by sign and exponent.
        least = min(block.cuts for block in self.curve.blocks)
        most = max(block.cuts for block in self.curve.blocks)
        cut_bits = (most - least).bit_length()
        found = []
        for use in self.curve.uses:
            cuts = self.curve.blocks[use.block].cuts - least
            base = self.curve.bases[use.block]
            found.append(cuts | use.follows << cut_bits | base << cut_bits + 1)
        parts = parted(m, io.i[width:], found, cut_bits + 1 + words.address, "block")
        last, some = Signal(name="last"), Signal(name="some")
        m.d.comb += [last.eq(exponent.all()), some.eq(mantissa.any())]
        live = SimpleNamespace(
            **{f"block_{number}": part for number, part in enumerate(parts)},
            number=io.i[width:],
            mantissa=mantissa,
            last=last,
            some=some,
        )
        live = pipe.cut(live)
        parts = [getattr(live, f"block_{number}") for number in range(len(parts))]
        block = select(m, parts, live.number[LUT_INPUTS:], "block")
        nan = Signal(name="is_nan")
        m.d.comb += nan.eq(live.last & live.some)
        live = SimpleNamespace(
            cuts=block[:cut_bits],
            base=block[cut_bits + 1 :],
            moved=live.mantissa | nan << width - 1,
            nan=nan,
            sign=live.number[-1] if self.curve.function.signed else Const(0, 1),
            **self._argument(m, live.number[:-1], block[cut_bits]),
        )
        live = pipe.cut(live)

        # Which of its segments, and where in it: the mantissa above and below the cut.
        live.moved = shift_left(m, live.moved << least, live.cuts[:2], 2 * width)
        live.cuts = live.cuts[2:] << 2
        live = pipe.cut(live)
        moved = shift_left(m, live.moved, live.cuts, 2 * width)
        address = Signal(words.address, name="line")
        m.d.comb += address.eq(live.base | moved[width:])
        live.address, live.tau = address, moved[width - words.steps : width]
        for name in ("cuts", "base", "moved"):
            delattr(live, name)
        live = pipe.cut(live)
        m.d.comb += io.address.eq(live.address)
        m.d.comb += [getattr(io, name).eq(getattr(live, name)) for name in words.beside]

    def _argument(self, m: Module, exponent: Value, follows: Value) -> dict[str, Value]:
        """What is added to the line's exponent, where any follows."""
        if not self.words.follows:
            return {}
        argument = Signal(self.words.exponent, name="followed")
        moved = exponent if self.curve.shape.slope > 0 else -exponent
        m.d.comb += argument.eq(Mux(follows, moved, 0))
        return {"argument": argument}


class LineCode(Pipelined):
    """The result's code: the place on a line, rounded.

    Pipeline as :class:`Pipelined`: one value a cycle.

    Parameters
    ----------
    curve : :class:`Curve`
        The lines.
    rows : :class:`bool`
        Multiply by rows of LUTs; else by ``*``, which may become a DSP block.
    stages : :class:`int`
        Registers on the way, up to ``len(levels)``.

    Members
    -------
    enable : :py:`In(1)`
        Registers hold while low.
    word : :py:`In(…)`
        The line.
    tau, nan, sign, argument : as of :class:`LineAddress`
    o : :py:`Out(format.bits)`
        The code.
    """

    def __init__(self, curve: Curve, *, rows: bool = True, stages: int = 0):
        self.curve, self.words, self.rows = curve, Words(curve), rows
        ports: dict[str, Member] = {"word": In(self.words.width), "o": Out(curve.format.bits)}
        ports |= {name: In(bits) for name, bits in self.words.beside.items()}
        steps = self.words.steps
        multiplied = [2] * digits(steps) if rows else [2 + steps.bit_length()]
        limited = [2] * curve.reaches_infinity
        super().__init__(ports, (*multiplied, 2, 2, *limited), stages)

    def write(self, m: Module, io: Any, pipe: Pipeline) -> None:
        fmt, words = self.curve.format, self.words
        above = words.exponent + words.start
        live = SimpleNamespace(
            exponent=io.word[: words.exponent],
            start=io.word[words.exponent : above],
            product=io.word[above:].as_signed(),
            **{name: getattr(io, name) for name in words.beside},
        )

        # The place on the line.
        lost = STEP + words.steps - GUARD
        if self.rows:
            live = multiply(m, pipe, live, "tau", joined=lost)
            rise = live.product[1:]
        else:
            product = Signal(signed(words.rise + words.steps), name="product")
            m.d.comb += product.eq(live.product * live.tau)
            live.product = product
            del live.tau
            live = pipe.cut(live)
            rise = live.product[lost:]
        total = Signal(words.start, name="total")
        m.d.comb += total.eq(live.start + rise.as_signed())
        if words.follows:
            followed = Signal(words.exponent, name="followed")
            m.d.comb += followed.eq(live.exponent + live.argument)
            live.exponent = followed
            del live.argument
        live.total = total
        del live.start, live.product
        live = pipe.cut(live)

        # Rounded where its leading bit has it; a carry moves the exponent.
        width, total = fmt.mantissa_width, live.total
        large = total[-1]
        kept = Mux(large, total[GUARD + 1 :], total[GUARD:])[:width]
        up = Mux(large, total[GUARD], total[GUARD - 1])
        grown = Cat(~large & total[-2], large)
        code = Signal(width + words.exponent, name="code")
        m.d.comb += code.eq(Cat(kept, live.exponent) + Cat(up, Const(0, width - 1), grown))
        live = SimpleNamespace(code=code, nan=live.nan, sign=getattr(live, "sign", Const(0, 1)))
        if self.curve.reaches_infinity:
            live = pipe.cut(live)
            live.code = self._limited(m, live)
        sign = live.sign & ~live.nan
        last = pipe.cut(SimpleNamespace(code=Cat(live.code, sign)))
        m.d.comb += io.o.eq(last.code)

    def _limited(self, m: Module, live: SimpleNamespace) -> Value:
        """The code, or infinity's where it is beyond; NaN is beyond as well."""
        fmt = self.curve.format
        over = live.code[-1] | live.code[fmt.mantissa_width : -1].all()
        limited = Signal(fmt.bits - 1, name="limited")
        m.d.comb += limited.eq(Mux(over & ~live.nan, fmt.inf_code, live.code[:-1]))
        return limited
