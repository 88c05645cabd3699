"""AXI-Stream as DMAs have it: bytes, which of them count, and ends of packets."""

from __future__ import annotations

from ...golden.packets import BYTES, KEEP
from ...golden.streams import Stream
from .axis import Axis
from .interface import Pin, Slice


class Packets(Axis):
    """TDATA, TKEEP and TLAST of streams that have a field of bytes and one of marks."""

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
        widths = {"valid": 1, "ready": 1, "data": sizes[BYTES], "keep": sizes[KEEP], "last": 1}
        return self.named(stream, widths)

    def slices(self, stream: Stream) -> tuple[Slice, ...]:
        found, core = [], 0
        for field in stream.fields:
            role = {BYTES: "data", KEEP: "keep"}[field.kind]
            for index in range(field.count):
                low, wide = index * field.bits, field.bits
                found.append(Slice(field, index, False, role, low, wide, core, wide))
                core += wide
        return tuple(found)


PACKETS = Packets()
