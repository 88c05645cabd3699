"""What an aligned sum keeps of each of its parts, and how addends are brought to each other."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data

from ...golden.aligned import leading
from ...golden.bounds import Range
from .aligned_sum import SumAlignment
from .shapes import shape_of
from .shift import shift_right


class PartialWord(data.StructLayout):
    """A float as it is added to, so that nothing is packed between two additions.

    Members: ``negative``, ``significand`` (with its leading bit), ``exponent`` (of that bit, from
    :attr:`SumAlignment.origin`; a zero's is the one that it counts with), ``nan``, ``infinite``.
    An exponent beyond the format's is infinite, too.
    """

    def __init__(self, plan: SumAlignment):
        self.exponents = reach(plan)
        super().__init__(
            {
                "negative": 1,
                "significand": plan.format.significand_width,
                "exponent": shape_of(self.exponents),
                "nan": 1,
                "infinite": 1,
            }
        )


def reach(plan: SumAlignment) -> Range:
    """Exponents of what is kept: those of the format, and of sums beyond it."""
    most = max(plan.datapath.lanes + 1, plan.total.stage.partials)
    above = most.bit_length() + 2
    low = min(plan.held.low, zero_exponent(plan))
    return Range(0, low, max(plan.greatest.high + above, beyond(plan)))


def zero_exponent(plan: SumAlignment) -> int:
    """The exponent of a zero that is kept."""
    return plan.offset if plan.zero is None else plan.zero


def beyond(plan: SumAlignment) -> int:
    """The least exponent that the format does not have."""
    return plan.offset + (1 << plan.format.exponent_width) - 2


def nought(plan: SumAlignment) -> Any:
    """+0."""
    return PartialWord(plan).const({"exponent": zero_exponent(plan)})


def infinite(plan: SumAlignment, word: Any) -> Value:
    """Whether a word is infinite, or beyond the format."""
    over = word.exponent >= beyond(plan)
    found: Value = word.infinite | over
    return found


def distance(m: Module, greatest: Value, exponent: Value, top: int, plan: SumAlignment) -> Value:
    """How far an addend, whose leading bit has the position ``top``, is to be shifted down.

    It wraps for zeros that are less than all others, whose distance does not matter.
    """
    down = max(top - plan.fraction, 0)
    least = min(plan.datapath.excess, plan.held.low)
    high = reach(plan).high - least + down
    found = Signal(high.bit_length(), name="distance")
    m.d.comb += found.eq(greatest - exponent + down)
    return found


def shifted(
    m: Module, magnitude: Value, distance: Value, negative: Value, top: int, plan: SumAlignment
) -> Value:
    """The addend in units of ``2**(greatest - fraction)``, less 1 where it is ``negative``."""
    bits = Cat(Const(0, max(plan.fraction - top, 0)), magnitude)
    near = (len(bits) - 1).bit_length()
    moved = shift_right(m, bits, distance[:near])
    kept = Mux(distance[near:].any(), 0, moved)
    found = Signal(len(bits) + 1, name="shifted")
    m.d.comb += found.eq(Cat(kept ^ negative.replicate(len(bits)), negative))
    return found.as_signed()


def own_top(plan: SumAlignment) -> int:
    """The position of a kept significand's leading bit."""
    return leading(plan.format)
