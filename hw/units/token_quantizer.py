"""A quantizer that waits for whole tokens, whose scales it makes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import Out

from ...golden.units import Quantize
from .quantizer import Quantizer
from .token_scale import TokenScale

#: Tokens that may be on their way.
TOKENS = 64
#: Beats that come while a token's scale is made and taken, beyond the cycles of the scale.
BEYOND = 8


class TokenQuantizer(wiring.Component):
    """Codes of values, the scales of their blocks and of their token.

    Values wait in a memory of a token, and of the beats that come while its scale is made. A beat a
    cycle, also from one token to the next: while one is coded, the next one comes in.

    Parameters
    ----------
    unit : :class:`Quantize`
        With the length of a token.

    Members
    -------
    values : :py:`In(stream.Signature(…))`
        Beats of values, and ``last``.
    result : :py:`Out(stream.Signature(…))`
        For each a beat of codes, the scales of its blocks and of its token, and the token's end.
    """

    def __init__(self, unit: Quantize):
        self.unit, self.scale = unit, TokenScale(unit)
        self.inner = Quantizer(replace(unit, token=0))
        members = self.inner.signature.members
        self.others = [name for name in members if name not in ("values", "tensor", "result")]
        layout = self.inner.result.payload.shape()
        assert isinstance(layout, data.StructLayout) and unit.tensor is not None
        made = {name: field.shape for name, field in layout}
        last = made.pop("last")
        made |= {"tensor": unit.tensor.bits, "last": last}
        ports = {name: members[name] for name in ("values", *self.others)}
        super().__init__(ports | {"result": Out(stream.Signature(data.StructLayout(made)))})

    @property
    def depth(self) -> int:
        """Beats that may wait."""
        return self.unit.token // self.unit.lanes + self.scale.cycles + BEYOND

    def elaborate(self, platform: Any) -> Module:
        m, unit, inner, source = Module(), self.unit, self.inner, self.values
        m.submodules.quantizer = inner
        for name in self.others:
            wiring.connect(m, wiring.flipped(getattr(self, name)), getattr(inner, name))

        # A token ends with `last`, or when it is as long as it may be.
        beats = unit.token // unit.lanes
        count, final, ends, taken = Signal(range(beats)), Signal(), Signal(), Signal()
        opened = Signal(range(TOKENS + 1))
        m.submodules.waiting = waiting = SyncFIFOBuffered(
            width=unit.lanes * unit.values.bits + 1, depth=self.depth
        )
        m.d.comb += [
            source.ready.eq(waiting.w_rdy & (opened != TOKENS)),
            taken.eq(source.valid & source.ready),
            final.eq(count == beats - 1),
            ends.eq(source.payload.last | final),
            waiting.w_en.eq(taken),
            waiting.w_data.eq(Cat(ends, Value.cast(source.payload.values))),
        ]
        with m.If(taken):
            m.d.sync += count.eq(Mux(ends, 0, count + 1))

        # They go on at once: the quantizer waits for the scale of their token.
        m.d.comb += [
            inner.values.valid.eq(waiting.r_rdy),
            inner.values.payload.last.eq(waiting.r_data[0]),
            Value.cast(inner.values.payload.values).eq(waiting.r_data[1:]),
            waiting.r_en.eq(inner.values.ready),
        ]

        values = Value.cast(source.payload.values)
        lanes = [values.word_select(lane, unit.values.bits) for lane in range(unit.lanes)]
        code, made = self.scale.of_token(m, lanes, taken, ends)
        done = self._told(m, code, made)
        with m.If((taken & ends) & ~done):
            m.d.sync += opened.eq(opened + 1)
        with m.If(~(taken & ends) & done):
            m.d.sync += opened.eq(opened - 1)
        return m

    def _told(self, m: Module, code: Value, made: Value) -> Value:
        """Keeps the scales of tokens for the quantizer and for the results, which it hands on.

        Gives whether a token leaves.
        """
        inner, result = self.inner, self.result
        memory = Memory(shape=len(code), depth=TOKENS, init=[])
        m.submodules.scales = memory
        write = memory.write_port()
        reads = [memory.read_port(domain="comb") for _ in range(2)]
        written, given, shown = (
            Signal(range(2 * TOKENS), name=name) for name in ("written", "given", "shown")
        )
        low, done = slice(0, len(written) - 1), Signal()
        m.d.comb += [
            write.addr.eq(written[low]), write.data.eq(code), write.en.eq(made),
            reads[0].addr.eq(given[low]), reads[1].addr.eq(shown[low]),
            inner.tensor.valid.eq(given != written),
            inner.tensor.payload.tensor.eq(reads[0].data),
            result.valid.eq(inner.result.valid),
            inner.result.ready.eq(result.ready),
            result.payload.tensor.eq(reads[1].data),
            done.eq(result.valid & result.ready & result.payload.last),
        ]  # fmt: skip
        for name, _ in inner.result.payload.shape():
            m.d.comb += Value.cast(result.payload[name]).eq(Value.cast(inner.result.payload[name]))
        with m.If(made):
            m.d.sync += written.eq(written + 1)
        with m.If(inner.tensor.valid & inner.tensor.ready):
            m.d.sync += given.eq(given + 1)
        with m.If(done):
            m.d.sync += shown.eq(shown + 1)
        return done
