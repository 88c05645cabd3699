"""Alignment: a shift to the right that keeps whether any bit was lost."""

from __future__ import annotations

from types import SimpleNamespace

from amaranth.hdl import Cat, Const, Module, Mux, Signal

#: Bits of which one flag says whether any was lost: with two that select them, one LUT6.
_CHUNK = 4


class Alignment:
    """Shifts ``small`` down by ``distance``, from the coarse to the fine.

    The first stage moves by one bit of the distance, a multiplexer that merges with one before it,
    the others by two bits, or by the last one, which merges with an addition behind it.

    Parameters
    ----------
    width : bits of ``small``; they begin at the top of the result.
    result_width : bits of the result.
    distance_width : bits of ``distance``.
    """

    def __init__(self, width: int, result_width: int, distance_width: int):
        self.width, self.result_width = width, result_width
        # A longer shift leaves nothing but sticky bits, as does one by all these bits.
        self.bits = min(result_width.bit_length(), distance_width)
        ends = [self.bits, *range(self.bits - 1, 0, -2), 0]
        #: The lowest bit of the distance and the number of bits, of each stage.
        self.stages = [(low, high - low) for high, low in zip(ends, ends[1:], strict=False)]

    def begin(self, m: Module, live: SimpleNamespace) -> None:
        """Brings ``live.distance`` and ``live.small`` to the widths of the stages."""
        far = live.distance[self.bits :].any()
        distance = Signal(self.bits, name="near_distance")
        m.d.comb += distance.eq(live.distance[: self.bits] | far.replicate(self.bits))
        lost = max(self.width - self.result_width, 0)
        live.distance = distance
        live.sticky = live.small[:lost].any()
        live.small = Cat(Const(0, max(self.result_width - self.width, 0)), live.small[lost:])

    def shift(self, m: Module, live: SimpleNamespace, number: int) -> None:
        """One stage; what it loses is added to ``live.sticky``, a flag for some bits each."""
        low, bits = self.stages[number]
        unit, small = 1 << low, live.small
        once = live.distance[low]
        twice = live.distance[low + 1] if bits > 1 else Const(0, 1)
        near = Signal(len(small), name=f"near_{unit}")
        moved = Signal(len(small), name=f"small_{unit}")
        m.d.comb += near.eq(Mux(once, small >> unit, small))
        m.d.comb += moved.eq(Mux(twice, near >> 2 * unit, near))

        # Each block of bits is lost from some distance on.
        flags = []
        for block, lost in enumerate([once | twice, twice, once & twice][: 2 * bits - 1]):
            end = min(unit * (block + 1), len(small))
            for start in range(unit * block, end, _CHUNK):
                flags.append(small[start : min(start + _CHUNK, end)].any() & lost)
        sticky = Signal(len(live.sticky) + len(flags), name=f"sticky_{unit}")
        m.d.comb += sticky.eq(Cat(live.sticky, *flags))
        live.small, live.sticky = moved, sticky

    def finish(self, live: SimpleNamespace) -> None:
        """``live.sticky`` becomes a single flag; the distance is used up."""
        live.sticky = live.sticky.any()
        del live.distance
