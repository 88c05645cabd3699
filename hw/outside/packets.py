"""AXI-Stream as DMAs have it: bytes, which of them count, and ends of packets."""

from __future__ import annotations

from ...golden.packets import BYTES, KEEP
from ...golden.streams import Stream
from .axis import Axis
from .interface import Pin, Slice


class Packets(Axis):
    """TDATA, TKEEP and TLAST of streams that have a field of bytes and one of marks; others are as
    those of :class:`.axis.Axis`."""

    about = (
        "AXI-Stream as DMAs take it: packets of bytes, little-endian. TKEEP marks the low bytes of "
        "a packet's",
        "last beat, TLAST that beat; all others are full. How beats of the design lie in packets: "
        "manifest.json.",
    )
    manual = (
        "AXI4-Stream: TVALID, TREADY, TDATA, TKEEP, TLAST on every stream; only the last beat of a "
        "packet may be short, its kept bytes are the low ones. Any stream may stall at any time. "
        "No valid depends on a ready, and no ready on the valid of another stream."
    )

    def pins(self, stream: Stream) -> tuple[Pin, ...]:
        sizes = {field.kind: field.data_bits for field in stream.fields}
        if KEEP not in sizes:
            return super().pins(stream)
        widths = {"valid": 1, "ready": 1, "data": sizes[BYTES], "keep": sizes[KEEP], "last": 1}
        return self.named(stream, widths)

    def slices(self, stream: Stream) -> tuple[Slice, ...]:
        if all(field.kind != KEEP for field in stream.fields):
            return super().slices(stream)
        found, core = [], 0
        for field in stream.fields:
            role = {BYTES: "data", KEEP: "keep"}[field.kind]
            for index in range(field.count):
                low, wide = index * field.bits, field.bits
                found.append(Slice(field, index, False, role, low, wide, core, wide))
                core += wide
        return tuple(found)


class SomePackets(Packets):
    """The same, for who connects streams of both kinds."""

    about = (
        "AXI-Stream. Those with TKEEP are packets of bytes, as DMAs take them; how beats of the "
        "design lie in them: manifest.json.",
        "Those without have a beat of the design in a beat, packed from the low bit, each result "
        "in whole bytes.",
    )
    manual = (
        "AXI4-Stream: TVALID, TREADY, TDATA. Streams with TKEEP are packets that TLAST ends; only "
        "the last beat of a packet may be short, its kept bytes are the low ones. The others have "
        "TDATA of whole bytes that all count, TLAST where beats have a last, and TUSER where "
        "results have flags. Any stream may stall at any time. No valid depends on a ready. The "
        "ready of a stream without TKEEP may depend on the valid of others in the same cycle, so "
        "its source must raise valid without waiting for ready."
    )


PACKETS, SOME_PACKETS = Packets(), SomePackets()
