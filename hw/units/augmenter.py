"""The component of a quantizer with residual channels: two quantizers, one behind the other."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import Out

from ...golden.units import Augment
from ..arith.timing import delayed
from .buffer import Buffer
from .quantizer import Quantizer, timing
from .residual_codes import ResidualCodes

#: Tensors' scales that wait for their tokens.
TOKENS = 8
#: Beats in the slots before and behind a quantizer.
SLOTS = 4


def residual_of(unit: Augment) -> ResidualCodes:
    """How the residuals of a unit are made."""
    scales = (unit.scale, unit.tensor) if unit.tensor else (unit.scale,)
    return ResidualCodes(unit.values, unit.element, scales, unit.build.policy == "lut")


def behind(unit: Augment) -> int:
    """Cycles from the last codes of a chosen block to the first of its residuals, all queues
    among them."""
    whole = 1 + timing(unit.plain).depth + 2
    return residual_of(unit).cycles + 1 + whole


class Augmenter(wiring.Component):
    """Codes of tokens, then those of the residuals of their first values.

    Values of the first blocks wait in a queue for their codes; with these they become residuals,
    which a second quantizer takes. Its results wait in a queue until the token's others have left.
    A beat of results a cycle, if a token has as many more values as the second quantizer takes
    time for. ``ready`` of every side comes from registers.

    Parameters
    ----------
    unit : :class:`Augment`
        What is computed.

    Members
    -------
    values : :py:`In(stream.Signature(…))`
        Beats of values, and ``last``, which is not looked at.
    tensor : :py:`In(stream.Signature(…))`
        Once a token the scale of its tensor, where there is one.
    result : :py:`Out(stream.Signature(…))`
        Beats of codes beside their blocks' scales, and whether they end a token.
    """

    def __init__(self, unit: Augment):
        self.unit = unit
        self.first, self.second = Quantizer(unit.plain), Quantizer(unit.plain)
        self.residual = residual_of(unit)
        members = self.first.signature.members
        self.beat = self.first.result.payload.shape()
        ports = {name: members[name] for name in ("values", *unit.tokens)}
        super().__init__(ports | {"result": Out(stream.Signature(self.beat))})

    def elaborate(self, platform: Any) -> Module:
        m, unit, first, second = Module(), self.unit, self.first, self.second
        m.submodules.first, m.submodules.second = first, second
        m.submodules.result_buffer = buffer = Buffer(self.beat)
        wiring.connect(m, buffer.o, wiring.flipped(self.result))

        # Values go to the first quantizer, and the first ones of each token wait.
        given = Value.cast(self.values.payload.values)
        m.submodules.waiting = waiting = SyncFIFOBuffered(
            width=len(given), depth=first.timing.depth + SLOTS
        )
        taken = Signal()
        chosen, ends = self._counted(m, taken, unit.main_beats, "taken")
        m.d.comb += [
            taken.eq(self.values.valid & first.values.ready & waiting.w_rdy),
            self.values.ready.eq(first.values.ready & waiting.w_rdy),
            first.values.valid.eq(self.values.valid & waiting.w_rdy),
            Value.cast(first.values.payload.values).eq(given),
            first.values.payload.last.eq(ends),
            waiting.w_data.eq(given),
            waiting.w_en.eq(taken & chosen),
        ]
        outer, leaves = self._tensors(m)

        # Codes go to the results, and to the residuals with the values that they are of.
        main, more = Signal(init=1), Signal()
        room = Signal()  # of the residuals
        passes = Signal()
        own, final = self._counted(m, passes, unit.main_beats, "passed")
        there = outer.valid & waiting.r_rdy
        fits = ~own | (room & there)
        m.d.comb += [
            passes.eq(main & first.result.valid & fits & buffer.i.ready),
            first.result.ready.eq(main & fits & buffer.i.ready),
            waiting.r_en.eq(passes & own),
            leaves.eq(passes & final),
        ]
        kept = self._residuals(m, waiting.r_data, outer.payload, passes & own, room)

        # Then come those of the residuals.
        m.d.comb += [more.eq(~main & kept.valid & buffer.i.ready), kept.ready.eq(more)]
        ended = self._counted(m, more, unit.more_beats, "added")[1]
        with m.If(leaves):
            m.d.sync += main.eq(0)
        with m.If(more & ended):
            m.d.sync += main.eq(1)
        shown = Value.cast(first.result.payload)
        m.d.comb += [
            buffer.i.valid.eq(passes | more),
            Value.cast(buffer.i.payload).eq(Mux(main, shown, kept.payload)),
            buffer.i.payload.last.eq(more & ended),
        ]
        return m

    def _counted(self, m: Module, moves: Value, beats: int, name: str) -> tuple[Value, Value]:
        """Of a beat of so many: whether its residuals are wanted, and whether it is the last."""
        count, final = Signal(range(max(beats, 2)), name=f"{name}_count"), Signal(
            name=f"{name}_final", init=beats == 1
        )  # fmt: skip
        wanted = Signal(name=f"{name}_wanted", init=1)
        if beats > 1:
            with m.If(moves):
                m.d.sync += [
                    count.eq(Mux(final, 0, count + 1)),
                    final.eq(count == beats - 2),
                    wanted.eq(final | (wanted & (count != self.unit.more_beats - 1))),
                ]
        return wanted, final

    def _tensors(self, m: Module) -> tuple[stream.Interface, Signal]:
        """A tensor's scale goes to both quantizers and to the residuals, which let it leave with
        the mark that is given."""
        leaves, unit = Signal(), self.unit
        if not unit.tensor:
            always = stream.Signature(0).create(path=("no_tensor",))
            m.d.comb += always.valid.eq(1)
            return always, leaves
        m.submodules.tensor_buffer = port = Buffer(self.tensor.payload.shape())
        wiring.connect(m, wiring.flipped(self.tensor), port.i)
        queues = []
        for name in ("beside", "second"):
            queue = SyncFIFOBuffered(width=unit.tensor.bits, depth=TOKENS)
            m.submodules[f"tensors_{name}"] = queue
            queues.append(queue)
        first, moves = self.first.tensor, Signal()
        m.d.comb += [
            first.valid.eq(port.o.valid & Cat(queue.w_rdy for queue in queues).all()),
            moves.eq(first.valid & first.ready),
            first.payload.tensor.eq(port.o.payload.tensor),
            port.o.ready.eq(first.ready & Cat(queue.w_rdy for queue in queues).all()),
            *(queue.w_en.eq(moves) for queue in queues),
            *(queue.w_data.eq(port.o.payload.tensor) for queue in queues),
        ]
        beside, second = queues
        m.d.comb += [
            self.second.tensor.valid.eq(second.r_rdy),
            self.second.tensor.payload.tensor.eq(second.r_data),
            second.r_en.eq(self.second.tensor.ready),
            beside.r_en.eq(leaves),
        ]
        found = stream.Signature(unit.tensor.bits).create(path=("outer",))
        m.d.comb += [found.valid.eq(beside.r_rdy), found.payload.eq(beside.r_data)]
        return found, leaves

    def _residuals(
        self, m: Module, values: Value, outer: Value, comes: Value, room: Signal
    ) -> stream.Interface:
        """The results of the second quantizer, in their queue; it is told of a beat that comes with
        ``comes``, while ``room`` is high."""
        unit, second, result = self.unit, self.second, self.first.result.payload
        m.submodules.residual_buffer = buffer = Buffer(second.values.payload.shape())
        m.d.comb += room.eq(buffer.i.ready)
        enable, made = buffer.i.ready, []
        codes, scales = Value.cast(result.codes), Value.cast(result.scale)
        each = unit.lanes // unit.parts
        for lane in range(unit.lanes):
            factors = [scales.word_select(lane // each, unit.scale.bits)]
            factors += [outer] if unit.tensor else []
            x = values.word_select(lane, unit.values.bits)
            code = codes.word_select(lane, unit.element.bits)
            made.append(self.residual.write(m, enable, x, code, factors, f"lane_{lane}"))
        late = self.residual.cycles
        ends = self._counted(m, comes, unit.more_beats, "chosen")[1]
        m.d.comb += [
            Value.cast(buffer.i.payload.values).eq(Cat(*made)),
            buffer.i.payload.last.eq(delayed(m, enable, ends, late, "ends_residuals")),
            buffer.i.valid.eq(delayed(m, enable, comes, late, "residual_there", reset=True)),
        ]
        wiring.connect(m, buffer.o, second.values)

        width = len(Value.cast(second.result.payload))
        m.submodules.kept = kept = SyncFIFOBuffered(width=width, depth=unit.more_beats + 1)
        found = stream.Signature(width).create(path=("kept",))
        m.d.comb += [
            kept.w_en.eq(second.result.valid),
            kept.w_data.eq(Value.cast(second.result.payload)),
            second.result.ready.eq(kept.w_rdy),
            found.valid.eq(kept.r_rdy),
            found.payload.eq(kept.r_data),
            kept.r_en.eq(found.ready),
        ]
        return found
